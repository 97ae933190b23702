* Table 2: wages, by region and sex
version 14
use "$work/sample.dta", clear

xi: regress lwage age age2 i.sex i.region, vce(cluster fid)
test _Iregion_2 _Iregion_3 _Iregion_4
estimates store base

xi: regress lwage age age2 i.sex*i.region, vce(cluster fid)
estimates store interacted

* tenure pays differently by education
xi: regress lwage age age2 i.sex i.region ///
    i.edu*tenure ///
    if hours >= 15, vce(cluster fid)
testparm _Iedu_*
lincom _Iedu_3 - _Iedu_2
estimates store tenure
estimates table base interacted tenure, b(%7.4f) se stats(N r2)
