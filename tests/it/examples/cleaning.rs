//! `cleaning-pipeline`: data that git ignores, cleaned beside it, with codebooks as commits.

use super::Example;

fn example() -> Example {
    let surveys = Example::new("cleaning-pipeline");
    surveys.by_hand("sh tools/make-data.sh", 0);
    surveys
}

#[test]
fn codebooks_land_as_one_and_cleaned_data_is_kept_beside_git() {
    let surveys = example();
    let raw = surveys.by_hand("cat data/raw/* | cksum", 0);
    surveys.ok("takeback batch --name clean");
    assert_eq!((surveys.state("clean"), surveys.numbers("clean", "ready").len()), ("sampled".into(), 2));
    assert!(surveys.ok("takeback diff clean.1").contains("+Rows: 40 raw = 33 clean + 7 dropped"));
    surveys.ok("takeback continue");
    assert_eq!(surveys.numbers("clean", "ready").len(), 12);
    let before = surveys.lab.picture();
    surveys.ok("takeback land clean");
    let landed = surveys.changed("HEAD");
    assert_eq!(landed.len(), 12, "{landed:?}");
    assert!(landed.iter().all(|path| path.starts_with("codebooks/")), "{landed:?}");
    assert!(surveys.lab.read("codebooks/cg-2020.md").starts_with("# cg-2020: Congo, Republic of\n"));
    surveys.ok("takeback outputs clean.1");
    surveys.ok("takeback outputs clean.1 --to");
    let clean = surveys.lab.read("out/al-2018/data/clean/al-2018.csv");
    assert!(
        clean.starts_with("hhid,interview,region,size,income,food,weight\n18007,2018-03-22,Vlorë,6,341.29,733.29,2.92\n"),
        "{clean}"
    );
    surveys.by_hand("rm -r out", 0);
    assert_eq!(surveys.by_hand("cat data/raw/* | cksum", 0), raw);
    assert_eq!(surveys.lab.git(["status", "--porcelain"]), "");
    surveys.ok("takeback undo");
    assert_eq!(surveys.lab.picture(), before);
    surveys.ok("takeback land clean");
    surveys.ok("takeback revert clean.3");
    assert_eq!(surveys.changed("HEAD"), ["codebooks/bo-2019.md"]);
}

#[test]
fn a_raw_file_that_is_not_as_it_came_fails_its_task_alone_until_it_is_put_right() {
    let surveys = example();
    let late = surveys.readme.lines().find(|l| l.starts_with("echo ")).unwrap();
    surveys.by_hand(late, 0);
    surveys.no("takeback batch --name late");
    assert_eq!((surveys.numbers("late", "failed"), surveys.numbers("late", "ready").len()), (vec![12], 11));
    assert!(surveys.ok("takeback logs late.12").contains("vn-2020.csv is not as it came"));
    surveys.by_hand("sh tools/make-data.sh", 0);
    surveys.ok("takeback retry late --failed");
    surveys.ok("takeback wait late.12");
    assert_eq!(surveys.numbers("late", "ready").len(), 12);
}

#[test]
fn dates_that_are_read_in_the_wrong_order_are_found() {
    let surveys = example();
    for (id, code) in [("gh-2018", 1), ("us-2019", 0)] {
        let words = format!("{id} data/raw/{id}.csv Somewhere");
        surveys.by_hand(&format!("sh tools/clean.sh {words} mdy"), 0);
        let right = if code == 0 { "mdy" } else { "dmy" };
        let answer = surveys.by_hand(&format!("sh tools/check.sh {words} {right}"), code);
        assert_eq!(answer.contains("cleaning it again gives another codebook"), code == 1, "{answer}");
    }
}

#[test]
fn the_checks_say_no_to_rows_that_are_not_accounted_for_and_data_that_is_not_clean() {
    let surveys = example();
    let words = "al-2021 data/raw/al-2021.csv Albania dmy";
    surveys.by_hand(&format!("sh tools/clean.sh {words}"), 0);
    for (check, file, from, to, complaint) in [
        ("check.sh --book-only", "codebooks/al-2021.md", "25 clean", "26 clean", "32 raw rows are not 26 clean and 7 dropped ones"),
        (
            "check.sh --book-only",
            "codebooks/al-2021.md",
            "| 9 | no such date: 31.04.2021 |\n",
            "",
            "7 rows were dropped, 6 are listed",
        ),
        (
            "check.sh --book-only",
            "codebooks/al-2021.md",
            "| 17 | same as line 14",
            "| 16 | same as line 14",
            "line 16 is not the same as line 14",
        ),
        ("check.sh --book-only", "codebooks/al-2021.md", "cksum 1", "cksum 2", "about another raw file"),
        ("check.sh", "codebooks/al-2021.md", "| region |", "| place |", "cleaning it again gives another codebook"),
        ("check-clean.sh", "data/clean/al-2021.csv", ",5,,473.91", ",5,-99,473.91", "a missing code is left"),
        ("check-clean.sh", "data/clean/al-2021.csv", "2021-04-01", "01.04.2021", "no ISO date: 01.04.2021"),
        ("check-clean.sh", "data/clean/al-2021.csv", "473.91", "\"473,91\"", "no number: text"),
        ("check-clean.sh", "data/clean/al-2021.csv", "\n", "\r\n", "the line ends of another system"),
        ("check-clean.sh", "data/clean/al-2021.csv", "21007,", ",", "no household"),
    ] {
        let good = surveys.lab.read(file);
        assert!(good.contains(from), "{from} in {good}");
        surveys.lab.write(file, good.replacen(from, to, 1));
        let of = if check == "check-clean.sh" { "al-2021" } else { words };
        let answer = surveys.by_hand(&format!("sh tools/{check} {of}"), 1);
        assert!(answer.contains(complaint), "{from} as {to}: {answer}");
        surveys.lab.write(file, good);
    }
    surveys.by_hand(&format!("sh tools/check.sh {words} && sh tools/check-clean.sh al-2021"), 0);
}

#[test]
fn the_final_check_says_no_while_a_codebook_is_missing_or_is_about_nothing() {
    let surveys = example();
    assert!(surveys.by_hand("sh tools/check-all.sh", 1).contains("no: vn-2020 has no codebook"));
    surveys.by_hand("for id in $(sed '1d; s/,.*//' inputs.csv) xx-1999; do mkdir -p codebooks; echo x > codebooks/$id.md; done", 0);
    assert_eq!(surveys.by_hand("sh tools/check-all.sh", 1), "no: codebooks/xx-1999.md is about no data set of inputs.csv\n");
}
