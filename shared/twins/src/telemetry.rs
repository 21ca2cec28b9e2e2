//! Lines of metrics, kept for a test to look at.

use std::cell::RefCell;

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps a line, in place of writing it to standard output.
pub fn keep_line(line: &str) {
    LINES.with_borrow_mut(|lines| lines.push(line.to_owned()));
}

/// The lines that this thread has kept, which are forgotten then.
#[must_use]
pub fn lines() -> Vec<String> {
    LINES.take()
}
