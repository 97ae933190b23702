* Weights to the census: five draws of the order of adjustment
version 14
set more off
use "$work/sample.dta", clear
merge region sex using "$work/census.dta", uniqusing sort nokeep
assert _merge == 3
drop _merge

bysort region sex: generate double w = persons / _N
table region sex [pw=w], c(freq) row col
table region [aw=w], c(mean lwage p10 lwage p90 lwage sum trained)

set matsize 400
forvalues i = 1/5 {
    generate double order`i' = uniform()
}
save "$work/weighted.dta", replace
