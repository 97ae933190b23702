# Compares two lists of figures.awk: the first file before, the second after. Says what differs, and exits with 1 if anything does.

BEGIN { FS = "\t" }

FNR == 1 { files++ }
{
    n = ++count[files]
    what[files, n] = $1 " " $3
    cell[files, n] = $2
    row[files, n] = $4
    seen[files, $1 " " $3]++
}

END {
    if (count[1] + 0 == 0) no("no number and no word was found before: nothing can be compared")
    if (count[1] == count[2]) one_by_one()
    else as_a_whole()
    exit bad > 0
}

function one_by_one(    n) {
    for (n = 1; n <= count[1]; n++) {
        if (what[1, n] != what[2, n]) no("row " row[1, n] ", cell " cell[1, n] ": " what[1, n] " became " what[2, n])
        else if (cell[1, n] != cell[2, n]) no("row " row[1, n] ": " what[1, n] " went from cell " cell[1, n] " to cell " cell[2, n])
    }
}

function as_a_whole(    n, key) {
    for (n = 1; n <= count[1]; n++) {
        key = what[1, n]
        if (++had[key] > seen[2, key]) no("row " row[1, n] ", cell " cell[1, n] ": " key " is missing")
    }
    for (n = 1; n <= count[2]; n++) {
        key = what[2, n]
        if (++has[key] > seen[1, key]) no("row " row[2, n] ", cell " cell[2, n] ": " key " was not there")
    }
}

function no(text) {
    bad++
    if (bad <= 10) print "no: " name ": " text
    if (bad == 11) print "no: " name ": and more"
}
