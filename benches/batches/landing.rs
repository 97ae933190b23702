//! Part b: many results are joined and landed, with takeback and with git in turn.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use takeback::engine::{Engine, LandWish};

use crate::common::figures::{Pair, median, ms, raw, row, verdict};
use crate::common::repository::{Lab, done, settle};
use crate::program::timed;
use crate::{Plan, tasks};

/// How many merges one by one make a sample.
const MERGES: u32 = 10;

/// The whole landing may take so many times what git's joining takes.
const MOST: f64 = 3.0;

/// The results in a clone, where git has them in one pack and no refs of ours are.
struct Clone<'a> {
    lab: &'a Lab,
    base: String,
    results: Vec<String>,
    /// The tree after each result, as the landing of all has them.
    trees: Vec<String>,
}

#[derive(Default)]
struct Samples {
    /// The joined tree, by `git merge-tree` and by ours.
    trees: Pair,
    whole: Vec<Duration>,
    /// For all, scaled from a sample.
    one_by_one: Vec<Duration>,
    undo: Vec<Duration>,
}

/// Measures, and says what came of it. A batch that was carried out already in a repository of that size serves.
pub(crate) fn section(plan: &Plan, carried_out: Option<Lab>) -> String {
    let lab = carried_out.filter(|lab| lab.files == plan.files).unwrap_or_else(|| {
        eprintln!("{} results on {} files", plan.tasks, plan.files);
        let lab = Lab::new(&plan.dir, plan.files);
        tasks::carry_out(&lab, plan.tasks);
        lab
    });
    let git = Clone::of(&lab, plan.tasks);
    lab.put_back();
    let mut samples = Samples::default();
    for round in 1..=plan.rounds {
        eprintln!("landing {} results, round {round} of {}", plan.tasks, plan.rounds);
        samples.round(&lab, &git);
    }
    samples.section(plan)
}

impl Samples {
    /// Takes each sample once; nothing of the landing is left in the end.
    fn round(&mut self, lab: &Lab, git: &Clone<'_>) {
        self.trees.by_hand.push(git.join_all());
        settle();
        let (took, tree) = join_all(lab);
        self.trees.takeback.push(took);
        assert_eq!(Some(&tree), git.trees.last(), "two ways to one tree");
        settle();
        self.whole.push(timed(|| done(&mut lab.takeback(&["land", "edit"]))).0);
        assert_eq!(lab.git(&["rev-parse", "main^{tree}"]).trim(), tree);
        assert_eq!(lab.git(&["status", "--porcelain", "--untracked-files=no"]), "");
        settle();
        self.undo.push(timed(|| done(&mut lab.takeback(&["undo", "--yes"]))).0);
        lab.put_back();
        settle();
        self.one_by_one.push(git.merge_some());
    }

    fn section(&self, plan: &Plan) -> String {
        let Self { trees, whole, one_by_one, undo } = self;
        let by_hand = |samples: &[Duration]| Pair { by_hand: samples.to_vec(), takeback: whole.clone() };
        let times = median(whole).as_secs_f64() / median(&trees.by_hand).as_secs_f64();
        let rows = [
            row("the joined tree, against `git merge-tree --stdin`", trees, 4.0, "4 times faster"),
            format!(
                "| the whole landing, against the same | {} | {} | {:.2} | at most {MOST} times its time | {} |",
                ms(median(&trees.by_hand)),
                ms(median(whole)),
                1.0 / times,
                verdict(times <= MOST)
            ),
            row("the whole landing, against `git merge` one by one", &by_hand(one_by_one), 100.0, "100 times faster"),
        ];
        format!(
            "## Landing {0} results on {1} files\n\nEach changes another file of the same base. Git works in a clone that has all in \
             one pack. Medians in milliseconds for all {0};\na ratio above 1 means that takeback is faster.\n\n\
             | | git | takeback | ratio | aim | |\n|---|---|---|---|---|---|\n{2}\n\n\
             - *`git merge-tree --stdin`*: one process joins one result after the other to the tree that came out before, `BASE -- TREE \
             RESULT` a line.\n  It writes the trees, and syncs nothing.\n\
             - *The joined tree*: the part of `takeback land` that does this, timed in the benchmark's own process. It writes a draft of \
             each task's commit, too.\n  The results' records are read before.\n\
             - *The whole landing*: `takeback land BATCH`, from its start to its end: records, commits, journal, branch, files and index, \
             synced.\n\
             - *`git merge` one by one*: `git merge --no-edit RESULT`, a sample of {MERGES}, scaled; the files and the index are \
             written each time.\n\n\
             Raw samples:\n\n{3}\n",
            plan.tasks,
            plan.files,
            rows.join("\n"),
            [
                raw("`git merge-tree --stdin`", &trees.by_hand),
                raw("the joined tree", &trees.takeback),
                raw("the whole landing", whole),
                raw("`git merge` one by one, scaled", one_by_one),
                raw("`takeback undo` of it, for information", undo),
            ]
            .join("\n")
        )
    }
}

/// The part of a landing that joins the results, and the tree.
fn join_all(lab: &Lab) -> (Duration, String) {
    let engine = Engine::open(&lab.work()).unwrap();
    let joining = engine.joining(&LandWish { ids: vec!["edit".to_owned()], ..LandWish::default() }).unwrap();
    let (took, tree) = timed(|| joining.tree().unwrap());
    (took, tree.expect("nothing is in the way").to_string())
}

impl Lab {
    /// Keeps the repository as it is, beside the checkout.
    fn keep(&self) {
        done(self.command("cp").args(["-a", ".git", "../kept.git"]));
    }

    /// Makes the repository what it was, so that no round finds objects of another; the files are as they were.
    fn put_back(&self) {
        fs::remove_dir_all(self.work().join(".git")).unwrap();
        done(self.command("cp").args(["-a", "../kept.git", ".git"]));
        assert_eq!(self.git(&["status", "--porcelain"]), "");
    }
}

impl<'a> Clone<'a> {
    /// Makes the clone, and lands all once.
    fn of(lab: &'a Lab, tasks: u32) -> Self {
        lab.keep();
        lab.git(&["clone", "-q", "--no-local", ".", "../clone"]);
        let names = (1..=tasks).map(|n| format!("refs/remotes/origin/takeback/edit.{n}")).collect::<Vec<_>>();
        let mut clone = Self { lab, base: String::new(), results: vec![], trees: vec![] };
        for (key, value) in [("user.name", "Bench"), ("user.email", "bench@example.org"), ("gc.auto", "0")] {
            done(clone.git().args(["config", key, value]));
        }
        done(clone.git().args(["rev-parse", "HEAD"])).trim().clone_into(&mut clone.base);
        clone.results = lines(&done(clone.git().arg("rev-parse").args(&names)));
        done(&mut lab.takeback(&["land", "edit"]));
        clone.trees = lines(&lab.git(&["log", "--reverse", "--format=%T", "main^2", &format!("^{}", clone.base)]));
        done(&mut lab.takeback(&["undo", "--yes"]));
        assert_eq!((clone.results.len(), clone.trees.len()), (names.len(), names.len()));
        clone
    }

    fn dir(&self) -> PathBuf {
        self.lab.work().join("../clone")
    }

    fn git(&self) -> Command {
        let mut git = self.lab.command("git");
        git.current_dir(self.dir());
        git
    }

    /// Joins all results by one `git merge-tree`. What tree comes out of each line is known, so all are given at once. Its trees go to
    /// a folder that is gone afterwards.
    fn join_all(&self) -> Duration {
        let folder = tempfile::tempdir_in(self.dir()).unwrap();
        let before = [&self.base].into_iter().chain(&self.trees);
        let pairs: Vec<_> = before.zip(&self.results).map(|(tree, result)| format!("{} -- {tree} {result}\n", self.base)).collect();
        fs::write(folder.path().join("pairs"), pairs.concat()).unwrap();
        let mut git = self.git();
        git.args(["merge-tree", "--write-tree", "--stdin"]).stdin(File::open(folder.path().join("pairs")).unwrap());
        git.env("GIT_OBJECT_DIRECTORY", folder.path());
        git.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", self.dir().canonicalize().unwrap().join(".git/objects"));
        settle();
        let (took, said) = timed(|| done(&mut git));
        // A line is answered by 1, where nothing is in the way, the tree, and nothing more, each with a NUL behind it.
        let expected = self.trees.iter().map(|tree| format!("1\0{tree}\0\0")).collect::<Vec<_>>().concat();
        assert_eq!(said, expected, "git joins them to the same trees");
        took
    }

    /// Merges some results one by one; the time for all.
    fn merge_some(&self) -> Duration {
        let some = &self.results[..MERGES as usize];
        let (took, ()) = timed(|| {
            for result in some {
                done(self.git().args(["merge", "-q", "--no-edit", "--no-ff", result]));
            }
        });
        done(self.git().args(["reset", "-q", "--hard", &self.base]));
        took / MERGES * u32::try_from(self.results.len()).unwrap()
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(ToOwned::to_owned).collect()
}
