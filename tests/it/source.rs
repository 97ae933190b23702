//! Our own source as text: which file is which module, and which paths it names. Enough of Rust's grammar for that, and no more.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file of the library.
pub(crate) struct File {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// The module that it is, from the crate's root.
    pub(crate) module: Vec<String>,
    /// The paths from the crate's root that it names.
    pub(crate) uses: Vec<Used>,
    /// Every word outside comments, texts and tests.
    pub(crate) words: Vec<String>,
    /// Its lines without tests; 0 if it is nothing but tests.
    pub(crate) lines: usize,
    children: Vec<Child>,
}

/// A path that a file names.
#[derive(Debug)]
pub(crate) struct Used {
    /// From the crate's root.
    pub(crate) path: Vec<String>,
    /// Where.
    pub(crate) line: usize,
}

/// A `mod name;`.
struct Child {
    name: String,
    /// What `#[path]` says.
    path: Option<String>,
    is_test: bool,
}

/// A word, a mark, or a text (which starts with its quote).
#[derive(Debug)]
struct Token {
    text: String,
    line: usize,
}

/// Reads a crate: its root, and all modules that it leads to.
pub(crate) fn read(root: &Path) -> Vec<File> {
    let mut files = Vec::new();
    let mut next = vec![(root.to_owned(), Vec::new(), false)];
    while let Some((path, module, is_test)) = next.pop() {
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut file = File::parse(path, module, &text);
        if is_test {
            file.lines = 0;
            file.words.clear();
        }
        for child in &file.children {
            let module: Vec<_> = file.module.iter().chain([&child.name]).cloned().collect();
            next.push((place(&file, child), module, is_test || child.is_test));
        }
        files.push(file);
    }
    files
}

/// All `.rs` files below a folder.
pub(crate) fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|e| e == "rs")).collect()
}

/// Where a child module's file is.
fn place(parent: &File, child: &Child) -> PathBuf {
    let folder = parent.path.parent().unwrap();
    if let Some(path) = &child.path {
        return folder.join(path);
    }
    let is_folder = parent.path.ends_with("mod.rs") || parent.module.is_empty();
    let folder = if is_folder { folder.to_owned() } else { parent.path.with_extension("") };
    let file = folder.join(format!("{}.rs", child.name));
    if file.exists() { file } else { folder.join(&child.name).join("mod.rs") }
}

impl File {
    /// A file for a test of the test.
    pub(crate) fn of(module: &[&str], text: &str) -> Self {
        Self::parse(PathBuf::from("x.rs"), module.iter().map(|&m| m.to_owned()).collect(), text)
    }

    fn parse(path: PathBuf, module: Vec<String>, text: &str) -> Self {
        let tokens = tokens(text);
        let lines = text.lines().count();
        let mut file = Self { path, module, uses: Vec::new(), words: Vec::new(), lines, children: Vec::new() };
        file.scan(&tokens);
        file
    }

    fn scan(&mut self, tokens: &[Token]) {
        let mut attributes = String::new();
        // Inline modules that are open: name, depth of braces, first line if it is a test.
        let mut open: Vec<(String, usize, Option<usize>)> = Vec::new();
        let mut depth = 0;
        let mut at = 0;
        let is = |at: usize, text: &str| tokens.get(at).is_some_and(|t| t.text == text);
        while at < tokens.len() {
            let token = &tokens[at];
            match token.text.as_str() {
                "#" if is(at + 1, "[") || is(at + 1, "!") => {
                    let end = close(tokens, at + 1);
                    attributes.extend(tokens[at..end].iter().map(|t| t.text.as_str()));
                    at = end;
                    continue;
                }
                "mod" if is(at + 2, ";") => {
                    let name = tokens[at + 1].text.clone();
                    let path = attributes.split_once("#[path=\"").and_then(|(_, p)| Some(p.split_once(']')?.0.to_owned()));
                    self.children.push(Child { name, path, is_test: attributes.contains("cfg(test)") });
                }
                "mod" if is(at + 2, "{") => {
                    let test = attributes.contains("cfg(test)").then_some(token.line);
                    open.push((tokens[at + 1].text.clone(), depth, test));
                }
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    if open.last().is_some_and(|(_, d, _)| *d == depth)
                        && let Some((_, _, Some(first))) = open.pop()
                    {
                        self.lines = self.lines.saturating_sub(token.line - first + 1);
                    }
                }
                "crate" | "super" if is(at + 1, "::") && (at == 0 || !is(at - 1, "::")) => {
                    let inner = open.iter().map(|(name, ..)| name);
                    let here = self.module.iter().chain(inner).cloned().collect();
                    follow(tokens, at, here, &mut self.uses);
                }
                _ => {}
            }
            if matches!(token.text.as_str(), ";" | "{" | "}") {
                attributes.clear();
            }
            if open.iter().all(|(_, _, test)| test.is_none()) {
                self.words.push(token.text.clone());
            }
            at += 1;
        }
    }
}

/// Follows a path or a tree of paths from a token, and returns the token after it.
fn follow(tokens: &[Token], mut at: usize, mut path: Vec<String>, uses: &mut Vec<Used>) -> usize {
    let line = tokens[at].line;
    loop {
        match tokens.get(at).map(|t| t.text.as_str()) {
            Some("crate") => path.clear(),
            Some("super") => drop(path.pop()),
            Some("self" | "*") => {}
            Some("{") => {
                at += 1;
                while tokens.get(at).is_some_and(|t| t.text != "}") {
                    at = follow(tokens, at, path.clone(), uses);
                    // To the next branch: past `as x`, and past a comma.
                    while tokens.get(at).is_some_and(|t| t.text != "," && t.text != "}") {
                        at += 1;
                    }
                    at += usize::from(tokens.get(at).is_some_and(|t| t.text == ","));
                }
                return at + 1;
            }
            Some(word) => path.push(word.to_owned()),
            None => return at,
        }
        at += 1;
        if tokens.get(at).is_none_or(|t| t.text != "::") {
            uses.push(Used { path, line });
            return at;
        }
        at += 1;
    }
}

/// The token after the bracket that closes the first one from `at`.
fn close(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0;
    for (n, token) in tokens.iter().enumerate().skip(at) {
        match token.text.as_str() {
            "[" => depth += 1,
            "]" if depth == 1 => return n + 1,
            "]" => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Takes a text apart; comments are left out.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut next_line = 1;
    while let Some(c) = rest.chars().next() {
        let line = next_line;
        let (token, after) = rest.split_at(length_of(rest));
        rest = after;
        next_line += token.matches('\n').count();
        if c.is_whitespace() || token.starts_with("//") || token.starts_with("/*") {
            continue;
        }
        let token = if token.ends_with('"') || token.ends_with("\"#") { token.trim_end_matches(['"', '#']) } else { token };
        tokens.push(Token { text: token.to_owned(), line });
    }
    tokens
}

/// The length of the token that a text starts with.
fn length_of(rest: &str) -> usize {
    let to = |end: Option<usize>| end.unwrap_or(rest.len());
    let c = rest.chars().next().unwrap();
    if rest.starts_with("//") {
        return to(rest.find('\n'));
    }
    if rest.starts_with("/*") {
        return to(rest.find("*/").map(|at| at + 2));
    }
    if let Some(raw) = rest.strip_prefix("r").or_else(|| rest.strip_prefix("br")).filter(|r| r.starts_with(['"', '#'])) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let before = rest.len() - raw.len() + hashes + 1;
            return to(rest[before..].find(&end).map(|at| before + at + end.len()));
        }
    }
    if c == '"' {
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find(|&(_, c)| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        return to(end.map(|(at, _)| at + 1));
    }
    if c == '\'' {
        // A character ends with a quote; a lifetime does not.
        let mut after = rest[1..].chars();
        let first = after.next().unwrap_or(' ');
        if first == '\\' {
            return to(rest[3..].find('\'').map(|at| at + 4));
        }
        return if after.next() == Some('\'') { 2 + first.len_utf8() } else { 1 };
    }
    if c.is_alphanumeric() || c == '_' {
        return to(rest.find(|c: char| !c.is_alphanumeric() && c != '_'));
    }
    if rest.starts_with("::") { 2 } else { c.len_utf8() }
}
