* Figures 1 and 2
version 14
use "$work/sample.dta", clear

twoway (kdensity lwage if sex == 1) (kdensity lwage if sex == 2, lpattern(dash)), ///
    legend(order(1 "Men" 2 "Women")) xtitle("Log wage") ytitle("Density")
graph export "$figures/wages.pdf", replace

collapse (mean) lwage, by(region start)
twoway connected lwage start, by(region, note("")) ///
    ytitle("Mean log wage") // one panel a region
graph export "$figures/regions.pdf", replace
