//! What a task is called, and its branch.

use super::Error;
use crate::git::refs;
use crate::id::Name;
use crate::journal::Book;
use crate::runner::RunWish;
use crate::store::Site;
use crate::task::Command;

/// The name asked for, if it is free; else the command's word with the first suffix that is free.
pub(super) fn name_of(site: &Site, wish: &RunWish, command: &Command) -> Result<Name, Error> {
    let prefix = &site.config.branch_prefix;
    let book = Book::open(site)?;
    let is_branch = |name: &str| matches!(refs::find(&site.repo, &format!("refs/heads/{name}")), Ok(Some(_)));
    let branch = |name: &Name| format!("{prefix}/{name}");
    let is_task = |name: &Name| book.fold.is_taken(name);
    let name = match &wish.name {
        Some(text) => {
            let name: Name = text.parse()?;
            if name.is_member() {
                return Err(Error::MembersName(name));
            }
            if is_task(&name) {
                return Err(Error::NameTaken(name));
            }
            if is_branch(&branch(&name)) {
                return Err(Error::BranchTaken(branch(&name)));
            }
            name
        }
        None => Name::slug(&command.word()).free(|name| is_task(name) || is_branch(&branch(name))),
    };
    match prefix
        .split('/')
        .scan(String::new(), |path, part| {
            path.push_str(if path.is_empty() { "" } else { "/" });
            path.push_str(part);
            Some(path.clone())
        })
        .find(|path| is_branch(path))
    {
        Some(prefix) => Err(Error::PrefixIsBranch { prefix, task: name }),
        None => Ok(name),
    }
}
