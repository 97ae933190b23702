//! Behaviour of the whole program, as its users see it.
