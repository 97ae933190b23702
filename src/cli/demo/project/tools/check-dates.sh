#!/bin/sh
# Say no unless every date is of the form 2021-03-17 and no sample was lost.
set -eu
bad=$(awk -F, 'FNR > 1 && $2 !~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]$/ { print FILENAME ": " $0 }' data/*.csv)
[ -z "$bad" ] || { echo "$bad" | head -5; exit 1; }
for file in data/*.csv; do
    [ "$(grep -c '' "$file")" -eq 49 ] || { echo "$file has lost samples"; exit 1; }
done
echo "every date is fine"
