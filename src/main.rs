//! The `takeback` program.

fn main() {}
