#!/bin/sh
# Turn nitrate from mg/l into µmol/l (62.0049 g/mol), in the files that are named, or all; stop at a value that is no number.
set -eu
mkdir -p results
[ $# -gt 0 ] || set -- data/*.csv
for file; do
    awk -F, -v OFS=, '
        NR > 1 && $4 !~ /^[0-9]+\.?[0-9]*$/ { print FILENAME ", line " NR ": nitrate is `" $4 "`" > "/dev/stderr"; exit 1 }
        NR > 1 { $4 = sprintf("%.1f", $4 / 62.0049 * 1000) }
        { print }' "$file" > results/new.csv
    cat results/new.csv > "$file"
    echo "$file: done"
done
rm results/new.csv
