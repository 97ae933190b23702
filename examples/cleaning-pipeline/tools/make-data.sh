#!/bin/sh
# Make the raw data of this example: twelve small household surveys, with the dirt that such files have. Always the same bytes.
#
#   sh tools/make-data.sh [DIR]
#
# DIR is data/raw unless named. Needs sh and awk.
set -eu
LC_ALL=C
export LC_ALL
to=${1:-data/raw}
mkdir -p "$to"

# File, seed, rows, separator, order of day and month, line ends and byte order mark, year, regions in the file's bytes, missing codes.
make() {
    awk -v seed="$2" -v rows="$3" -v sep="$4" -v order="$5" -v has="$6" -v year="$7" -v places="$8" -v code="$9" '
        # Park and Miller: exact in the numbers that every awk has.
        function draw(n) { seed = (seed * 16807) % 2147483647; return seed % n }
        function decimals(cents,    whole, part) {
            whole = int(cents / 100)
            part = cents % 100
            part = (part < 10 ? "0" : "") part
            if (sep == ";") return (whole >= 1000 ? int(whole / 1000) "." three(whole % 1000) : whole) "," part
            if (whole >= 1000 && draw(3) == 0) return "\"" int(whole / 1000) "," three(whole % 1000) "." part "\""
            return whole "." part
        }
        function three(n) { return (n < 10 ? "00" : n < 100 ? "0" : "") n }
        function two(n) { return (n < 10 ? "0" : "") n }
        function date(    d, m, form) {
            d = 1 + draw(28)
            m = 3 + draw(4)
            form = order == "iso" ? 0 : draw(4)
            if (form == 0) return year "-" two(m) "-" two(d)
            if (form == 1) return d " " substr("JanFebMarAprMayJunJul", 3 * m - 2, 3) " " year
            if (order == "mdy") return form == 2 ? m "/" d "/" year : two(m) "/" two(d) "/" year
            return form == 2 ? d "/" m "/" year : two(d) "." two(m) "." year
        }
        function missing(    n) { n = split(code, codes, " "); return codes[1 + draw(n)] }
        function emit(text) { printf "%s%s", text, (has ~ /crlf/ ? "\r\n" : "\n") }
        BEGIN {
            n_places = split(places, place, "/")
            if (has ~ /bom/) printf "\357\273\277"
            emit("hhid" sep "interview" sep "region" sep "size" sep "income" sep "food" sep "weight")
            for (row = 1; row <= rows; row++) {
                id = year % 100 * 1000 + row * 7
                when = date()
                where = place[1 + draw(n_places)]
                if (index(where, sep)) where = "\"" where "\""
                size = draw(14) == 0 ? missing() : 1 + draw(9)
                income = draw(9) == 0 ? missing() : decimals(20000 + draw(380000))
                food = draw(11) == 0 ? missing() : decimals(5000 + draw(90000))
                weight = decimals(40 + draw(260))
                if (draw(23) == 0) id = ""
                if (draw(19) == 0 && order != "iso") when = order == "mdy" ? "02/30/" year : "31.04." year
                if (draw(8) == 0) where = where " "
                text = id sep when sep where sep size sep income sep food sep weight
                emit(text)
                if (draw(10) == 0) emit(text)
                if (draw(16) == 0 && last != "") emit(last)
                last = text
            }
        }' > "$to/$1"
}

make al-2018.csv 11 34 ';' dmy 'bom crlf' 2018 "Tiran\303\253/Shkod\303\253r/Vlor\303\253" '-99'
make al-2021.csv 12 29 ';' dmy '' 2021 "Tiran\353/Shkod\353r/Vlor\353" '-99 NA'
make bo-2019.csv 13 31 ',' dmy 'crlf' 2019 "La Paz/Potos\303\255/Beni" '-99 -98'
make cg-2020.csv 14 26 ';' dmy '' 2020 'Pool/Niari/Kouilou' '. NA'
make fr-2019.csv 15 38 ';' dmy crlf 2019 "Rh\364ne/Is\350re/Ari\350ge" 'NA'
make gh-2018.csv 16 27 ',' dmy 'bom' 2018 'Ashanti/Volta/Bono, East' '-99 .'
make 'north macedonia 2019.csv' 17 24 ',' dmy '' 2019 'Skopje/Bitola/Ohrid' '-99 n/a'
make pe-2020.csv 18 33 ',' dmy '' 2020 "Jun\355n/\301ncash/Cusco" '-98 -99 NA'
make ph-2018.csv 19 30 ',' mdy 'crlf' 2018 'Cebu/Bohol/Iloilo' '-99'
make ph-2021.csv 20 28 ',' mdy 'bom crlf' 2021 'Cebu/Bohol/Iloilo' '-99 NA'
make us-2019.csv 21 36 ',' mdy '' 2019 'Ohio/Maine/Utah' '. -98'
make vn-2020.csv 22 25 ',' iso 'bom' 2020 "H\303\240 Giang/L\303\240o Cai/Y\303\252n B\303\241i" '-99'
