#!/bin/sh
# Say no unless every table is in the journal's style and the paper includes each one once.
#
#   sh tools/check-paper.sh [PAPER]
#
# For the tables together: this is what no check of one table can see. Needs sh, awk.
set -eu
LC_ALL=C
export LC_ALL
here=$(dirname "$0")
paper=${1:-paper.tex}
labels=$(mktemp)
list=$(mktemp)
trap 'rm -f "$labels" "$list"' EXIT

bad=0
no() {
    echo "no: $1"
    bad=$((bad + 1))
}

count=0
for file in tables/*.tex; do
    count=$((count + 1))
    awk -f "$here/style.awk" -v name="$file" < "$file" || bad=$((bad + 1))
    times=$(sed 's/%.*//' "$paper" | grep -cF "\\input{${file%.tex}}" || true)
    [ "$times" -eq 1 ] || no "$paper includes $file $times times"
    sed -n 's/.*\\label{\([^}]*\)}.*/\1/p' "$file" >> "$labels"
done

sort "$labels" | uniq -d > "$list"
while IFS= read -r label; do no "the label $label is in two tables"; done < "$list"
sed -n 's/%.*//; s/.*\\input{\(tables\/[^}]*\)}.*/\1.tex/p' "$paper" > "$list"
while IFS= read -r file; do [ -f "$file" ] || no "$paper includes $file, which is not there"; done < "$list"
tr '}' '\n' < "$paper" | sed -n 's/.*\\ref{\(tab:.*\)/\1/p' | sort -u > "$list"
while IFS= read -r label; do
    grep -qxF "$label" "$labels" || no "$paper speaks of the table $label, which is not there"
done < "$list"

[ "$bad" -eq 0 ] && echo "$count tables in the style, each in $paper once" && exit 0
exit 1
