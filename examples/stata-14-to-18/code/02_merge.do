/* Spells of work with what is known of the person and of the firm.
   A person has many spells, a firm too. */
version 14
use "$work/spells.dta", clear

sort pid
merge pid using "$work/persons.dta", uniqusing nokeep
tabulate _merge
drop _merge

sort fid
merge fid using "$work/firms.dta", uniqusing keep(industry size region) _merge(in_firms)
tabulate in_firms // firms without a spell have 2
keep if in_firms == 3

sort pid start
merge pid start using "$work/training.dta", unique nokeep nolabel
generate byte trained = _merge == 3
drop _merge
save "$work/panel.dta", replace
