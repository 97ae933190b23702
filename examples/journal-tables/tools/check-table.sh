#!/bin/sh
# Say no unless a table is in the journal's style (STYLE.md) and says what it said before.
#
#   sh tools/check-table.sh FILE...
#
# "Before" is the file of the commit that the task started from; by hand, of HEAD. Every number of every cell is compared, with its sign,
# its decimals and its stars, and every word. Needs sh, awk, git.
set -eu
LC_ALL=C
export LC_ALL
here=$(dirname "$0")
base=${TAKEBACK_BASE:-HEAD}
old=$(mktemp)
new=$(mktemp)
trap 'rm -f "$old" "$new"' EXIT

bad=0
no() {
    echo "no: $1"
    bad=$((bad + 1))
}

[ $# -gt 0 ] || { echo "usage: sh tools/check-table.sh FILE..." >&2; exit 2; }
for file in "$@"; do
    [ -f "$file" ] || { no "$file is gone"; continue; }
    git show "$base:./$file" > "$new" 2> /dev/null || { no "$file is not in $base"; continue; }
    awk -f "$here/figures.awk" < "$new" > "$old"
    awk -f "$here/figures.awk" < "$file" > "$new"
    awk -f "$here/same-figures.awk" -v name="$file" "$old" "$new" || bad=$((bad + 1))
    awk -f "$here/style.awk" -v name="$file" < "$file" || bad=$((bad + 1))
done

[ "$bad" -eq 0 ] && echo "$# in the style, every number as before" && exit 0
exit 1
