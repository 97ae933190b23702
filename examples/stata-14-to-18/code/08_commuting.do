* Table 4: how people go to work; four rows a person, one for each way
version 14.2
use "$work/modes.dta", clear

asclogit chosen cost minutes, case(pid) alternatives(mode) ///
    casevars(age sex) basealternative(car) vce(cluster hid)
estimates store commuting

asclogit chosen cost minutes if !retired, case(pid) alternatives(mode) noconstant
estimates store short
estimates table commuting short, b(%7.3f) se
