//! Repositories that libgit2 cannot serve rightly: refused in one line that names the feature, before anything is written.

use super::{refused, row};
use crate::lab::Lab;

#[track_caller]
fn run(lab: &Lab, row: &super::table::Row) {
    refused(lab, ["run", "--", "true"]).fits(row);
    assert!(!lab.root().join(".git/takeback/tasks").exists());
}

#[test]
fn git_lfs() {
    let lab = Lab::new();
    lab.write(".gitattributes", "*.psd filter=lfs diff=lfs merge=lfs -text\n");
    lab.commit("lfs");
    run(&lab, &row!());
}

#[test]
fn a_filter() {
    let lab = Lab::new();
    lab.write(".gitattributes", "*.ipynb filter=strip\n");
    lab.commit("attributes");
    lab.git(["config", "filter.strip.clean", "cat"]);
    run(&lab, &row!());
}

#[test]
fn an_encoding() {
    let lab = Lab::new();
    lab.write(".gitattributes", "*.rc working-tree-encoding=UTF-16LE\n");
    lab.commit("attributes");
    run(&lab, &row!());
}

#[test]
fn a_submodule() {
    let lab = Lab::new();
    let inner = lab.outside().join("inner");
    lab.git(["init", "-q", inner.to_str().unwrap()]);
    lab.git(["-C", inner.to_str().unwrap(), "commit", "-q", "--allow-empty", "-m", "inner"]);
    lab.git(["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.to_str().unwrap(), "libs/inner"]);
    lab.commit("submodule");
    run(&lab, &row!());
    lab.json(["run", "--wait", "--base", "HEAD~1", "--", "true"]);
}

#[test]
fn a_sparse_checkout() {
    let lab = Lab::new();
    lab.git(["sparse-checkout", "set", "--cone", "b"]);
    run(&lab, &row!());
}

#[test]
fn a_sparse_index() {
    let lab = Lab::new();
    lab.write("c/d.txt", "d\n");
    lab.commit("more");
    lab.git(["sparse-checkout", "set", "--cone", "--sparse-index", "b"]);
    lab.git(["config", "--worktree", "core.sparseCheckout", "false"]);
    lab.git(["config", "core.sparseCheckout", "false"]);
    run(&lab, &row!());
}

#[test]
fn a_split_index() {
    let lab = Lab::new();
    lab.git(["update-index", "--split-index"]);
    run(&lab, &row!());
}

#[test]
fn a_partial_clone() {
    let lab = Lab::new();
    lab.git(["config", "remote.origin.promisor", "true"]);
    lab.git(["config", "remote.origin.partialclonefilter", "blob:none"]);
    run(&lab, &row!());
}

#[test]
fn sha256() {
    let lab = Lab::without_repository();
    lab.git(["init", "-q", "-b", "main", "--object-format=sha256"]);
    lab.git(["commit", "-q", "--allow-empty", "-m", "start"]);
    run(&lab, &row!());
    refused(&lab, ["list"]).fits(&row!());
}

#[test]
fn reftable() {
    let lab = Lab::without_repository();
    if !lab.command("git").args(["init", "-q", "-b", "main", "--ref-format=reftable"]).status().unwrap().success() {
        return crate::skip("reftable", "git knows no reftable");
    }
    lab.git(["commit", "-q", "--allow-empty", "-m", "start"]);
    run(&lab, &row!());
    refused(&lab, ["list"]).fits(&row!());
}

#[test]
fn an_unknown_extension() {
    let lab = Lab::new();
    lab.git(["config", "core.repositoryFormatVersion", "1"]);
    lab.git(["config", "extensions.tomorrow", "true"]);
    let before = lab.read(".git/config");
    let output = lab.takeback(["--json", "run", "--", "true"]).output().unwrap();
    super::Said::of(&output).fits(&row!());
    assert_eq!(lab.read(".git/config"), before);
    assert!(!lab.root().join(".git/takeback").exists());
}
