# One LaTeX table in the journal's style, from standard input to standard output. See restyle.sh and STYLE.md.
#
# The file is read into four parts: what stands before the tabular, its column specification, its body as a list of rules and rows,
# and the notes. Then they are written anew, the numbers of body and notes one by one.

{ line[++lines] = $0 }

END {
    find_comma()
    part = "head"
    for (n = 1; n <= lines; n++) {
        if (part == "head") read_head(line[n])
        else if (part == "body") read_body(line[n])
        else read_tail(line[n])
    }
    if (part != "tail") { print "no tabular in it" > "/dev/stderr"; exit 1 }
    notes_from_rows()
    write()
}

# --- Reading -----------------------------------------------------------------------------------------------------------------------

# A comma is decimal in this table if a number starts with `0,` or has other than three digits after a comma.
function find_comma(    text, n, found) {
    for (n = 1; n <= lines; n++) text = text line[n] "\n"
    gsub(/[{],[}]/, ",", text)
    while (match(text, /[0-9]+,[0-9]+/)) {
        found = substr(text, RSTART, RLENGTH)
        if (found ~ /^0,/ || length(found) - index(found, ",") != 3) comma = 1
        text = substr(text, RSTART + RLENGTH)
    }
}

function read_head(text,    at, spec) {
    if (text ~ /^[ \t]*\\def\\sym/ || text ~ /^[ \t]*\\begin[{]threeparttable[}]/) return
    if (text ~ /^[ \t]*\\begin[{]center[}]/) text = "\\centering"
    at = index(text, "\\begin{tabular}")
    if (at == 0) { head[++heads] = text; return }
    text = substr(text, at + length("\\begin{tabular}"))
    spec = group(text)
    columns = unruled(spec)
    part = "body"
    read_body(substr(text, length(spec) + 3))
}

# Rules go into the list as "R", partial ones as "C" and their columns, rows as "T" and their text.
function read_body(text,    at, rule) {
    while (text !~ /^[ \t]*$/) {
        if (match(text, /^[ \t]*\\end[{]tabular[}]/)) { part = "tail"; return read_tail(substr(text, RLENGTH + 1)) }
        if (match(text, /^[ \t]*\\(hline|toprule|midrule|bottomrule)/)) {
            item[++items] = "R"
        } else if (match(text, /^[ \t]*\\c(line|midrule)(\([lr]+\))?[{][0-9]+-[0-9]+[}]/)) {
            rule = substr(text, 1, RLENGTH)
            sub(/^.*[{]/, "", rule)
            item[++items] = "C\\cmidrule(lr){" rule
        } else {
            gsub(/[ \t]*\\vline[ \t]*/, " ", text)
            at = match(text, /\\(hline|toprule|midrule|bottomrule|cline|cmidrule|end[{]tabular)/) ? RSTART : length(text) + 1
            item[++items] = "T" trimmed(substr(text, 1, at - 1))
            RLENGTH = at - 1
        }
        text = substr(text, RLENGTH + 1)
    }
}

# Below the table: captions go above it, what is text is notes, the rest was there for the notes' sake.
function read_tail(text,    starts) {
    gsub(/\\(begin|end)[{](threeparttable|tablenotes|flushleft|center)[}]/, "", text)
    gsub(/\\begin[{]minipage[}][{][^}]*[}]|\\end[{]minipage[}]/, "", text)
    gsub(/\\[hv]space[*]?[{][^}]*[}]|\\(medskip|smallskip|bigskip|par|noindent)/, "", text)
    text = trimmed(text)
    if (text == "") { ended = 1; return }
    if (text ~ /^\\(caption|label)[{]/) { head[++heads] = text; return }
    if (text ~ /^\\end[{]table[*]?[}]/ || after) { rest[++after] = text; return }
    text = unwrapped(text)
    if (text == "") return
    if (sub(/^\\item[ \t]*/, "", text) || notes == 0 || (ended && text ~ /^(\\[a-z]+[{])?(Note|Source)/)) note[++notes] = text
    else note[notes] = note[notes] "\n" text
    ended = 0
}

# Rows at the end that span the whole table and speak of the table are notes.
function notes_from_rows(    n, text, found, from, i) {
    for (n = items; n > 0; n--) {
        if (item[n] == "R") continue
        text = substr(item[n], 2)
        if (item[n] !~ /^T\\multicolumn[{]/ || cells(text) > 1) break
        text = unwrapped(content(text))
        if (text !~ /^(\\[a-z]+[{])?(Notes?|Source|Standard errors|Robust)/ && text !~ /^([$]\^|\\sym|\\textsuperscript|[*])/) break
        found[n] = text
        from = n
    }
    if (!from) return
    for (i = notes; i > 0; i--) note[i + items - from + 1] = note[i]
    for (n = from; n <= items; n++) if (n in found) row_note[++row_notes] = found[n]
    for (i = 1; i <= notes; i++) kept[i] = note[i + items - from + 1]
    for (i = 1; i <= row_notes; i++) note[i] = row_note[i]
    for (i = 1; i <= notes; i++) note[row_notes + i] = kept[i]
    notes += row_notes
    items = from - 1
}

# --- Writing -----------------------------------------------------------------------------------------------------------------------

function write(    n, first, last) {
    for (n = 1; n <= heads; n++) print head[n]
    print "\\begin{threeparttable}"
    print "\\begin{tabular}{" columns "}"
    print "\\toprule"
    while (items > 0 && item[items] == "R") items--
    first = 1
    while (item[first] == "R") first++
    for (n = first; n <= items; n++) {
        if (item[n] == "R") { if (last != "R") print "\\midrule" }
        else if (item[n] ~ /^C/) printf "%s%s", substr(item[n], 2), (item[n + 1] ~ /^C/ ? " " : "\n")
        else print row(substr(item[n], 2))
        last = item[n]
    }
    print "\\bottomrule"
    print "\\end{tabular}"
    if (notes) {
        print "\\begin{tablenotes}"
        print "\\footnotesize"
        for (n = 1; n <= notes; n++) print "\\item " (n == 1 ? "\\emph{Notes:} " : "") numbers(unlabelled(note[n], n))
        print "\\end{tablenotes}"
    }
    print "\\end{threeparttable}"
    for (n = 1; n <= after; n++) print rest[n]
}

# A row, cell by cell.
function row(text,    out, at, end) {
    if (text ~ /^%/) return text
    end = ""
    if (match(text, /[ \t]*\\\\[*]?(\[[^]]*\])?[ \t]*$/)) { end = substr(text, RSTART); text = substr(text, 1, RSTART - 1) }
    sub(/[ \t]+$/, "", end)
    while ((at = ampersand(text)) > 0) {
        out = out cell(substr(text, 1, at - 1)) "&"
        text = substr(text, at + 1)
    }
    return out cell(text) end
}

function cell(text,    start, count, spec) {
    if (!match(text, /^[ \t]*\\multicolumn[{]/)) return numbers(text)
    start = substr(text, 1, RSTART + RLENGTH - 2)
    text = substr(text, RSTART + RLENGTH - 1)
    count = group(text)
    text = substr(text, length(count) + 3)
    spec = group(text)
    text = substr(text, length(spec) + 3)
    return start "{" count "}{" unruled(spec) "}{" numbers(group(text)) "}" substr(text, length(group(text)) + 3)
}

# --- Numbers -----------------------------------------------------------------------------------------------------------------------

# A text with its numbers, minus signs and stars in the style.
function numbers(text,    out, before, taken) {
    text = plain(text)
    while (text != "") {
        before = substr(out, length(out))
        if (match(text, /^\\(ref|cite[a-z]*|label|hspace|vspace)[*]?[{][^}]*[}]/) || match(text, /^\\([A-Za-z]+|.)/)) {
            taken = RLENGTH
            out = out substr(text, 1, taken)
        } else if (text ~ /^--?[.]?[0-9]/ && before !~ /[0-9A-Za-z$}\/)-]/) {
            taken = text ~ /^--/ ? 2 : 1
            out = out "$-$"
        } else if (match(text, /^[$][^$]*[$]/)) {
            taken = RLENGTH
            out = out math(substr(text, 1, taken))
        } else if (before !~ /[0-9A-Za-z.]/ && match(text, /^[.]?[0-9]+(([.,]|[{][.,][}]|\\,)[0-9]+)*/)) {
            taken = RLENGTH
            out = out number(substr(text, 1, taken))
        } else if (match(text, /^[*]+/)) {
            taken = RLENGTH
            if (out ~ /[0-9] +$/) sub(/ +$/, "", out)
            out = out "$^{" substr(text, 1, taken) "}$"
        } else {
            taken = 1
            out = out substr(text, 1, 1)
        }
        text = substr(text, taken + 1)
    }
    return out
}

# Stars as stars, minus signs as hyphens, and numbers out of math mode.
function plain(text,    out, inner) {
    gsub(/\342\210\222/, "-", text)
    gsub(/\\\(|\\\)/, "$", text)
    while (match(text, /\\(sym|textsuperscript)[{][*]+[}]/)) {
        inner = substr(text, RSTART, RLENGTH)
        gsub(/[^*]/, "", inner)
        text = substr(text, 1, RSTART - 1) inner substr(text, RSTART + RLENGTH)
    }
    while (match(text, /[$][^$]*[$]/)) {
        out = out substr(text, 1, RSTART - 1)
        inner = substr(text, RSTART + 1, RLENGTH - 2)
        text = substr(text, RSTART + RLENGTH)
        if (inner ~ /^\^[{]?[*]+[}]?$/ || is_number(inner)) {
            if (match(inner, /\^[{]?[*]+[}]?/)) inner = substr(inner, 1, RSTART - 1) starred(substr(inner, RSTART, RLENGTH))
        } else if (!(inner == "-" && text ~ /^[.]?[0-9]/)) {
            inner = "$" inner "$"
        }
        out = out inner
    }
    return out text
}

function starred(text) {
    gsub(/[^*]/, "", text)
    return text
}

function is_number(inner) {
    gsub(/[{][.,][}]|\\,|\^[{][*]+[}]|\^[*]/, "", inner)
    return inner ~ /[0-9]/ && inner ~ /^[]0-9.,()[; -]*$/
}

# What stays in math mode: only its numbers' commas and points.
function math(text,    out, found) {
    while (match(text, /[.]?[0-9]+(([.,]|[{][.,][}]|\\,)[0-9]+)*/)) {
        found = substr(text, RSTART, RLENGTH)
        out = out substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + RLENGTH)
        out = out (out ~ /[0-9A-Za-z.]$/ ? found : number(found))
    }
    return out text
}

# One number: a point before its decimals, commas between its thousands.
function number(text,    out, sep, digits) {
    gsub(/[{]/, "", text)
    gsub(/[}]/, "", text)
    gsub(/\\,/, "_", text)
    if (text ~ /^[.]/) return "0" text
    if (text ~ /^[1-9][0-9][0-9][0-9][0-9]+$/) return thousands(text)
    match(text, /^[0-9]+/)
    out = substr(text, 1, RLENGTH)
    text = substr(text, RLENGTH + 1)
    while (text != "") {
        sep = substr(text, 1, 1)
        text = substr(text, 2)
        match(text, /^[0-9]+/)
        digits = substr(text, 1, RLENGTH)
        text = substr(text, RLENGTH + 1)
        if (sep == "_" || (comma && sep == "." && length(digits) == 3)) sep = ","
        else if (comma && sep == ",") sep = "."
        out = out sep digits
    }
    return out
}

function thousands(text) {
    if (length(text) <= 3) return text
    return thousands(substr(text, 1, length(text) - 3)) "," substr(text, length(text) - 2)
}

# --- LaTeX -------------------------------------------------------------------------------------------------------------------------

# What stands in the braces that a text starts with.
function group(text,    i, depth, c) {
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "\\") { i++; continue }
        if (c == "{") depth++
        if (c == "}" && --depth == 0) return substr(text, 2, i - 2)
    }
    print "a brace is not closed: " text > "/dev/stderr"
    exit 1
}

# The third group of a \multicolumn.
function content(text) {
    sub(/^[ \t]*\\multicolumn/, "", text)
    text = substr(text, length(group(text)) + 3)
    text = substr(text, length(group(text)) + 3)
    return group(text)
}

# A column specification without vertical rules.
function unruled(spec) {
    gsub(/[|]/, "", spec)
    return spec
}

# The place of the first & that separates cells; 0 if there is none.
function ampersand(text,    i, c) {
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "\\") i++
        else if (c == "&") return i
    }
    return 0
}

function cells(text,    n, at) {
    n = 1
    while ((at = ampersand(text)) > 0) { n++; text = substr(text, at + 1) }
    return n
}

# A note without what makes it small.
function unwrapped(text,    before) {
    do {
        before = text
        text = trimmed(text)
        sub(/^\\(footnotesize|scriptsize|small|tiny)[ \t]*/, "", text)
        if (text ~ /^[{]/ && length(group(text)) == length(text) - 2) text = group(text)
    } while (text != before)
    return text
}

# A note without the word that says so; a source stays one.
function unlabelled(text, n) {
    if (n > 1 && text !~ /Note/) return text
    sub(/^\\(emph|textit|textbf)[{]Notes?[:.]?[}][:.]?[ \t\n]*/, "", text)
    sub(/^Notes?[:.][ \t\n]*/, "", text)
    return text
}

function trimmed(text) {
    sub(/^[ \t]+/, "", text)
    sub(/[ \t]+$/, "", text)
    return text
}
