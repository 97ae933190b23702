#!/bin/sh
# Write every date as 2021-03-17 instead of 17/03/2021.
set -eu
mkdir -p results
for file in data/*.csv; do
    awk -F, -v OFS=, '
        NR > 1 { split($2, d, "/"); if (length(d[3]) == 4) $2 = d[3] "-" d[2] "-" d[1] }
        { print }' "$file" > results/new.csv
    cat results/new.csv > "$file"
    echo "$file: $(grep -c '' "$file") lines" | tee -a results/iso-dates.txt
done
rm results/new.csv
