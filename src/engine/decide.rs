//! Discard, undo, redo, and what was decided before.

use super::answer::TakenBack;
use super::{Engine, Error, Operation};
use crate::id::Uid;
use crate::journal::{Book, Carried, Status, Writer};
use crate::takeback;

/// A discard, undo or redo, decided and not carried out.
pub struct Plan {
    plan: takeback::Plan,
}

impl Plan {
    /// What it would do.
    pub fn answer(&self) -> TakenBack {
        let plan = &self.plan;
        TakenBack {
            operation: None,
            tasks: plan.tasks.clone(),
            restored: plan.restored.clone(),
            kept: plan.kept.clone(),
            not_undone: plan.not_undone.clone(),
            title: plan.title.clone(),
        }
    }
}

impl Engine {
    /// Decides what a discard would do.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Running`](super::ErrorKind::Running) and [`ErrorKind::State`](super::ErrorKind::State) where a task cannot be
    /// discarded.
    pub fn plan_discard(&self, ids: &[String], only_failed: bool) -> Result<Plan, Error> {
        Ok(Plan { plan: takeback::plan_discard(&self.site, ids, only_failed)? })
    }

    /// Throws results away. Their commits stay in reach.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stale`](super::ErrorKind::Stale) if another command decided about a task meanwhile.
    pub fn discard(&mut self, plan: &Plan) -> Result<TakenBack, Error> {
        self.carry_out(plan)
    }

    /// Decides what taking back would do: the operation or task that is named, or the last decision.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stale`](super::ErrorKind::Stale), [`ErrorKind::Pushed`](super::ErrorKind::Pushed),
    /// [`ErrorKind::Dirty`](super::ErrorKind::Dirty), [`ErrorKind::Collected`](super::ErrorKind::Collected) where it would not be
    /// exact; [`ErrorKind::Nothing`](super::ErrorKind::Nothing) where nothing was decided.
    pub fn plan_undo(&self, what: Option<&str>) -> Result<Plan, Error> {
        Ok(Plan { plan: takeback::plan_undo(&self.site, what)? })
    }

    /// Puts back exactly what the operation changed.
    ///
    /// # Errors
    ///
    /// As [`Self::plan_undo`], where the world moved on since the plan was made.
    pub fn undo(&mut self, plan: &Plan) -> Result<TakenBack, Error> {
        self.carry_out(plan)
    }

    /// Decides what taking the last undo back would do.
    ///
    /// # Errors
    ///
    /// As [`Self::plan_undo`].
    pub fn plan_redo(&self) -> Result<Plan, Error> {
        Ok(Plan { plan: takeback::plan_redo(&self.site)? })
    }

    /// Takes the last undo back.
    ///
    /// # Errors
    ///
    /// As [`Self::undo`].
    pub fn redo(&mut self, plan: &Plan) -> Result<TakenBack, Error> {
        self.carry_out(plan)
    }

    /// Every operation that was or is being carried out, the last first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`](super::ErrorKind::Damaged) if the journal is.
    pub fn operations(&self) -> Result<Vec<Operation>, Error> {
        Ok(operations(&Book::open(&self.site)?))
    }

    pub(super) fn operation(&self, uid: &Uid) -> Result<Option<Operation>, Error> {
        let book = Book::open(&self.site)?;
        let name = |uid: &Uid| book.fold.task(uid).map(|t| t.id.clone());
        Ok(book.fold.operation(uid).map(|f| Operation::of(f, name)))
    }

    fn carry_out(&mut self, plan: &Plan) -> Result<TakenBack, Error> {
        let (writer, _) = Writer::new(&self.site.repo, &self.site.layout)?;
        let carried = plan.plan.carry_out(&writer)?;
        self.notes.extend(left(&carried));
        let mut answer = plan.answer();
        answer.operation = self.operation(&plan.plan.decision.operation.uid)?;
        Ok(answer)
    }
}

/// Says what was left alone because somebody changed it at the last moment.
pub(super) fn left(carried: &Carried) -> Vec<String> {
    let refs = carried.refs_left.iter().map(|name| format!("{name} was moved meanwhile: it stays as it is"));
    let paths = carried.paths_left.iter().map(|path| format!("{path} was changed meanwhile: it stays as it is"));
    refs.chain(paths).collect()
}

/// Every operation that was or is being carried out, the last first.
pub(super) fn operations(book: &Book<'_>) -> Vec<Operation> {
    let name = |uid: &Uid| book.fold.task(uid).map(|t| t.id.clone());
    let happened = book.fold.operations().iter().filter(|f| f.status != Status::Dropped);
    happened.rev().map(|f| Operation::of(f, name)).collect()
}
