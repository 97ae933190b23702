#!/bin/sh
# Say no unless every data set of inputs.csv has its codebook, and every codebook its data set.
#
#   sh tools/check-all.sh
#
# For the codebooks together: this is what no check of one data set can see. Needs sh, sed.
set -eu
ids=$(sed '1d; s/,.*//' inputs.csv)
bad=0
for id in $ids; do
    [ -s "codebooks/$id.md" ] || { echo "no: $id has no codebook"; bad=1; }
done
for id in $(printf '%s\n' "$ids" | sort | uniq -d); do echo "no: $id stands twice in inputs.csv"; bad=1; done
for book in codebooks/*.md; do
    id=${book#codebooks/}
    printf '%s\n' "$ids" | grep -qxF "${id%.md}" || { echo "no: $book is about no data set of inputs.csv"; bad=1; }
done
[ "$bad" -eq 0 ] && echo "a codebook for each data set" && exit 0
exit 1
