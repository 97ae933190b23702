//! How a landing looks in the branch's history.

/// The commits that a landing makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// One commit a task, and a merge commit that joins them where there are several.
    #[default]
    Merge,
    /// One commit a task.
    Linear,
    /// One commit for all.
    Squash,
}

/// What a landing's commits say of where they come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Trailers {
    /// The task, its command and the checks that it passed.
    All,
    /// The task.
    #[default]
    Id,
    /// Nothing.
    None,
}

impl Shape {
    /// The word that users and scripts see.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Linear => "linear",
            Self::Squash => "squash",
        }
    }

    /// The shape with this word.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        [Self::Merge, Self::Linear, Self::Squash].into_iter().find(|shape| shape.word() == word)
    }
}

impl Trailers {
    /// The choice with this word.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        match word {
            "all" => Some(Self::All),
            "id" => Some(Self::Id),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}
