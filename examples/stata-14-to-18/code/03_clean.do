* Missing codes, outliers, and a sample that is one spell a person
version 14
use "$work/panel.dta", clear

for var wage hours tenure: replace X = . if X == -99 | X == -98
for varlist wage hours: winsor2 X, cuts(1 99) replace

generate double lwage = ln(wage)
generate age = year(start) - born
generate age2 = age^2 / 100
keep if inrange(age, 18, 64) & !missing(lwage)

* one spell a person, by chance
set seed 20150407
generate double u = uniform()
bysort pid (u): keep if _n == 1
drop u
save "$work/sample.dta", replace
saveold "$work/sample_for_r.dta", version(12) replace
