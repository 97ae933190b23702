//! What a batch would be: decided in full, with every error that can be found before anything runs.
//!
//! A batch that is asked for again is found by its name, or by what its tasks do. Of its inputs those that come to the same as before
//! stay, whatever their place in the list; those that failed are tried again; the others retire, and new ones get new tasks.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::inputs::{self, Inputs, Place};
use super::resume::{LOOKED_AT, NO_CHECK, UNCHECKED, check_answers};
use super::{BatchWish, Error, Sample, pattern, sample, tally};
use crate::exec::environment::Environment;
use crate::id::{CommitId, Name, Uid};
use crate::journal::{Book, Standing};
use crate::runner::{self, Ground, HandOff, RunWish, snapshot};
use crate::store::Site;
use crate::task::placeholder::Filling;
use crate::task::{Batch, Input, Policy, State, Template, Text};

/// A batch, decided and not handed off.
pub(crate) struct Plan {
    /// What will be written.
    pub(crate) batch: Batch,
    /// The first of its tasks, as if it were handed off alone.
    pub(crate) first: runner::HandOff,
    /// What its tasks will see, with placeholders.
    pub(crate) environment: Environment,
    /// The base's objects that are not in the repository yet.
    pub(crate) snapshot: Option<snapshot::Snapshot>,
    /// The tasks that may run, and why only these where that was not asked for; `None` where all may.
    pub(crate) sample: Option<SampleOf>,
    /// Tasks that are to be tried again.
    pub(crate) again: Vec<Standing>,
    /// It was not there before.
    pub(crate) is_new: bool,
    /// What its tasks do was otherwise before.
    pub(crate) is_changed: bool,
    /// Tasks that wait for their turn then, and may have it.
    pub(crate) waiting: usize,
    /// What the user should know of the batch, a line each.
    pub(crate) lines: Vec<String>,
}

/// The tasks of a sample, and why there is one where nobody asked for it.
pub(crate) type SampleOf = (Vec<Uid>, Option<String>);

/// What a batch that is asked for again has already.
struct Earlier {
    batch: Batch,
    tasks: HashMap<usize, Standing>,
    sample: Option<HashSet<Uid>>,
    open: usize,
    is_running: bool,
}

/// What becomes of the inputs.
#[derive(Default)]
struct Sorted {
    /// The places of the inputs that are asked for, in the order asked.
    places: Vec<usize>,
    added: usize,
    retired: usize,
    again: Vec<Standing>,
}

/// Decides what would be handed off. `dir` is the caller's folder; `stdin` what was read there, where inputs come from it.
///
/// # Errors
///
/// [`Error`], by what cannot be had; nothing was changed.
pub(crate) fn plan(site: &Site, dir: &Path, wish: &BatchWish, stdin: &[u8]) -> Result<Plan, Error> {
    check_answers(&wish.accept)?;
    let book = Book::open(site)?;
    let earlier = match &wish.task.name {
        Some(name) => find_by_name(site, &book, name)?,
        None => None,
    };
    let mut task = wish.task.clone();
    if let Some(earlier) = earlier.as_ref().filter(|_| task.base.is_none() && !task.with_changes) {
        task.base = Some(earlier.batch.template().pattern.base.to_string());
    }
    task.interactive = false;
    let ground = Ground::find(site, dir, &task)?;
    let source = wish.source.as_ref().ok_or(Error::NoSource)?;
    let inputs = {
        let odb = ground.odb(site)?;
        let place = Place { odb: &odb, tree: ground.tree, cwd: &ground.cwd, dir, repo: &site.repo };
        inputs::read(&place, source, &mut &*stdin)?
    };
    let mut lines = inputs.notes.clone();
    lines.extend(pattern::complete(&mut task, &inputs)?);
    pattern::check_quotes(&task, &inputs)?;
    let filling = Filling { columns: &inputs.columns, values: &inputs.rows[0], number: 1 };
    let mut asked = pattern::filled(&task, &filling);
    if earlier.is_some() {
        asked.name = None;
    }
    let root = ground.root.clone();
    let mut first = runner::plan_on(site, ground, &asked)?;
    if let Some(earlier) = &earlier {
        let names = &earlier.batch.template().pattern;
        (first.spec.id, first.spec.branch) = (names.id.clone(), names.branch.clone());
        first.spec.uid = earlier.batch.uid.clone();
    }
    let template = pattern::template(&first.spec, &root, wish, &task, &inputs.columns);
    if earlier.is_none()
        && wish.task.name.is_none()
        && let Some(name) = find_alike(&book, &template, &task, &inputs)
    {
        let named = BatchWish { task: RunWish { name: Some(name.to_string()), ..wish.task.clone() }, ..wish.clone() };
        return plan(site, dir, &named, stdin);
    }
    let environment = {
        let mut environment = first.taken.environment.clone();
        pattern::unfill(&mut environment, &task);
        environment
    };
    Draft { site, wish, inputs, template, lines }.finish(earlier.as_ref(), first, environment)
}

fn find_by_name(site: &Site, book: &Book<'_>, name: &str) -> Result<Option<Earlier>, Error> {
    let Ok(name) = name.parse::<Name>() else { return Ok(None) };
    if book.fold.tasks().iter().any(|task| task.id == name) {
        return Err(Error::IsTask(name));
    }
    let Some(entry) = book.fold.batches().iter().find(|batch| batch.id == name) else { return Ok(None) };
    let standing = tally::standing(site, book, entry)?;
    let open = standing.sum.counts.queued + standing.sum.counts.running;
    let is_running = standing.sum.state == tally::State::Running;
    let mut batch = (*entry.plan).clone();
    // What a crash left behind what the journal has was never there.
    batch.inputs.truncate(entry.tasks as usize);
    for input in &mut batch.inputs {
        input.retired = input.retired.filter(|revision| *revision <= entry.revision);
    }
    batch.revision = entry.revision;
    let tasks = standing.tasks.into_iter().filter_map(|task| Some((task.entry.member?.input, task))).collect();
    Ok(Some(Earlier { batch, tasks, sample: entry.sample.clone(), open, is_running }))
}

/// The last batch whose tasks do the same to inputs of which at least one is the same.
fn find_alike(book: &Book<'_>, template: &Template, task: &RunWish, inputs: &Inputs) -> Option<Name> {
    let rows: HashSet<&Vec<Text>> = inputs.rows.iter().collect();
    let alike = |batch: &&crate::journal::BatchEntry| {
        let as_its = Template { env_digest: pattern::env_digest(&batch.uid, task), ..template.clone() };
        let shares = || batch.places().any(|place| rows.contains(&batch.plan.inputs[place].values));
        batch.plan.template().content() == as_its.content() && shares()
    };
    book.fold.batches().iter().rev().find(alike).map(|batch| batch.id.clone())
}

struct Draft<'a> {
    site: &'a Site,
    wish: &'a BatchWish,
    inputs: Inputs,
    template: Template,
    lines: Vec<String>,
}

impl Draft<'_> {
    fn finish(mut self, earlier: Option<&Earlier>, mut first: HandOff, environment: Environment) -> Result<Plan, Error> {
        let is_new = earlier.is_none();
        let old_sample = earlier.and_then(|earlier| earlier.sample.clone());
        let mut batch = self.skeleton(earlier, &first);
        let is_changed = self.take_template(&mut batch, is_new);
        let sorted = self.sort(&mut batch, earlier);
        self.refuse_twins(&batch, &sorted.places)?;
        if let Some(earlier) = earlier {
            self.say_what_changes(earlier, &sorted)?;
        }
        let sample = self.sample(&batch, &sorted, old_sample.filter(|_| is_changed))?;
        let may_run = |place: &&usize| sample.as_ref().is_none_or(|(tasks, _)| tasks.contains(&batch.inputs[**place].uid));
        let is_queued = |place: &&usize| {
            let known = earlier.and_then(|earlier| earlier.tasks.get(*place));
            known.is_none_or(|task| task.state == State::Queued || sorted.again.iter().any(|again| again.uid() == task.uid()))
        };
        let waiting = sorted.places.iter().filter(may_run).filter(is_queued).count();
        let snapshot = first.snapshot.take();
        let Sorted { again, .. } = sorted;
        Ok(Plan { batch, first, environment, snapshot, sample, again, is_new, is_changed, waiting, lines: self.lines })
    }

    fn skeleton(&self, earlier: Option<&Earlier>, first: &HandOff) -> Batch {
        let wish = self.wish;
        let processors = std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX));
        let policy = Policy {
            jobs: wish.jobs.unwrap_or(processors),
            halt: wish.halt,
            timeout_percent: wish.timeout_percent,
            final_checks: wish.final_checks.clone(),
            notify: first.spec.notify.clone(),
            spec: wish.spec.clone(),
            accept: wish.accept.clone(),
        };
        match earlier {
            Some(earlier) => Batch { policy, revision: earlier.batch.revision + 1, ..earlier.batch.clone() },
            None => Batch {
                uid: first.spec.uid.clone(),
                id: first.spec.id.clone(),
                revision: 1,
                policy,
                templates: vec![],
                inputs: vec![],
            },
        }
    }

    /// Gives the batch the template: in the last one's place where its tasks come to the same. Tells whether they do not.
    fn take_template(&self, batch: &mut Batch, is_new: bool) -> bool {
        let new = &self.template;
        match batch.templates.last_mut() {
            Some(last) if last.content() == new.content() && last.pattern.base == new.pattern.base => {
                *last = new.clone();
                false
            }
            _ => {
                batch.templates.push(new.clone());
                !is_new
            }
        }
    }

    fn sort(&self, batch: &mut Batch, earlier: Option<&Earlier>) -> Sorted {
        let mut sorted = Sorted::default();
        let mut known: HashMap<String, usize> = HashMap::new();
        let contents: Vec<String> = batch.templates.iter().map(Template::content).collect();
        let own = self.template.content();
        for (place, input) in batch.inputs.iter().enumerate().filter(|(_, input)| input.retired.is_none()) {
            let template = &batch.templates[input.template];
            if let Some(task) = earlier.and_then(|earlier| earlier.tasks.get(&place))
                && (template.pattern.base == self.template.pattern.base || self.stays_on(task, &input.values))
            {
                known.insert(content(&contents[input.template], template, &input.values), place);
            }
        }
        let newest = batch.templates.len() - 1;
        for row in &self.inputs.rows {
            let place = known.remove(&content(&own, &self.template, row)).unwrap_or_else(|| {
                sorted.added += 1;
                batch.inputs.push(Input::new(newest, row.clone()));
                batch.inputs.len() - 1
            });
            sorted.places.push(place);
            let task = earlier.and_then(|earlier| earlier.tasks.get(&place));
            sorted.again.extend(task.filter(|task| is_missing(task.state)).cloned());
        }
        let asked: HashSet<usize> = sorted.places.iter().copied().collect();
        for (place, input) in batch.inputs.iter_mut().enumerate() {
            if input.retired.is_none() && !asked.contains(&place) {
                input.retired = Some(batch.revision);
                sorted.retired += 1;
            }
        }
        sorted
    }

    /// Tells whether what a task did on another base is what it would do on this one: it is over, and its input is the same file there.
    fn stays_on(&self, task: &Standing, values: &[Text]) -> bool {
        let over = matches!(task.state, State::Ready | State::Empty | State::Landed | State::Reverted);
        let same = |a: CommitId, b: CommitId| inputs::is_same_file(&self.site.repo, &self.template.pattern.cwd, &values[0], (a, b));
        over && self.inputs.are_files && same(task.record.base, self.template.pattern.base)
    }

    /// Two inputs that come to the same task would do it twice, and one of them not at all.
    fn refuse_twins(&self, batch: &Batch, places: &[usize]) -> Result<(), Error> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        for place in places {
            let Some(spec) = batch.spec(*place) else { continue };
            let command = spec.command.line();
            let filled_env = &self.template.filled_env;
            let own = if filled_env.is_empty() { None } else { Some(&batch.inputs[*place].values) };
            let what = serde_json::to_string(&(&spec.command, &spec.only, &spec.checks, own)).unwrap_or_default();
            if let Some(other) = seen.insert(what, *place) {
                let input = |place: usize| batch.inputs[place].values.first().cloned().unwrap_or_default();
                return Err(Error::Same { first: input(other), second: input(*place), command });
            }
        }
        Ok(())
    }

    fn say_what_changes(&mut self, earlier: &Earlier, sorted: &Sorted) -> Result<(), Error> {
        let kept = sorted.places.len() - sorted.added - sorted.again.len();
        if sorted.added + sorted.retired + sorted.again.len() == 0 && earlier.is_running {
            return Err(Error::UnderWay { batch: earlier.batch.id.clone(), open: earlier.open });
        }
        let mut parts = vec![format!("{kept} as before")];
        for (count, what) in
            [(sorted.again.len(), "to be tried again"), (sorted.added, "new"), (sorted.retired, "not asked for any more")]
        {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        self.lines.push(format!("{} is there already; of its tasks {}", earlier.batch.id, parts.join(", ")));
        Ok(())
    }

    fn sample(&self, batch: &Batch, sorted: &Sorted, old: Option<HashSet<Uid>>) -> Result<Option<SampleOf>, Error> {
        let values: Vec<&[Text]> = sorted.places.iter().map(|place| batch.inputs[*place].values.as_slice()).collect();
        let uids = |places: Vec<usize>| places.into_iter().map(|n| batch.inputs[sorted.places[n]].uid.clone()).collect();
        if let Some(wish) = &self.wish.sample {
            return Ok(Some((uids(sample::places(wish, &values)?), None)));
        }
        if let Some(old) = old {
            // What was tried on a sample is tried on it again in its new form.
            let named =
                batch.inputs.iter().filter(|input| old.contains(&input.uid)).filter_map(|input| input.values.first().cloned());
            let still = named.filter(|name| values.iter().any(|values| values.first() == Some(name))).collect();
            return Ok(Some((uids(sample::places(&Sample::Inputs(still), &values)?), None)));
        }
        let is_unseen = self.template.pattern.checks.is_empty() && values.len() > UNCHECKED;
        if is_unseen && !self.wish.accept.iter().any(|answer| answer == NO_CHECK) {
            let why = format!("it has no check that could tell whether its tasks went well: look at the first {LOOKED_AT}");
            return Ok(Some((uids((0..LOOKED_AT).collect()), Some(why))));
        }
        Ok(None)
    }
}

/// What a task comes to, whatever its number.
fn content(of_all: &str, template: &Template, values: &[Text]) -> String {
    serde_json::to_string(&(of_all, template.content_of(of_all, values))).unwrap_or_default()
}

/// Tells whether there is nothing of a task that could land, and it would have to run for that.
fn is_missing(state: State) -> bool {
    matches!(state, State::Failed | State::Cancelled | State::Discarded)
}
