* Read what the labour office sends: persons, firms and spells
version 14

insheet using "$raw/persons.csv", comma names clear
label variable pid "Person"
label variable born "Year of birth"
compress
save "$work/persons.dta", replace

insheet using "$raw/firms 2015.txt", tab names case clear
rename FirmID fid
rename NACE industry
save "$work/firms.dta", replace

insheet pid fid start stop wage using "$raw/spells.raw", ///
    delimiter(";") nonames double clear
format start stop %td
save "$work/spells.dta", replace
