//! The command of a forge that makes a pull request of a pushed branch: printed, never run.

/// A branch that was pushed, and the one that it is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    /// The pushed branch.
    pub(crate) head: &'a str,
    /// Where it was pushed to.
    pub(crate) url: &'a str,
    /// The branch that it is for.
    pub(crate) base: &'a str,
    /// Where that one is.
    pub(crate) base_url: &'a str,
}

/// The command, or the page; `None` where the remote is no forge that is known by its host.
pub(crate) fn line(request: &Request<'_>) -> Option<String> {
    let (host, path) = place(request.url)?;
    let is = |word: &str| host.split('.').any(|part| part.contains(word));
    let (head, base) = (quoted(request.head), quoted(request.base));
    if is("github") {
        let other = place(request.base_url).filter(|(there, base)| *there == host && *base != path);
        return Some(match (other, path.split_once('/')) {
            (Some((_, repo)), Some((owner, _))) => {
                format!(
                    "gh pr create --repo {} --base {base} --head {}",
                    quoted(repo),
                    quoted(&format!("{owner}:{}", request.head))
                )
            }
            _ => format!("gh pr create --base {base} --head {head}"),
        });
    }
    if is("gitlab") {
        return Some(format!("glab mr create --source-branch {head} --target-branch {base}"));
    }
    if is("gitea") || is("forgejo") || host == "codeberg.org" {
        return Some(format!("tea pr create --head {head} --base {base}"));
    }
    (host == "bitbucket.org").then(|| format!("https://bitbucket.org/{path}/pull-requests/new?source={}", request.head))
}

/// Host and path of `https://host/path.git`, `ssh://user@host:port/path` or `user@host:path`; `None` for a folder.
fn place(url: &str) -> Option<(&str, &str)> {
    let (host, path) = match url.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split_once('/')?,
        None => url.split_once(':').filter(|(host, _)| !host.contains('/'))?,
    };
    let host = host.rsplit('@').next().unwrap_or(host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    Some((host, path.trim_matches('/').trim_end_matches(".git")))
}

fn quoted(text: &str) -> String {
    shlex::try_quote(text).map_or_else(|_| text.to_owned(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str, base_url: &str) -> Option<String> {
        line(&Request { head: "fix/it", url, base: "main", base_url })
    }

    #[test]
    fn a_forge_is_known_by_its_host_however_the_remote_is_written() {
        for url in ["https://github.com/o/r.git", "git@github.com:o/r.git", "ssh://git@github.com:22/o/r"] {
            assert_eq!(of(url, url).unwrap(), "gh pr create --base main --head fix/it", "{url}");
        }
        let line = of("git@gitlab.example.org:group/sub/r.git", "x").unwrap();
        assert_eq!(line, "glab mr create --source-branch fix/it --target-branch main");
        for url in ["https://codeberg.org/o/r", "https://user:pw@gitea.example.org:3000/o/r.git", "forgejo.example.org:o/r"] {
            assert_eq!(of(url, url).unwrap(), "tea pr create --head fix/it --base main", "{url}");
        }
        assert_eq!(of("git@bitbucket.org:o/r.git", "x").unwrap(), "https://bitbucket.org/o/r/pull-requests/new?source=fix/it");
        for url in ["/srv/github/r.git", "file:///srv/github.com/r.git", "../r", "https://git.example.org/github/r"] {
            assert_eq!(of(url, url), None, "{url}");
        }
    }

    #[test]
    fn a_fork_is_asked_to_be_pulled_from_by_its_owner() {
        let line = of("git@github.com:me/r.git", "https://github.com/them/r").unwrap();
        assert_eq!(line, "gh pr create --repo them/r --base main --head me:fix/it");
    }
}
