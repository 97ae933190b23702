* Standard errors of the Gini coefficient. Written for Stata 12, whose random numbers must come again.
version 12
use "$work/sample.dta", clear

capture program drop gini
program define gini, rclass
    version 12
    syntax varname
    quietly {
        sort `varlist'
        tempvar rank
        generate double `rank' = _n / _N
        correlate `varlist' `rank', covariance
        local cov = r(cov_12)
        summarize `varlist', meanonly
    }
    return scalar g = 2 * `cov' / r(mean)
end

set seed 98034
bootstrap g = r(g), reps(1000) saving("$work/gini.dta", replace): gini wage
estat bootstrap, percentile
