* Table 3: who is trained, and what it brings
version 14
use "$work/sample.dta", clear

xi: logit trained age age2 i.sex i.edu i.region, vce(robust)
margins, dydx(age)
predict double p, pr

generate z = invnorm(p)
generate double lambda = normden(z) / norm(z)
xi: qui regress lwage trained lambda age age2 i.sex i.edu
display "effect of training: " %6.4f _b[trained]

program define placebo, rclass
    version 14
    syntax varname
    tempvar fake
    generate byte `fake' = uniform() < .2
    quietly regress `varlist' `fake'
    return scalar b = _b[`fake']
end
simulate b = r(b), reps(500) seed(407) nodots: placebo lwage
