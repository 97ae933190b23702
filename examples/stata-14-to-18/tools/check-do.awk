# Compares a do-file before (the first file) with the one after. Says what is wrong, and exits with 1 if anything is.
#
# A command in an old form must be gone. Every other command must still be there, as it was and in its order. What stands in place of the old
# ones must speak of the same variables, numbers, files and labels, as often: a command may get another form, not another meaning.
# It shares no line with upgrade.awk.

FNR == 1 { flush(); files++; in_block = 0 }
{
    held = held (held == "" ? "" : "\n") $0
    if ($0 ~ /^[ \t]*\/\*/) in_block = 1
    if (in_block) { if ($0 ~ /\*\//) { in_block = 0; flush() } next }
    if ($0 ~ /[ \t]\/\/\//) next
    flush()
}

END {
    flush()
    vocabulary()
    version()
    defaults()
    for (n = 1; n <= count[2]; n++) if (is_old(command[2, n])) no("still there: " shown(command[2, n]))
    at = 1
    for (n = 1; n <= count[1]; n++) {
        if (is_old(command[1, n]) || command[1, n] ~ /^[ \t]*$/) { say(1, command[1, n]); continue }
        to = at
        while (to <= count[2] && command[2, to] != command[1, n]) to++
        if (to > count[2]) { no("missing or changed: " shown(command[1, n])); continue }
        while (at < to) say(2, command[2, at++])
        at++
        settle()
    }
    while (at <= count[2]) say(2, command[2, at++])
    settle()
    exit bad > 0
}

# Between two commands that are as they were, the same must be said before and after.
function settle(    key) {
    for (key in said) if (said[key] != 0) no((said[key] > 0 ? "no longer said: " : "new: ") key (at > 1 ? ", before: " shown(command[2, at - 1]) : ""))
    split("", said)
}

function flush() {
    if (held == "") return
    command[files, ++count[files]] = held
    held = ""
}

function no(text) { bad++; if (bad <= 10) print "no: " name ": " text }
function shown(text) { gsub(/[ \t]*\/\/\/[ \t]*\n[ \t]*/, " ", text); sub(/^[ \t]+/, "", text); return text }

# The first command must be `version 18`, no other version may stand further down, and each { has its }.
function version(    n, text, seen, open) {
    for (n = 1; n <= count[2]; n++) {
        text = bare(command[2, n])
        if (text == "") continue
        if (!seen && text != "version 18") no("its first command is not version 18")
        seen = 1
        if (text ~ /^version[ \t]/ && text != "version 18") no("another version: " text)
        open += gsub(/[{]/, "", text) - gsub(/[}]/, "", text)
    }
    if (open) no("a brace without its other half")
}

# Where a default has changed since, the do-file must ask for the old one.
function defaults(    n, text, from, seeds, graphs, asked) {
    for (n = count[1]; n > 0; n--) {
        text = bare(command[1, n])
        if (text ~ /^version[ \t]/) from = substr(text, 9) + 0
        if (text ~ /^set[ \t]+seed/) seeds = 1
        if (text ~ /^(tw|twoway|graph|histogram|scatter|line|kdensity|marginsplot)([ \t]|$)/) graphs = 1
    }
    for (n = 1; n <= count[2]; n++) asked = asked bare(command[2, n]) "\n"
    if (from < 14 && seeds && asked !~ /set rng kiss32\n(.*\n)?set seed/) no("set seed without set rng kiss32 before it: other draws than before")
    if (from < 18 && graphs && asked !~ /set scheme/) no("graphs without set scheme: another look than before")
}

# A command without comments, in one line, behind its prefixes.
function bare(text) {
    if (text ~ /^[ \t]*([*]|\/\/|\/\*)/) return ""
    text = shown(text)
    sub(/(^|[ \t])\/\/.*$/, "", text)
    while (sub(/^(qui[a-z]*|cap[a-z]*|noi[a-z]*)[ \t]+/, "", text) || sub(/^by(s|so|sor|sort)?[ \t][^:]*:[ \t]*/, "", text)) continue
    sub(/[ \t]+$/, "", text)
    return text
}

function is_old(text,    verb) {
    text = bare(text)
    gsub(/"[^"]*"/, "\"\"", text)
    verb = text
    sub(/[^A-Za-z_0-9].*/, "", verb)
    if (verb == "version") return text != "version 18"
    if (verb == "set") return text ~ /^set[ \t]+(mem|mat)/
    if (verb == "merge") return text !~ /^merge[ \t]+(1|m):(1|m)[ \t]/
    if (verb == "ci" || verb == "cii") return text !~ /^cii?[ \t]+(mean|prop|var)/
    if (verb == "table") return text !~ /[ ,](statistic\(|nototals|command\()/
    if (verb == "for") return text ~ /:/
    if (verb ~ /^(insheet|outsheet|xi|asclogit|asmprobit|asroprobit)$/) return 1
    return text ~ /(^|[^A-Za-z0-9_])(uniform\(\)|norm\(|invnorm\(|normden\(|_I[A-Za-z]+_)/
}

# --- What a command says -----------------------------------------------------------------------------------------------------------

# The words of the forms themselves, old and new; they say nothing. And functions that have another name now.
function vocabulary(    words, n, i) {
    n = split("merge unique uniqusing uniqmaster nokeep keep keepusing master match generate sort xi i c table contents statistic freq frequency row col nototals by format nformat ci cii means proportions binomial insheet outsheet import export delimited comma tab names nonames noname delimiter delimiters varnames novarnames noquote quote case preserve double asdouble asclogit cmset cmclogit alternatives for foreach of var varlist X", words, " ")
    for (i = 1; i <= n; i++) mute[words[i]] = 1
    split("uniform runiform norm normal invnorm invnormal normden normalden sum total n count med median", words, " ")
    for (i = 1; i <= 13; i += 2) now[words[i]] = words[i + 1]
}

function say(file, text,    word, way) {
    way = file == 1 ? 1 : -1
    if (bare(text) ~ /^version/) said["a version"] += way
    if (bare(text) ~ /^(version|set[ \t]+(mem|mat))/) return
    text = shown(text)
    if (file == 2 && text ~ /^set (rng kiss32|scheme s2color)( \/\/.*)?$/) return
    is_table = bare(text) ~ /^table[ \t]/
    meaning(bare(text), way)
    gsub(/1:1|1:m|m:1|varnames\(1\)|delimiters?\("[^"]*"\)|cmset|_I/, " ", text)
    while (text != "") {
        if (match(text, /^"[^"]*"/) || match(text, /^[0-9]+([.][0-9]+)?/)) word = substr(text, 1, RLENGTH)
        else if (match(text, /^[A-Za-z]+/)) word = substr(text, 1, RLENGTH)
        else { text = substr(text, 2); continue }
        text = substr(text, RLENGTH + 1)
        if (word in now && (is_table || word !~ /^(sum|n|med)$/)) word = now[word]
        if (!(word in mute)) said[word] += way
    }
}

# What the words of the forms say, under one name for old and new.
function meaning(text, way) {
    if (is_table && (way > 0 ? text !~ /[ ,](row|col)([ ,]|$)/ : text ~ /nototals/)) said["a table without totals"] += way
    if (text ~ /^ci/) said["confidence intervals of " (text ~ /prop|[ ,]bin/ || text ~ /^cii [^ ]+ [^ ]+$/ ? "proportions" : "means")] += way
    if (text ~ /^merge/) {
        if (text ~ /m:1|uniqus/) said["merge m:1"] += way
        else if (text ~ /1:m|uniqm/) said["merge 1:m"] += way
        else said["merge 1:1"] += way
        if (text ~ /[ ,]nok|[ ,]keep\(master match\)/) said["merge that drops what is in the other file alone"] += way
    }
    said["interaction with main effects"] += way * (text ~ /^xi/ ? gsub(/i\.[A-Za-z_]+[*]/, "", text) : gsub(/##/, "", text))
}
