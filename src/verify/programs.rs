//! Programs by what they do with their words, as far as a check's line shows it.

/// Words of the shell that stand before a command.
pub(super) const BEFORE: &[&str] = &["!", "if", "then", "elif", "else", "do", "while", "until", "{", "time"];
/// Programs that run another one.
pub(super) const WRAPPERS: &[&str] = &["env", "exec", "command", "nohup", "nice", "timeout", "stdbuf", "xargs", "sudo", "setsid"];
/// Programs that read their operands' lines and run none of them.
pub(super) const LOOKERS: &[&str] = &[
    "[",
    "[[",
    "ag",
    "awk",
    "black",
    "cat",
    "clang-format",
    "clang-tidy",
    "codespell",
    "cut",
    "du",
    "echo",
    "egrep",
    "eslint",
    "fgrep",
    "file",
    "flake8",
    "gawk",
    "git",
    "gofmt",
    "grep",
    "head",
    "isort",
    "jq",
    "ls",
    "markdownlint",
    "mypy",
    "prettier",
    "printf",
    "pylint",
    "rg",
    "ruff",
    "rustfmt",
    "sed",
    "shellcheck",
    "sort",
    "stat",
    "tail",
    "test",
    "tr",
    "tsc",
    "uniq",
    "wc",
    "xmllint",
    "yamllint",
];
/// Programs of which the first operand is a program.
pub(super) const INTERPRETERS: &[&str] =
    &[".", "source", "sh", "bash", "dash", "zsh", "ksh", "perl", "ruby", "node", "Rscript", "julia", "php", "lua"];
/// Those of them that take a shell line as an operand.
pub(super) const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "eval"];
/// Programs whose output is what their operands say, where a shell reads it.
pub(super) const FEEDERS: &[&str] = &["cat", "sed"];
/// What runs where a folder is given to an interpreter.
pub(super) const ENTRIES: &[&str] = &["__main__.py", "index.js"];
/// Programs of which every operand is run.
pub(super) const RUNNERS: &[&str] =
    &["pytest", "py.test", "nosetests", "bats", "prove", "jest", "mocha", "rspec", "phpunit", "tox", "nox"];
