#!/bin/sh
# Rewrite do-files of Stata 14 and before for Stata 18, in place. CHANGES.md lists what is rewritten.
#
#   sh tools/upgrade.sh [--version-only] FILE...
#
# A do-file that says version 18 stays as it is. What cannot be known from the do-file alone is named, left as it is, and the script
# ends with 1. --version-only writes the new version and nothing else, for seeing the checks say no. Needs sh and awk.
set -eu
LC_ALL=C
export LC_ALL

only=0
[ "${1:-}" != --version-only ] || { only=1; shift; }
[ $# -gt 0 ] || { echo "usage: sh tools/upgrade.sh [--version-only] FILE..." >&2; exit 2; }
new=$(mktemp)
trap 'rm -f "$new"' EXIT
unsure=0
for file in "$@"; do
    # By standard input: awk would take a name with a = in it for a variable.
    awk -v version_only="$only" -f "$(dirname "$0")/upgrade.awk" < "$file" > "$new" || unsure=1
    if cmp -s "$new" "$file"; then
        echo "as it was  $file"
    else
        cat "$new" > "$file" # keeps the mode
        echo "rewritten  $file"
    fi
done
exit "$unsure"
