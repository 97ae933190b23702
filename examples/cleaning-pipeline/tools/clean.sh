#!/bin/sh
# Clean one raw data set, and write down what was done.
#
#   sh tools/clean.sh [--to DIR] ID FILE COUNTRY DATES
#
# Reads FILE and never writes it. Writes data/clean/ID.csv (UTF-8, commas, decimal points, ISO dates, empty where a value is missing, no row
# twice) and codebooks/ID.md (every dropped row and why, every variable), in DIR if it is named. DATES is dmy, mdy or iso: what 5/3/2019
# means cannot be seen from the file. Needs sh, awk, cksum.
set -eu
LC_ALL=C
export LC_ALL

to=.
[ "${1:-}" != --to ] || { to=$2; shift 2; }
[ $# -eq 4 ] || { echo "usage: sh tools/clean.sh [--to DIR] ID FILE COUNTRY DATES" >&2; exit 2; }
id=$1 file=$2 country=$3 dates=$4
case $dates in dmy | mdy | iso) ;; *) echo "DATES is dmy, mdy or iso, not $dates" >&2; exit 2 ;; esac
[ -f "$file" ] || { echo "$file is not there: git ignores it; make it by sh tools/make-data.sh, bring it with --bring data/raw:ro" >&2; exit 1; }

clean=data/clean/$id.csv
mkdir -p "$to/data/clean" "$to/codebooks"
report=$(mktemp)
trap 'rm -f "$report"' EXIT
awk -v dates="$dates" -v report="$report" -f "$(dirname "$0")/clean.awk" < "$file" > "$to/$clean"
{
    printf '# %s: %s\n\nWritten by tools/clean.sh; dates were read as %s.\n\n' "$id" "$country" "$dates"
    printf 'Raw file: `%s`, cksum %s\n' "$file" "$(cksum < "$file")"
    printf 'Clean file: `%s`, cksum %s\n\n' "$clean" "$(cksum < "$to/$clean")"
    cat "$report"
} > "$to/codebooks/$id.md"
echo "$id: $(sed -n 's/^Rows: //p' "$to/codebooks/$id.md")"
