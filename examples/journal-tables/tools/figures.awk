# What a LaTeX table says, one thing a line, whatever its style: numbers with their sign and stars, and words.
#
# Prints KIND, CELL, VALUE, ROW, separated by tabs: KIND is `number` or `word`, CELL the number of the cell in its row. A number is
# written as 1204.50, whatever stood between its thousands and before its decimals; trailing zeros stay. Rules, column specifications,
# lengths and commands say nothing; the caption comes first, wherever it stands. It shares no line with restyle.awk, so that a mistake there is not made here again.

{ gsub(/\\%/, " "); sub(/%.*/, ""); text = text $0 "\n" }

END {
    gsub(/\\def\\sym[^\n]*/, "", text)
    gsub(/\\(begin|end)[{][a-z*]+[}](\[[^]]*\])?/, "&\001", text)
    gsub(/tabular[}]\001[{]/, "&\002", text)
    text = without_groups(text, "\002")
    gsub(/minipage[}]\001[{][^}]*[}]/, "", text)
    gsub(/\\(begin|end)[{][a-z*]+[}]?(\[[^]]*\])?\001?/, " ", text)
    gsub(/\\c(line|midrule)(\([lr]+\))?[{][^}]*[}]/, " ", text)
    gsub(/\\[vh]space[*]?[{][^}]*[}]/, " ", text)
    gsub(/\\multicolumn[{][0-9]+[}][{]/, "\n{\002", text)
    text = without_groups(text, "\002")
    gsub(/\\(caption|label)[*]?[{]/, "&\002", text)
    text = without_groups(text, "\002")
    text = taken "\003" text
    gsub(/\\\\[*]?[ \t\n]*(\[[0-9.]+[a-z]+\])?/, "\003", text)
    gsub(/\\&/, "and", text)
    gsub(/\342\210\222/, "-", text)
    gsub(/\\,/, "_", text)
    gsub(/[{],[}]/, ",", text)
    gsub(/[{][.][}]/, ".", text)
    gsub(/\\[A-Za-z]+/, " ", text)
    gsub(/[$^{}\\]/, "", text)
    commas = comma_is_decimal(text)
    rows = cells = 1
    while (text != "") say_next()
}

# Takes groups away that are marked at their opening brace, and keeps them in `taken`; they may have braces of their own.
function without_groups(text, mark,    at, i, depth, c) {
    taken = ""
    while ((at = index(text, mark)) > 0) {
        depth = 1
        for (i = at + 1; depth > 0 && i <= length(text); i++) {
            c = substr(text, i, 1)
            if (c == "{") depth++
            if (c == "}") depth--
        }
        taken = taken substr(text, at + 1, i - at - 2) " "
        text = substr(text, 1, at - 2) " " substr(text, i)
    }
    return text
}

# STYLE.md has no decimal commas; a table in another style has them if a number starts with `0,` or ends in other than three digits.
function comma_is_decimal(text,    n, i, found, parts) {
    while (match(text, /[0-9]+(,[0-9]+)+/)) {
        found = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        n = split(found, parts, ",")
        if (parts[1] == "0") return 1
        for (i = 2; i <= n; i++) if (length(parts[i]) != 3) return 1
    }
    return 0
}

function say_next(    found, before) {
    if (match(text, /^\003/)) { rows++; cells = 1 }
    else if (match(text, /^&/)) cells++
    else if (match(text, /^-?-?[.]?[0-9]+([.,_][0-9]+)*/)) {
        found = substr(text, 1, RLENGTH)
        text = substr(text, RLENGTH + 1)
        # A dash after a digit or a letter is none of a number: 2015--2019, 5-14.
        if (last ~ /[0-9A-Za-z]$/) gsub(/-/, "", found)
        last = found
        match(text, /^[ ]*[*]*/)
        before = substr(text, 1, RLENGTH)
        gsub(/[^*]/, "", before)
        print "number\t" cells "\t" plain(found) before "\t" rows
        if (before == "") RLENGTH = 0
        text = substr(text, RLENGTH + 1)
        return
    }
    else if (match(text, /^[A-Za-z\200-\377][A-Za-z0-9\200-\377'-]*/)) {
        found = substr(text, 1, RLENGTH)
        if (found !~ /^Notes?$/) print "word\t" cells "\t" found "\t" rows
    }
    else match(text, /^./) || match(text, /^\n/)
    last = substr(text, 1, RLENGTH)
    text = substr(text, RLENGTH + 1)
}

function plain(number,    sign) {
    sign = sub(/^--?/, "", number) ? "-" : ""
    gsub(/_/, "", number)
    if (commas) { number = grouped(number, "."); gsub(/,/, ".", number) }
    else number = grouped(number, ",")
    return sign (number ~ /^[.]/ ? "0" : "") number
}

# Takes the separators of thousands away, where groups of three follow them.
function grouped(number, sep,    n, i, parts, out) {
    n = split(number, parts, sep == "." ? "[.]" : sep)
    out = parts[1]
    for (i = 2; i <= n; i++) out = out (parts[i] ~ /^[0-9][0-9][0-9]([^0-9]|$)/ && parts[1] ~ /^[1-9]/ ? "" : sep) parts[i]
    return out
}
