* What goes to the journal and to the statistical office
version 14
use "$work/sample.dta", clear

outsheet pid region edu lwage trained using "$tables/replication.csv" if lwage < ., comma nolabel replace
outsheet region sex lwage using "$tables/regions.txt", noquote replace

contract region sex edu, freq(persons)
outsheet using "$tables/cells.csv", delimiter(";") nonames noquote replace
