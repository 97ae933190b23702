#!/bin/sh
# restyle.sh with a mistake, for seeing the check say no: every comma between two digits is taken for a decimal comma.
#
#   sh tools/hasty.sh FILE
set -eu
new=$(mktemp)
trap 'rm -f "$new"' EXIT
sed 's/\([0-9]\),\([0-9]\)/\1.\2/g' "$1" > "$new"
cat "$new" > "$1"
sh "$(dirname "$0")/restyle.sh" "$1"
