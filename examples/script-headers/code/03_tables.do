version 17
clear all
import delimited "data/clean.csv", varnames(1)

* mean income by region and wave
table region wave, statistic(mean income) nformat(%9.0f)
collect export "tables/income.tex", replace

/* age is measured at wave 1 only
   for those who joined late */
regress income age if wave == 1
estimates save "tables/model.ster", replace
