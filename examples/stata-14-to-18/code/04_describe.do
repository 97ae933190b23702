* Table 1: who is in the sample
version 14
use "$work/sample.dta", clear

table region, contents(freq mean wage sd wage) format(%9.2f)
table region sex, c(mean lwage n lwage) row col format(%6.3f)
table industry sex, by(region) c(median wage)
table edu

ci wage hours
ci trained, binomial wilson
bysort sex: ci lwage, level(90)
cii 166 84
quietly ci injuries, poisson exposure(hours)
tabstat wage hours tenure, by(region) statistics(mean sd p50)
