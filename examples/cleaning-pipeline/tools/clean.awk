# A raw data set from standard input, clean to standard output; what was done goes to the file `report`. See clean.sh.

BEGIN {
    for (i = 128; i < 256; i++) latin[sprintf("%c", i)] = sprintf("%c%c", i < 192 ? 194 : 195, i < 192 ? i : i - 64)
    split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", words, " ")
    for (i = 1; i <= 12; i++) month[words[i]] = i
    split("31 28 31 30 31 30 31 31 30 31 30 31", days, " ")
    split("household,date of the interview,region,persons in the household,income a month,food a month,sampling weight", what, ",")
    split("text,date,text,number,number,number,number", type, ",")
}

{
    sub(/\r$/, "")
    if (NR == 1) sub(/^\357\273\277/, "")
    raw[++lines] = $0
    if (!is_utf8($0)) is_latin = 1
}

END {
    sep = raw[1] ~ /;/ ? ";" : ","
    columns = fields(raw[1])
    for (i = 1; i <= columns; i++) { name[i] = field[i]; printf "%s%s", field[i], (i < columns ? "," : "\n") }
    for (n = 2; n <= lines; n++) if (raw[n] !~ /^[ \t]*$/) row(n)
    write()
}

function is_utf8(text) {
    gsub(/[\302-\337][\200-\277]|[\340-\357][\200-\277][\200-\277]|[\360-\364][\200-\277][\200-\277][\200-\277]/, "", text)
    return text !~ /[\200-\377]/
}

function row(n,    i, out, value, why) {
    rows++
    if (fields(is_latin ? recoded(raw[n]) : raw[n]) != columns) why = "not " columns " fields"
    for (i = 1; i <= columns && why == ""; i++) {
        value = field[i]
        coded[i] = is_missing(value) && value != ""
        if (coded[i]) value = ""
        if (i == 1 && value == "") why = "no household"
        else if (type[i] == "date" && value != "") { value = iso(value); if (value == "") why = "no such date: " field[i] }
        else if (type[i] == "number" && value != "") { value = number(value); if (value == "") why = "no number: " field[i] }
        clean[i] = value
        out = out (i > 1 ? "," : "") (value ~ /[,"]/ ? quoted(value) : value)
    }
    if (why == "" && out in seen) why = "same as line " seen[out]
    if (why != "") { dropped[++drops] = "| " n " | " why " |"; return }
    seen[out] = n
    kept++
    for (i = 1; i <= columns; i++) { count(i, clean[i]); codes[i] += coded[i] }
    print out
}

# Splits a line into `field`, trimmed and without quotes; returns how many there are.
function fields(text,    n, c, i, inside) {
    split("", field)
    n = 1
    field[1] = ""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "\"" && inside && substr(text, i + 1, 1) == "\"") { field[n] = field[n] c; i++ }
        else if (c == "\"") inside = !inside
        else if (c == sep && !inside) field[++n] = ""
        else field[n] = field[n] c
    }
    for (i = 1; i <= n; i++) gsub(/^[ \t]+|[ \t]+$/, "", field[i])
    return n
}

function recoded(text,    out, i, c) {
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        out = out (c in latin ? latin[c] : c)
    }
    return out
}

function is_missing(value) { return value == "" || value ~ /^(-9[89]|NA|n\/a|[.])$/ }

function quoted(value) { gsub(/"/, "\"\"", value); return "\"" value "\"" }

# A date as 2019-03-05; empty if there is no such day.
function iso(text,    part, y, m, d) {
    if (text ~ /^[0-9]+ [A-Z][a-z]+ [0-9]+$/) { split(text, part, " "); d = part[1]; m = month[part[2]]; y = part[3] }
    else if (split(text, part, "[-./]") != 3) return ""
    else if (length(part[1]) == 4) { y = part[1]; m = part[2]; d = part[3] }
    else if (dates == "mdy") { m = part[1]; d = part[2]; y = part[3] }
    else if (dates == "dmy") { d = part[1]; m = part[2]; y = part[3] }
    y += 0; m += 0; d += 0
    if (y < 1900 || m < 1 || m > 12 || d < 1 || d > days[m] + (m == 2 && y % 4 == 0 && (y % 100 || y % 400 == 0))) return ""
    return sprintf("%04d-%02d-%02d", y, m, d)
}

# A number with a decimal point and nothing between its thousands; files with semicolons have decimal commas.
function number(text) {
    if (sep == ";") { gsub(/[.]/, "", text); sub(/,/, ".", text) }
    else gsub(/,/, "", text)
    return text ~ /^-?[0-9]+([.][0-9]+)?$/ ? text : ""
}

function count(i, value) {
    if (value == "") missing[i]++
    if (value == "" || type[i] == "text") return
    if (type[i] == "number") value += 0
    if (!(i in from) || value < from[i]) from[i] = value
    if (!(i in to) || value > to[i]) to[i] = value
}

function write(    i) {
    print "Rows: " rows + 0 " raw = " kept + 0 " clean + " drops + 0 " dropped" > report
    print "\n## Dropped rows\n\n| line of the raw file | why |\n|---|---|" > report
    for (i = 1; i <= drops; i++) print dropped[i] > report
    print "\n## Variables\n\n| name | what | type | missing | of these by a code | from | to |\n|---|---|---|---|---|---|---|" > report
    for (i = 1; i <= columns; i++) {
        print "| " name[i] " | " what[i] " | " type[i] " | " missing[i] + 0 " | " codes[i] + 0 " | " from[i] " | " to[i] " |" > report
    }
}
