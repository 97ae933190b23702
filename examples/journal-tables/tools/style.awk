# Says where a table is not in the journal's style (STYLE.md), and exits with 1 then.

/^[ \t]*%/ { next }

{ whole = whole $0 "\n" }

/\\hline|\\cline|\\vline/ { no(1, "an old rule") }
/\\(begin[{]tabular[*]?[}]|multicolumn[{][0-9]+[}])[{][^}]*[|]/ { no(2, "a vertical rule") }
/\\begin[{]tabular[}]/ { inside = 1; tabulars++; if (!caption) no(5, "no caption above the table"); if (!label) no(5, "no label above the table") }
/\\caption[{]/ { caption = 1; if (inside) no(5, "a caption below the table") }
/\\label[{]/ { label = 1 }
/\\end[{]tabular[}]/ { inside = 2 }
/\\begin[{]threeparttable[}]/ { threeparts++ }
/\\begin[{]tablenotes[}]/ { if (inside != 2 || noted) no(6, "tablenotes in a wrong place"); noted = 1 }
/\\end[{]threeparttable[}]/ { inside = 3 }
/\\begin[{](minipage|flushleft)[}]/ { no(6, "notes outside of tablenotes") }
inside == 2 && !noted && !/\\(end|begin)[{](tabular|tablenotes|threeparttable|table)[*]?[}]/ && /[A-Za-z]/ { no(6, "text between the table and its notes") }

inside == 1 {
    if ($0 ~ /^[ \t]*\\toprule/) tops++
    if ($0 ~ /^[ \t]*\\bottomrule/) bottoms++
    rule = $0 ~ /^[ \t]*\\(toprule|midrule|bottomrule)[ \t]*$/
    if (rule && was_rule) no(1, "a double rule")
    was_rule = rule
    if (/\\multicolumn[{][0-9]+[}][{][^}]*[}][{][^&]*(Notes?[:.]|Standard errors)/) no(6, "a note in a row")
}

(inside == 1 || noted) && !/\\begin[{]tabular/ {
    text = $0
    gsub(/\\(ref|cite[a-z]*)[{][^}]*[}]/, "", text)
    if (text ~ /(^|[^0-9A-Za-z.])[.][0-9]/) no(3, "no digit before the decimal point")
    if (text ~ /[0-9]([{],[}]|\\,)[0-9]/) no(3, "thousands not set by a comma")
    if (text ~ /(^|[^0-9.])0,[0-9]/ || text ~ /[0-9],[0-9][0-9]?([^0-9]|$)/) no(3, "a decimal comma")
    if (text ~ /(^|[^0-9.,])[1-9][0-9][0-9][0-9][0-9]/) no(3, "no comma between thousands")
    if (text ~ /(^|[ &(\[])--?[0-9.]*[0-9]/ || text ~ /\342\210\222/ || text ~ /[$][(\[]?-[0-9]/) no(4, "a minus that is none")
    gsub(/[$]\^[{][*]+[}][$]/, "", text)
    if (text ~ /[*]|\\sym|\\textsuperscript/) no(4, "stars in another form")
}

END {
    ended = 1
    if (tabulars != 1) no(1, tabulars + 0 " tables in it")
    if (tops != 1 || bottoms != 1) no(1, "not one top rule and one bottom rule")
    if (threeparts != 1) no(6, "no threeparttable")
    if (noted && index(whole, "\\item \\emph{Notes:} ") == 0) no(6, "no \\emph{Notes:} before the notes")
    exit bad > 0
}

function no(rule, text) {
    bad++
    if (bad <= 10) print "no: " name ": " (ended ? "" : "line " NR ": ") text " (STYLE.md, " rule ")"
}
