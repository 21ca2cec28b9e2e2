//! Annotations of a pull request, as workflow commands. GitHub shows ten errors and ten warnings of a step: so, unless all are
//! asked for, those of a kind are one.

use crate::{
    groups::Group,
    row::{Kind, Row},
};

pub(super) fn of_row(row: &Row<'_>, file: &str) -> String {
    annotation(row, file, row.columns(), &row.code, &row.error)
}

pub(super) fn of_group(group: &Group, file: &str) -> String {
    let more = match group.lines {
        0 | 1 => String::new(),
        lines => format!("\n{} more lines are like this one.", lines - 1),
    };
    let columns = group.column.map(|begin| (begin, begin + 1));
    annotation(&group.example, file, columns, &group.code, &format!("{}{more}", group.example.error))
}

/// That a file could not be checked.
pub(super) fn of_failure(why: &str, file: &str) -> String {
    format!("::error file={},title=not checked::{}", property(file), data(why))
}

fn annotation(row: &Row<'_>, file: &str, columns: Option<(usize, usize)>, title: &str, message: &str) -> String {
    let command = match row.kind {
        // It needs nothing itself.
        Kind::Error if row.blocked_by.is_some() => "notice",
        Kind::Error => "error",
        Kind::Warning => "warning",
    };
    // The file as a whole is shown at its first line.
    let mut properties = format!("file={},line={}", property(file), row.line.max(1));
    if let Some((begin, end)) = columns {
        properties = format!("{properties},col={begin},endColumn={end}");
    }
    format!("::{command} {properties},title={}::{}", property(title), data(message))
}

/// A message: what would end its line is escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property: also what would end it is escaped.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_message_or_a_name_ends_the_command_or_begins_another() {
        assert_eq!(data("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(property("a,b:c\n%"), "a%2Cb%3Ac%0A%25");
    }
}
