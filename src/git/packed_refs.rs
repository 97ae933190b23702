//! The text of `packed-refs`, read and written by hand: it works where opening a repository does not, and costs next to nothing.
//!
//! A line is `<id> <name>`; the id a tag leads to follows as `^<id>`. The header says what can be relied on
//! (gitrepository-layout(5), and the head of git's `refs/packed-backend.c`).

use git2::Oid;

const HEADER: &str = "# pack-refs with:";

/// The text is no `packed-refs`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line} is not a ref")]
pub(crate) struct Malformed {
    line: usize,
}

/// One ref. Ids are 40 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// The full name: any bytes but a newline.
    pub(crate) name: &'a [u8],
    /// What it leads to.
    pub(crate) id: &'a [u8],
    /// What the tag it leads to leads to.
    pub(crate) peeled: Option<&'a [u8]>,
}

/// The refs of a text, as they come.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Packed<'a> {
    /// Each line's.
    pub(crate) records: Vec<Record<'a>>,
    /// The header promises that tags below `refs/tags/` have their peeled id.
    pub(crate) tags_peeled: bool,
}

/// Reads a text.
///
/// # Errors
///
/// [`Malformed`] with the first line that git would not read either.
pub(crate) fn parse(text: &[u8]) -> Result<Packed<'_>, Malformed> {
    let mut packed = Packed { records: Vec::with_capacity(text.len() / 64), tags_peeled: text.is_empty() };
    for (n, line) in text.split_inclusive(|b| *b == b'\n').enumerate() {
        let malformed = Malformed { line: n + 1 };
        let line = line.strip_suffix(b"\n").ok_or(Malformed { line: n + 1 })?;
        match line.first() {
            Some(b'#') => packed.tags_peeled |= line.starts_with(HEADER.as_bytes()) && line.windows(7).any(|w| w == b" peeled"),
            Some(b'^') if is_id(&line[1..]) => packed.records.last_mut().ok_or(malformed)?.peeled = Some(&line[1..]),
            _ => packed.records.push(record(line).ok_or(malformed)?),
        }
    }
    Ok(packed)
}

fn record(line: &[u8]) -> Option<Record<'_>> {
    let (id, name) = line.split_at_checked(40)?;
    let name = name.strip_prefix(b" ")?;
    (is_id(id) && name.starts_with(b"refs/")).then_some(Record { name, id, peeled: None })
}

/// Tells whether a text is an object id.
pub(crate) fn is_id(text: &[u8]) -> bool {
    text.len() == 40 && text.iter().all(u8::is_ascii_hexdigit)
}

/// Makes the text of an id the id; `None` where it is none.
pub(crate) fn id(text: &[u8]) -> Option<Oid> {
    if !is_id(text) {
        return None;
    }
    Oid::from_str(std::str::from_utf8(text).ok()?).ok()
}

/// Writes the records, which are sorted by name, as a text.
pub(crate) fn text(packed: &Packed<'_>) -> Vec<u8> {
    let peeled = if packed.tags_peeled { " peeled" } else { "" };
    let mut text = format!("{HEADER}{peeled} sorted \n").into_bytes();
    text.reserve(packed.records.iter().map(|r| r.name.len() + 84).sum());
    for record in &packed.records {
        text.extend_from_slice(record.id);
        text.push(b' ');
        text.extend_from_slice(record.name);
        text.push(b'\n');
        if let Some(peeled) = record.peeled {
            text.push(b'^');
            text.extend_from_slice(peeled);
            text.push(b'\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    #[test]
    fn what_is_written_reads_the_same() {
        let records = vec![
            Record { name: b"refs/heads/caf\xe9", id: A.as_bytes(), peeled: None },
            Record { name: b"refs/tags/v1", id: A.as_bytes(), peeled: Some(B.as_bytes()) },
        ];
        for tags_peeled in [true, false] {
            let packed = Packed { records: records.clone(), tags_peeled };
            assert_eq!(parse(&text(&packed)).unwrap(), packed);
        }
    }

    #[test]
    fn a_line_that_is_no_ref_is_refused() {
        let good = format!("{A} refs/heads/a\n");
        assert!(parse(good.as_bytes()).is_ok());
        let bad = [
            format!("^{A}\n"),
            format!("{A}  refs/heads/a\n"),
            format!("{A} HEAD\n"),
            format!("{A} refs/heads/a"),
            format!("{}x refs/heads/a\n", &A[1..]),
            format!("{A}\trefs/heads/a\n"),
            "\n".to_owned(),
        ];
        for text in bad {
            let text = format!("{}{text}", if text.starts_with('^') { "" } else { &good });
            assert!(parse(text.as_bytes()).is_err(), "{text:?}");
        }
    }
}
