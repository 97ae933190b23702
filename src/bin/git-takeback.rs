//! The same program under the name that makes `git takeback …` work.

fn main() -> std::process::ExitCode {
    takeback::main()
}
