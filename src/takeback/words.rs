//! What a report says of many tasks at once.

use std::fmt::Display;

/// As many tasks are named, or have a line of their own; the others are counted.
const NAMED: usize = 3;

/// The names of a few tasks, and how many more there are; of many of one batch their number and its name.
pub(crate) fn named<T: Display>(tasks: &[T]) -> String {
    if let Some(batch) = batch_of(tasks).filter(|_| tasks.len() > NAMED) {
        return format!("{} tasks of {batch}", tasks.len());
    }
    let names = tasks.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match tasks.len().saturating_sub(NAMED) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

/// The batch that all of them are of, by their names.
pub(crate) fn batch_of<T: Display>(tasks: &[T]) -> Option<String> {
    let batch = |task: &T| task.to_string().split_once('.').map(|(batch, _)| batch.to_owned());
    let first = tasks.first().and_then(batch)?;
    tasks.iter().all(|task| batch(task).as_ref() == Some(&first)).then_some(first)
}

/// A line for each of a few things, or one line for all of many.
pub(crate) fn lines<T>(things: &[T], one: impl Fn(&T) -> String, all: impl FnOnce(&[T]) -> String) -> Vec<String> {
    if things.len() > NAMED { vec![all(things)] } else { things.iter().map(one).collect() }
}

/// What became of the results of these tasks: they stay.
pub(crate) fn results<T: Display>(of: &[(T, String)]) -> Vec<String> {
    let all = |of: &[(T, String)]| format!("the results of {}", named(&of.iter().map(|(name, _)| name).collect::<Vec<_>>()));
    lines(of, |(name, result)| format!("the result of {name} ({result})"), all)
}

/// What tasks without a sandbox may have done.
pub(crate) fn outside<T: Display>(tasks: &[T]) -> Vec<String> {
    let one = |name: &T| format!("what {name} did outside its worktree, if it did anything (sandbox: none)");
    let all = |names: &[T]| format!("what {} did outside their worktrees, if they did anything (sandbox: none)", named(names));
    lines(tasks, one, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_tasks_are_named_and_the_rest_counted() {
        let names: Vec<_> = (0..20).map(|n| format!("t{n}")).collect();
        assert_eq!(named(&names[..3]), "t0, t1, t2");
        assert_eq!(named(&names), "t0, t1, t2 and 17 more");
    }

    #[test]
    fn many_tasks_of_one_batch_are_counted() {
        let names: Vec<_> = (1..=20).map(|n| format!("tables.{n}")).collect();
        assert_eq!(named(&names[..2]), "tables.1, tables.2");
        assert_eq!(named(&names), "20 tasks of tables");
        assert_eq!(batch_of(&["tables.1", "figures.1"]), None);
    }

    #[test]
    fn many_tasks_have_one_line() {
        let names: Vec<_> = (0..4).map(|n| format!("t{n}")).collect();
        assert_eq!(outside(&names[..3]).len(), 3);
        let line = "what t0, t1, t2 and 1 more did outside their worktrees, if they did anything (sandbox: none)";
        assert_eq!(outside(&names), [line]);
        let of: Vec<_> = names.iter().map(|name| (name, "abc".to_owned())).collect();
        assert_eq!(results(&of[..1]), ["the result of t0 (abc)"]);
        assert_eq!(results(&of), ["the results of t0, t1, t2 and 1 more"]);
    }
}
