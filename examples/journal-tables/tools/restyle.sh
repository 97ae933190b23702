#!/bin/sh
# Put LaTeX tables into the journal's style (STYLE.md), in place.
#
#   sh tools/restyle.sh FILE...
#
# A table that is in the style already stays as it is, byte for byte. Needs sh and awk.
set -eu
LC_ALL=C
export LC_ALL

[ $# -gt 0 ] || { echo "usage: sh tools/restyle.sh FILE..." >&2; exit 2; }
new=$(mktemp)
trap 'rm -f "$new"' EXIT
for file in "$@"; do
    # By standard input: awk would take a name with a = in it for a variable.
    awk -f "$(dirname "$0")/restyle.awk" < "$file" > "$new"
    if cmp -s "$new" "$file"; then
        echo "as it was  $file"
    else
        cat "$new" > "$file" # keeps the mode
        echo "restyled   $file"
    fi
done
