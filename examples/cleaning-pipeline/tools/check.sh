#!/bin/sh
# Say no unless the raw data set is as it came, every row of it is accounted for in the codebook, and cleaning it again gives the same.
#
#   sh tools/check.sh [--book-only] ID FILE COUNTRY DATES
#
# What git ignores is in no result, so the cleaned file that a task made is not here: it is made once more, from the raw file, and must be the
# one that the codebook is about, byte for byte. --book-only leaves that out. Needs sh, awk, cksum.
set -eu
LC_ALL=C
export LC_ALL
here=$(dirname "$0")
again=1
[ "${1:-}" != --book-only ] || { again=0; shift; }
[ $# -eq 4 ] || { echo "usage: sh tools/check.sh [--book-only] ID FILE COUNTRY DATES" >&2; exit 2; }
id=$1 file=$2
book=codebooks/$id.md

bad=0
no() {
    echo "no: $id: $1"
    bad=$((bad + 1))
}

[ -f "$file" ] || { no "$file is not there"; exit 1; }
[ -s "$book" ] || { no "there is no codebook $book"; exit 1; }
sum=$(cksum < "$file")
grep -qxF "$sum $file" data/raw.cksum || no "$file is not as it came: data/raw.cksum has another sum for it"
grep -qF "\`$file\`, cksum $sum" "$book" || no "the codebook is about another raw file"

# Rows that are told, and each that was dropped, against the raw file.
awk -v id="$id" '
    function no(text) { if (++bad <= 10) print "no: " id ": " text }
    function same(a, b) { gsub(/[ \t\r"]/, "", a); gsub(/[ \t\r"]/, "", b); return a == b }
    FNR == 1 { files++ }
    files == 1 { raw[FNR] = $0; if (FNR > 1 && $0 !~ /^[ \t\r]*$/) rows++; next }
    /^Rows: / { told++; had = $2; clean = $5; dropped = $8 }
    /^\| [0-9]+ \| / {
        listed++
        line = $2 + 0
        if (line < 2 || !(line in raw)) no("line " line " was dropped: the raw file has no such row")
        else if (line in gone) no("line " line " was dropped twice")
        else if (/\| same as line [0-9]+ \|$/) { if (!($7 + 0 in raw) || $7 + 0 >= line || !same(raw[line], raw[$7 + 0])) no("line " line " is not the same as line " $7) }
        else if (/\| no household \|$/) { if (raw[line] !~ /^(-9[89]|NA|n\/a|[.])?[ \t]*[,;]/) no("line " line " has a household") }
        else if (match($0, /: .* \|$/)) { if (!index(raw[line], substr($0, RSTART + 2, RLENGTH - 4))) no("line " line " does not say " substr($0, RSTART + 2, RLENGTH - 4)) }
        else no("line " line " was dropped for no reason")
        gone[line] = 1
    }
    END {
        if (told != 1) no("the codebook does not say how many rows there are")
        else {
            if (had != rows) no("the raw file has " rows " rows, the codebook speaks of " had)
            if (had != clean + dropped) no(had " raw rows are not " clean " clean and " dropped " dropped ones")
            if (dropped != listed + 0) no(dropped " rows were dropped, " listed + 0 " are listed")
        }
        exit bad > 0
    }' "$file" "$book" || bad=$((bad + 1))

if [ "$again" -eq 1 ]; then
    place=$(mktemp -d)
    trap 'rm -rf "$place"' EXIT
    sh "$here/clean.sh" --to "$place" "$@" > /dev/null
    cmp -s "$place/$book" "$book" || no "cleaning it again gives another codebook than $book"
    sh "$here/check-clean.sh" "$id" "$place" || bad=$((bad + 1))
fi
[ "$bad" -eq 0 ] && echo "$id: raw file as it came, every row accounted for" && exit 0
exit 1
