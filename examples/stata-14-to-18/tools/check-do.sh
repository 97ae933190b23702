#!/bin/sh
# Say no unless do-files are for Stata 18 (CHANGES.md) and do what they did before: those that are named, or all that git has.
#
#   sh tools/check-do.sh [FILE...]
#
# "Before" is the file of the commit that the task started from; by hand, of HEAD. It reads, it does not run: for that see stata-b.sh.
# Needs sh, awk, git.
set -eu
LC_ALL=C
export LC_ALL
here=$(dirname "$0")
base=${TAKEBACK_BASE:-HEAD}
old=$(mktemp)
new=$(mktemp)
list=$(mktemp)
trap 'rm -f "$old" "$new" "$list"' EXIT
if [ $# -gt 0 ]; then
    printf '%s\n' "$@"
else
    git -c core.quotePath=false ls-tree -r --name-only "$base" . | grep '\.do$'
fi > "$list"

bad=0
while IFS= read -r file; do
    [ -f "$file" ] || { echo "no: $file is gone"; bad=1; continue; }
    git show "$base:./$file" > "$old" 2> /dev/null || { echo "no: $file is not in $base"; bad=1; continue; }
    cat "$file" > "$new"
    awk -v name="$file" -f "$here/check-do.awk" "$old" "$new" || bad=1
done < "$list"
[ "$bad" -eq 0 ] && echo "$(grep -c '' "$list") for Stata 18, and nothing lost" && exit 0
exit 1
