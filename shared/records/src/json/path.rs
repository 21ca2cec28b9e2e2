//! Where in a line something is: `data.attributes.price.USD.amount`, `products[0]`, `["odd key"]`.

use std::fmt;

use crate::quote::{SHOWN_CHARS, Shown};

/// A place within a line, built on the stack and written out only for an error.
#[derive(Clone, Copy, Debug)]
pub enum Path<'a> {
    /// The line itself.
    Line,
    /// A member of the object at a path.
    Key(&'a Path<'a>, &'a str),
    /// An item of the array at a path, from 0.
    Item(&'a Path<'a>, usize),
}

impl Path<'_> {
    /// The last name of the path, as an error quotes it: `"amount"`, `"products[0]"`.
    #[must_use]
    pub fn name(self) -> impl fmt::Display {
        fmt::from_fn(move |f| match self {
            Self::Line => f.write_str("the line"),
            Self::Key(_, key) => write!(f, "{}", Shown(key)),
            Self::Item(Self::Key(_, key), index) => write!(f, "{}", Shown(&format!("{key}[{index}]"))),
            Self::Item(_, index) => write!(f, "item {index}"),
        })
    }

    /// The last key of the path, and the one before it; the places in lists aside.
    pub(crate) fn last_two(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Line => (None, None),
            Self::Key(parent, key) => (Some(key), parent.last_two().0),
            Self::Item(parent, _) => parent.last_two(),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Key(parent, _) | Self::Item(parent, _)) = self else { return Ok(()) };
        parent.fmt(f)?;
        match self {
            Self::Key(_, key) if !is_plain(key) => write!(f, "[{}]", Shown(key)),
            Self::Key(Self::Line, key) => f.write_str(key),
            Self::Key(_, key) => {
                f.write_str(".")?;
                f.write_str(key)
            }
            Self::Item(_, index) => write!(f, "[{index}]"),
            Self::Line => Ok(()),
        }
    }
}

fn is_plain(key: &str) -> bool {
    key.len() <= SHOWN_CHARS
        && key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: Path<'_>, expected: &str) {
        assert_eq!(path.to_string(), expected);
    }

    #[test]
    fn a_path_reads_as_a_caller_would_write_it() {
        let data = Path::Key(&Path::Line, "data");
        let plans = Path::Key(&data, "plans");
        check(Path::Line, "");
        check(data, "data");
        check(Path::Key(&Path::Item(&plans, 3), "name"), "data.plans[3].name");
    }

    #[test]
    fn an_odd_key_is_quoted_and_cut() {
        check(Path::Key(&Path::Line, "odd key"), r#"["odd key"]"#);
        check(Path::Key(&Path::Key(&Path::Line, "a"), ""), r#"a[""]"#);
        check(Path::Key(&Path::Line, "tab\there"), r#"["tab\there"]"#);
        check(Path::Key(&Path::Line, &"é".repeat(200)), &format!("[\"{}…\"]", "é".repeat(80)));
        check(Path::Key(&Path::Line, &"k".repeat(200)), &format!("[\"{}…\"]", "k".repeat(80)));
    }
}
