//! Every fault point is passed by a scenario.

use std::collections::BTreeSet;

use super::stage::Passing;
use super::sweep::Scenario;
use super::{batches, decisions, handing_off, hooks};

/// The names in the list of `src/sys/fault.rs`.
fn all() -> BTreeSet<String> {
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/sys/fault.rs")).unwrap();
    let list = source.split_once("\npoints! {").unwrap().1.split_once("\n}").unwrap().0;
    let names = list.lines().filter_map(|line| Some(line.trim().strip_suffix("\";")?.split_once("= \"")?.1.to_owned()));
    names.collect()
}

#[test]
fn every_fault_point_is_passed_by_a_scenario() {
    let scenarios: &[&Scenario] = &[
        &handing_off::RUN_IN_A_USED_SLOT,
        &handing_off::RUN_WITH_A_CHECK,
        &handing_off::RUN_WITH_BROUGHT_DATA,
        &handing_off::RUN_WITH_CHANGES,
        &handing_off::RETRY,
        &handing_off::RUN_WITH_RETRIES,
        &handing_off::RUN_WITH_TOO_MANY_SLOTS,
        &handing_off::CANCEL,
        &decisions::LAND,
        &decisions::DISCARD,
        &decisions::UNDO_LAND,
        &decisions::TORN,
        &hooks::INSTALL,
    ];
    let of_tasks = scenarios.iter().flat_map(|scenario| scenario.rehearse().2);
    let of_batches = batches::HAND_OFF.rehearse().1;
    let passed: BTreeSet<String> = of_tasks.chain(of_batches).map(|p: Passing| p.point().to_owned()).collect();
    let all = all();
    assert!(all.len() > 20, "{all:?}");
    let missed: Vec<_> = all.difference(&passed).collect();
    assert!(missed.is_empty(), "no scenario passes {missed:?}");
}
