//! `journal-tables`: twenty tables to a journal's style, every number compared.

use super::Example;

fn example() -> Example {
    Example::new("journal-tables")
}

#[test]
fn twenty_tables_are_tried_on_three_landed_as_one_and_taken_back_whole_or_in_part() {
    let tables = example();
    tables.ok("takeback batch --name tables");
    assert_eq!((tables.state("tables"), tables.numbers("tables", "ready").len()), ("sampled".into(), 3));
    assert!(tables.ok("takeback diff tables.1").contains("+\\toprule"));
    tables.ok("takeback continue");
    assert_eq!(tables.numbers("tables", "ready").len(), 20);
    let before = tables.lab.picture();
    tables.ok("takeback land tables");
    assert_eq!(tables.changed("HEAD").len(), 20);
    assert!(tables.lab.read("tables/04-learning.tex").contains("Meals & 0.142$^{***}$ & 0.087$^{*}$ & 0.118$^{**}$ \\\\"));
    assert!(tables.by_hand("sh tools/check-paper.sh", 0).contains("20 tables in the style"));
    assert_eq!(tables.by_hand("sh tools/restyle.sh tables/*.tex | grep -c '^as it was'", 0), "20\n");
    assert_eq!(tables.lab.git(["status", "--porcelain"]), "");
    tables.ok("takeback undo");
    assert_eq!(tables.lab.picture(), before);
    tables.ok("takeback land tables");
    tables.ok("takeback revert tables.7 tables.9");
    assert_eq!(tables.changed("HEAD"), ["tables/07-attrition.tex", "tables/09-instrument.tex"]);
    assert_eq!(tables.by_hand("sh tools/restyle.sh tables/*.tex | grep -c '^as it was'", 0), "18\n");
}

#[test]
fn a_worker_that_takes_thousands_for_decimals_fails_where_there_are_any() {
    let tables = example();
    tables.no("takeback batch --name hasty");
    assert_eq!(tables.numbers("hasty", "failed"), [5, 7, 17, 18, 20]);
    assert!(tables.ok("takeback logs hasty.5").contains("row 13, cell 2: number 32541 became number 32.541"));
    tables.ok("takeback land hasty --ready");
    assert_eq!(tables.changed("HEAD").len(), 15);
    tables.ok("takeback discard hasty --failed");
    assert_eq!(tables.numbers("hasty", "discarded").len(), 5);
}

#[test]
fn the_check_says_no_to_what_a_table_may_not_become() {
    let tables = example();
    tables.by_hand("sh tools/restyle.sh tables/*.tex", 0);
    for (table, from, to, complaint) in [
        ("03-attendance", "0.062", "0.026", "number 0.062*** became number 0.026***"),
        ("03-attendance", "0.062$^{***}$", "0.062$^{**}$", "number 0.062*** became number 0.062**"),
        ("03-attendance", " 66,814", " ", "number 66814 is missing"),
        ("02-balance", "216.90", "216.9", "number 216.90 became number 216.9"),
        ("02-balance", "$-$0.65", "0.65", "number -0.65 became number 0.65"),
        ("02-balance", "Girls & 0.489 & 0.485", "Girls & 0.485 & 0.489", "number 0.489 became number 0.485"),
        ("05-heterogeneity", "Pupils &", "Children &", "word Pupils became word Children"),
        ("06-event-study", "3 & 0.060", "3 & 0.060$^{*}$ & 0.061", "number 0.061*** was not there"),
        ("07-attrition", "& & & (0.011) \\\\", "& & (0.011) & \\\\", "number 0.011 went from cell 4 to cell 3"),
        ("01-descriptives", "\\midrule", "\\hline", "an old rule"),
        ("01-descriptives", "{lcccc}", "{l|cccc}", "a vertical rule"),
        ("01-descriptives", "0.731", ".731", "no digit before the decimal point"),
        ("12-costs", "1,204,310", "1\\,204\\,310", "thousands not set by a comma"),
        ("10-quantiles", "\\item \\emph{Notes:}", "\\item", "no \\emph{Notes:} before the notes"),
    ] {
        let path = format!("tables/{table}.tex");
        let good = tables.lab.read(&path);
        assert!(good.contains(from), "{from} in {good}");
        tables.lab.write(&path, good.replacen(from, to, 1));
        let answer = tables.by_hand(&format!("sh tools/check-table.sh {path}"), 1);
        assert!(answer.contains(complaint), "{from} as {to}: {answer}");
        tables.lab.write(&path, good);
    }
    tables.by_hand("sh tools/check-table.sh tables/*.tex", 0);
}

#[test]
fn the_final_check_says_no_to_what_no_table_alone_can_show() {
    let tables = example();
    tables.by_hand("sh tools/restyle.sh tables/*.tex", 0);
    for (spoil, complaint) in [
        ("sed '/input{tables.05/d' paper.tex", "includes tables/05-heterogeneity.tex 0 times"),
        ("sed 's/19-timeline/14-sample/' paper.tex", "includes tables/14-sample.tex 2 times"),
        ("sed 's/tab:iv/tab:nowhere/' paper.tex", "speaks of the table tab:nowhere"),
    ] {
        let answer = tables.by_hand(&format!("{spoil} > other.tex && sh tools/check-paper.sh other.tex"), 1);
        assert!(answer.contains(complaint), "{spoil}: {answer}");
    }
    let twice = tables.lab.read("tables/09-instrument.tex").replace("{tab:iv}", "{tab:event}");
    tables.lab.write("tables/09-instrument.tex", twice);
    assert!(tables.by_hand("sh tools/check-paper.sh", 1).contains("the label tab:event is in two tables"));
}
