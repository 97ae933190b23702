//! The `takeback` program.

fn main() -> std::process::ExitCode {
    takeback::main()
}
