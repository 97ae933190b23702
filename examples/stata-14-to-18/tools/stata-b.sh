#!/bin/sh
# Run do-files with `stata -b`, and fail where Stata failed.
#
#   sh tools/stata-b.sh [--must] FILE...
#
# In batch mode Stata ends with 0 whatever happened in the do-file; that something did is in the log alone, as a line `r(NNN);`. So the log
# is what is looked at. It goes to logs/. Without a Stata in the PATH (or in $STATA) nothing is run, which is said; with --must that is a
# failure, too. Needs sh, sed, grep.
set -eu

must=0
[ "${1:-}" != --must ] || { must=1; shift; }
[ $# -gt 0 ] || { echo "usage: sh tools/stata-b.sh [--must] FILE..." >&2; exit 2; }
stata=
for program in ${STATA:+"$STATA"} stata-mp stata-se stata; do
    [ -n "$stata" ] || ! command -v "$program" > /dev/null 2>&1 || stata=$program
done
[ -n "$stata" ] || { echo "no Stata here: not run: $*"; exit "$must"; }

# Under a name without spaces, which Stata would take for the end of the file's name; its log is called like it.
run=stata-b-$$
trap 'rm -f "$run.do" "$run.log"' EXIT
mkdir -p logs
bad=0
for file in "$@"; do
    cp "$file" "$run.do"
    rm -f "$run.log"
    "$stata" -b "do" "$run.do" < /dev/null || { echo "no: $file: $stata itself failed with $?"; bad=1; }
    [ -f "$run.log" ] || { echo "no: $file: there is no log"; bad=1; continue; }
    log=logs/$(basename "$file" .do).log
    cp "$run.log" "$log"
    if grep -q '^r([0-9][0-9]*);' "$log"; then
        echo "no: $file: $(grep '^r([0-9][0-9]*);' "$log" | sed -n '1s/;.*//p') in $log, after"
        sed '/^r([0-9][0-9]*);/q' "$log" | tail -n 3 | sed '$d; s/^/    /'
        bad=1
    fi
done
[ "$bad" -eq 0 ] && echo "$# ran to the end"
exit "$bad"
