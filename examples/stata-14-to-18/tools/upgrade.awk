# One do-file for Stata 18, from standard input to standard output. See upgrade.sh and CHANGES.md.
#
# Lines that go on with /// are one command. A command that nothing is to be done to is written as it was, line by line.

{ line[++lines] = $0 }

END {
    for (n = 1; n <= lines; n++) if (line[n] ~ /^[ \t]*version[ \t]+[0-9]/) { split(line[n], word, " "); from = word[2] + 0; break }
    n = 1
    if (!from) say("no version line: for which Stata was it written?")
    draws = graphs = 0
    for (n = 1; n <= lines; n++) {
        if (line[n] ~ /^[ \t]*set[ \t]+scheme/) graphs = -1
        if (graphs == 0 && line[n] ~ /^[ \t]*((tw|twoway|graph|gr|histogram|scatter|line|kdensity|marginsplot)[ \t]|marginsplot)/) graphs = 1
    }
    for (n = 1; n <= lines; n++) {
        raw = text = line[n]
        if (is_comment(text)) { print raw; continue }
        while (text ~ /[ \t]\/\/\/.*$/ && n < lines) {
            sub(/[ \t]*\/\/\/.*$/, "", text)
            raw = raw "\n" line[++n]
            sub(/^[ \t]+/, " ", line[n])
            text = text line[n]
        }
        if (!from || from >= 18) print raw
        else command(raw, text)
    }
    exit unsure
}

function is_comment(text) {
    if (text ~ /^[ \t]*\/\*/) in_block = 1
    if (!in_block) return text ~ /^[ \t]*([*]|\/\/|$)/
    if (text ~ /\*\//) in_block = 0
    return 1
}

function say(text) {
    print "line " n ": " text > "/dev/stderr"
    unsure = 1
}

# --- Commands ----------------------------------------------------------------------------------------------------------------------

function command(raw, text,    indent, comment, prefix, old) {
    match(text, /^[ \t]*/)
    indent = substr(text, 1, RLENGTH)
    text = substr(text, RLENGTH + 1)
    if (match(text, /[ \t]+\/\/.*$/)) { comment = substr(text, RSTART); text = substr(text, 1, RSTART - 1) }
    old = text
    if (text ~ /^version[ \t]+[0-9]/) {
        sub(/[0-9.]+/, "18", text)
        print indent text comment
        if (graphs == 1 && !version_only) print indent "set scheme s2color // as before Stata 18"
        graphs = 0
        return
    }
    if (version_only) { print raw; return }
    if (text ~ /^set[ \t]+(mem|memo|memor|memory|mat|mats|matsi|matsiz|matsize)[ \t]/) return
    if (text ~ /^set[ \t]+seed[ \t]/ && from < 14) { print indent "set rng kiss32 // as before Stata 14"; print raw; return }
    if (text ~ /^for[ \t]+(v|va|var|varl|varli|varlis|varlist)[ \t]/ && text !~ /[ \t]\\[ \t]/) { print loop(indent, text) comment; return }
    if (text ~ /^for[ \t]+[a-z]+[ \t][^:]*:/) { say("for over several lists is for you to rewrite"); print raw; return }
    text = functions(text)
    text = factors(text)
    prefix = ""
    while (match(text, /^(qui|quie|quiet|quietl|quietly|cap|capt|captu|captur|capture|noi|nois|noisi|noisil|noisily)[ \t]+/) || match(text, /^(by|bys|byso|bysor|bysort)[ \t][^:]*:[ \t]*/)) {
        prefix = prefix substr(text, 1, RLENGTH)
        text = substr(text, RLENGTH + 1)
    }
    text = prefix rewritten(text)
    if (prefix text == prefix old || text == old) print raw
    else print indent wrapped(indent, text) comment
}

# A command in its new form; as it is if it has one already.
function rewritten(text,    verb, rest, arguments, options, at) {
    if (!match(text, /^[a-z]+/)) return text
    verb = substr(text, 1, RLENGTH)
    rest = trimmed(substr(text, RLENGTH + 1))
    at = comma(rest)
    arguments = trimmed(at ? substr(rest, 1, at - 1) : rest)
    options = at ? trimmed(substr(rest, at + 1)) : ""
    if (verb == "insheet") return insheet(arguments, options)
    if (verb == "outsheet") return outsheet(arguments, options)
    if (verb == "merge" && arguments !~ /^(1|m):(1|m)[ \t]/) return merge(text, arguments, options)
    if (verb == "table") return table(text, arguments, options)
    if (verb == "ci" || verb == "cii") return ci(verb, arguments, options)
    if (verb == "asclogit") return asclogit(arguments, options)
    return text
}

function insheet(arguments, options,    out) {
    out = ""
    while (options != "") {
        take(options)
        options = left
        if (name == "comma") out = out " delimiters(\",\")"
        else if (name == "tab") out = out " delimiters(\"\\t\")"
        else if (name == "delimiter") out = out " delimiters(" value ")"
        else if (name ~ /^names?$/) out = out " varnames(1)"
        else if (name ~ /^nonames?$/) out = out " varnames(nonames)"
        else if (name == "case") out = out " case(preserve)"
        else if (name == "double") out = out " asdouble"
        else out = out " " whole
    }
    return "import delimited " arguments "," out
}

# outsheet puts a tab between and quotes round texts, unless told; export delimited a comma, and quotes where they must be.
function outsheet(arguments, options,    out, delimiter, quote) {
    delimiter = " delimiter(tab)"
    quote = " quote"
    while (options != "") {
        take(options)
        options = left
        if (name == "comma") delimiter = ""
        else if (name == "delimiter") delimiter = " delimiter(" value ")"
        else if (name ~ /^noq/) quote = ""
        else if (name ~ /^non/) out = out " novarnames"
        else out = out " " whole
    }
    return "export delimited " arguments "," delimiter quote out
}

function merge(text, arguments, options,    out, kind) {
    kind = ""
    while (options != "") {
        take(options)
        options = left
        if (name ~ /^uniq(u|ue)?$/) kind = "1:1"
        else if (name ~ /^uniqm/) kind = kind == "m:1" ? "1:1" : "1:m"
        else if (name ~ /^uniqus/) kind = kind == "1:m" ? "1:1" : "m:1"
        else if (name == "sort") { if (kind == "") kind = "1:1" }
        else if (name ~ /^nok/) out = out " keep(master match)"
        else if (name == "keep") out = out " keepusing(" value ")"
        else if (name == "_merge") out = out " generate(" value ")"
        else if (name ~ /^no(l|note)/) out = out " " whole
        else { say("merge with " whole " is for you to rewrite"); return text }
    }
    if (kind == "" || arguments ~ /^using/) { say("merge without unique, uniqusing or uniqmaster: 1:1, m:1 or 1:m?"); return text }
    return "merge " kind " " arguments (out == "" ? "" : "," out)
}

# The variables in parentheses, each statistic by itself, and totals only where there were some.
function table(text, arguments, options,    out, rows, columns, where, totals, super, format, stats, n, word, i) {
    if (options ~ /(^|[ \t])(statistic|stat|nformat|nototals|command)/) return text
    where = ""
    if (match(arguments, /[ \t]*\[/) || match(arguments, /[ \t]+(if|in)[ \t]/)) { where = substr(arguments, RSTART); arguments = substr(arguments, 1, RSTART - 1) }
    n = split(arguments, word, " ")
    if (n > 2) { say("table with super columns is for you to rewrite"); return text }
    rows = word[1]
    columns = word[2]
    while (options != "") {
        take(options)
        options = left
        if (name ~ /^c(o|on|ont|onte|onten|ontent|ontents)?$/) stats = value
        else if (name ~ /^f(o|or|orm|orma|ormat)?$/) format = " nformat(" value ")"
        else if (name == "by") super = value " "
        else if (name == "row" || name == "col") totals = totals name
        else { say("table with " whole " is for you to rewrite"); return text }
    }
    if (totals == "row" && columns != "" || totals == "col") { say("table with totals on one side is for you to rewrite"); return text }
    n = split(stats, word, " ")
    for (i = 1; i <= n; i++) {
        if (word[i] ~ /^freq/) out = out " statistic(frequency)"
        else { out = out " statistic(" statistic(word[i]) " " word[i + 1] ")"; i++ }
    }
    out = out format (totals == "" ? " nototals" : "")
    return "table (" super rows ")" (columns == "" ? "" : " (" columns ")") where (out == "" ? "" : "," out)
}

function statistic(name) {
    if (name == "n") return "count"
    if (name == "med") return "median"
    if (name == "sum") return "total"
    if (name == "rawsum") return "rawtotal"
    return name
}

function ci(verb, arguments, options,    kind, out, n, word) {
    if (arguments ~ /^(mean|means|prop[a-z]*|var[a-z]*)([ \t]|$)/) return verb " " arguments (options == "" ? "" : ", " options)
    kind = "means"
    if (verb == "cii" && split(arguments, word, " ") == 2) kind = "proportions"
    while (options != "") {
        take(options)
        options = left
        if (name ~ /^b(i|in|ino|inom|inomi|inomia|inomial)?$/) kind = "proportions"
        else out = out " " whole
        if (name ~ /^(pois|exp)/) kind = "means"
    }
    return verb " " kind " " arguments (out == "" ? "" : "," out)
}

function asclogit(arguments, options,    out, person, alternative) {
    while (options != "") {
        take(options)
        options = left
        if (name == "case") person = value
        else if (name ~ /^alt/) alternative = value
        else out = out " " whole
    }
    return "cmset " person " " alternative "\n" "cmclogit " arguments (out == "" ? "" : "," out)
}

# for varlist a b: COMMAND with X, as a foreach.
function loop(indent, text,    list, body) {
    sub(/^for[ \t]+[a-z]+[ \t]+/, "", text)
    list = trimmed(substr(text, 1, index(text, ":") - 1))
    body = functions(factors(trimmed(substr(text, index(text, ":") + 1))))
    return indent "foreach X of varlist " list " {\n" indent "    " renamed(body, "X", "`X'") "\n" indent "}"
}

# --- Expressions -------------------------------------------------------------------------------------------------------------------

function functions(text) {
    text = renamed(text, "uniform()", "runiform()")
    text = renamed(text, "invnorm(", "invnormal(")
    text = renamed(text, "normden(", "normalden(")
    return renamed(text, "norm(", "normal(")
}

# xi's terms as factor variables, and the names it gave.
function factors(text,    head, tail) {
    if (match(text, /^xi[ \t]*:[ \t]*/)) {
        text = substr(text, RLENGTH + 1)
        while (match(text, /i\.[A-Za-z_][A-Za-z_0-9]*[*](i\.)?[A-Za-z_]/)) {
            head = substr(text, 1, RSTART + RLENGTH - 2)
            tail = substr(text, RSTART + RLENGTH - 1)
            if (head ~ /[*]i\.$/) sub(/[*]i\.$/, "##i.", head)
            else sub(/[*]$/, "##c.", head)
            text = head tail
        }
        if (text ~ /i\.[A-Za-z_0-9]+\|/) say("xi with | is for you to rewrite")
    }
    while (match(text, /_I[A-Za-z]+_([0-9]+|[*])/)) {
        head = substr(text, RSTART + 2, RLENGTH - 2)
        tail = head
        sub(/_.*/, "", head)
        sub(/.*_/, "", tail)
        text = substr(text, 1, RSTART - 1) (tail == "*" ? "i" : tail) "." head substr(text, RSTART + RLENGTH)
    }
    return text
}

# A text with a word in the place of another; what it is a part of stays.
function renamed(text, from_, to,    out, at) {
    while ((at = index(text, from_)) > 0) {
        out = out substr(text, 1, at - 1)
        text = substr(text, at + length(from_))
        if (out ~ /[A-Za-z0-9_.]$/ || (from_ !~ /[()]$/ && text ~ /^[A-Za-z0-9_]/)) out = out from_
        else out = out to
    }
    return out text
}

# --- Syntax ------------------------------------------------------------------------------------------------------------------------

# The place of the comma before the options: outside of quotes and parentheses; 0 if there is none.
function comma(text,    i, c, depth, quoted) {
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "\"") quoted = !quoted
        else if (quoted) continue
        else if (c == "(" || c == "[") depth++
        else if (c == ")" || c == "]") depth--
        else if (c == "," && depth == 0) return i
    }
    return 0
}

# Takes the first option: its `name`, the `value` in its parentheses, the `whole` of it, and what is `left`.
function take(options,    i, c, depth, quoted) {
    match(options, /^[A-Za-z_0-9.]+/)
    name = substr(options, 1, RLENGTH)
    i = RLENGTH + 1
    if (substr(options, i, 1) == "(") {
        do {
            c = substr(options, i, 1)
            if (c == "\"") quoted = !quoted
            if (!quoted && c == "(") depth++
            if (!quoted && c == ")") depth--
            i++
        } while (depth > 0 && i <= length(options))
    } else if (RLENGTH < 1) {
        i = length(options) + 1
        say("an option cannot be read: " options)
    }
    whole = substr(options, 1, i - 1)
    value = trimmed(substr(whole, length(name) + 2, length(whole) - length(name) - 2))
    left = trimmed(substr(options, i))
}

# A line that has become long goes on below, before an option.
function wrapped(indent, text,    at, i, depth, c) {
    gsub(/\n/, "\n" indent, text)
    if (length(text) <= 100) return text
    for (i = 1; i <= 96 && i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "(" || c == "\"" && !depth) depth++
        else if (c == ")" || c == "\"") depth--
        if (c == " " && depth == 0) at = i
    }
    if (!at) return text
    return substr(text, 1, at - 1) " ///\n" indent "    " trimmed(substr(text, at + 1))
}

function trimmed(text) {
    sub(/^[ \t]+/, "", text)
    sub(/[ \t]+$/, "", text)
    return text
}
