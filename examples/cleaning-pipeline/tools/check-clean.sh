#!/bin/sh
# Say no unless a clean data set is clean, and as its codebook says.
#
#   sh tools/check-clean.sh ID [DIR]
#
# Looks at data/clean/ID.csv and codebooks/ID.md, in DIR if it is named, and shares no line with clean.awk. Needs sh, awk, grep, cksum.
set -eu
LC_ALL=C
export LC_ALL
[ $# -ge 1 ] || { echo "usage: sh tools/check-clean.sh ID [DIR]" >&2; exit 2; }
id=$1 from=${2:-.}
clean=data/clean/$id.csv
book=codebooks/$id.md

bad=0
no() {
    echo "no: $clean: $1"
    bad=$((bad + 1))
}

[ -s "$from/$clean" ] || { no "there is none"; exit 1; }
[ -s "$from/$book" ] || { no "its codebook $book is missing"; exit 1; }
awk -v name="$clean" '
    function no(text) { if (++bad <= 10) print "no: " name ": line " NR ": " text }
    NR == 1 && /^\357\273\277/ { no("a byte order mark") }
    /\r/ { no("the line ends of another system") }
    {
        text = $0
        gsub(/[\302-\337][\200-\277]|[\340-\357][\200-\277][\200-\277]|[\360-\364][\200-\277][\200-\277][\200-\277]/, "", text)
        if (text ~ /[\200-\377]/) no("not UTF-8")
    }
    NR == 1 { if ($0 != "hhid,interview,region,size,income,food,weight") no("other columns: " $0); next }
    seen[$0]++ { no("a row twice: " $0) }
    { gsub(/"([^"]|"")*"/, "text"); n = split($0, field, ",") }
    n != 7 { no(n " fields"); next }
    /(^|,)(-9[89]|NA|n\/a|[.]|999)(,|$)/ { no("a missing code is left: " $0) }
    /(^|,)[ \t]|[ \t](,|$)/ { no("blanks round a value") }
    field[1] !~ /^[0-9]+$/ { no("no household: " field[1]) }
    field[2] != "" && (field[2] !~ /^[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]$/ || substr(field[2], 6, 2) + 0 < 1 || substr(field[2], 6, 2) + 0 > 12 || substr(field[2], 9) + 0 < 1 || substr(field[2], 9) + 0 > 31) { no("no ISO date: " field[2]) }
    { for (i = 4; i <= 7; i++) if (field[i] != "" && field[i] !~ /^-?[0-9]+([.][0-9]+)?$/) no("no number: " field[i]) }
    END { exit bad > 0 }' < "$from/$clean" || bad=$((bad + 1))

rows=$(($(grep -c '' "$from/$clean") - 1))
grep -q " = $rows clean + " "$from/$book" || no "it has $rows rows, its codebook says: $(sed -n 's/^Rows: //p' "$from/$book")"
grep -qF "\`$clean\`, cksum $(cksum < "$from/$clean")" "$from/$book" || no "it is not the file that its codebook is about"
[ "$bad" -eq 0 ] && echo "$clean: $rows rows, clean" && exit 0
exit 1
