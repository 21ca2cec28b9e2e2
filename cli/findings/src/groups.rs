//! Rows grouped by what is wrong and where.

use std::{borrow::Cow, cmp::Reverse, collections::HashMap};

use crate::{
    excerpt::Excerpt,
    row::{Kind, Row},
};

/// The most groups that are told apart; a file of that many kinds of errors is wrong in a way that one example shows.
const MOST: usize = 1_000;

/// The most lines that a group names.
const NAMED: usize = 12;

/// Lines with the same code at the same path, the places in lists aside.
#[derive(Clone, Debug)]
pub struct Group {
    pub kind: Kind,
    pub code: String,
    /// The path of all, `[]` for any place in a list.
    pub field: String,
    pub lines: usize,
    pub rows: usize,
    /// The first lines of the group, in the order in which they were added.
    pub named: Vec<u32>,
    /// The last line that was added.
    last: u32,
    /// The first row of the group, without its line.
    pub example: Row<'static>,
    /// That row's line, where it is known, around what is wrong.
    pub excerpt: Option<Excerpt>,
    /// The column at which it is wrong, in characters from 1.
    pub column: Option<usize>,
}

/// What is wrong with a file, grouped.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    all: Vec<Group>,
    /// By kind, code, path and, of lines that are wrong as a whole, the sentence.
    by_name: HashMap<(Kind, String, String, String), usize>,
    /// Lines that are refused for a reason of their own.
    pub refused: usize,
    /// Lines that only wait for others.
    pub waiting: usize,
    /// Lines that are fine, but for warnings.
    pub warned: usize,
    /// Rows of kinds beyond those that are told apart.
    pub other: usize,
}

impl Groups {
    /// Adds all rows of one line. What only waits for another line needs nothing itself, and is counted alone.
    pub fn add(&mut self, rows: &[Row<'_>]) {
        let own = || rows.iter().filter(|row| row.blocked_by.is_none());
        let is_refused = rows.iter().any(|row| row.kind == Kind::Error);
        match own().next() {
            Some(first) if first.line > 0 && is_refused => self.refused += 1,
            Some(first) if first.line > 0 => self.warned += 1,
            Some(_) => {}
            None => self.waiting += usize::from(!rows.is_empty()),
        }
        for row in own() {
            self.add_row(row);
        }
    }

    /// Rows of the same line and group count as one line.
    fn add_row(&mut self, row: &Row<'_>) {
        let sentence = if row.field.is_empty() {
            row.error.replace(|digit: char| digit.is_ascii_digit(), "")
        } else {
            String::new()
        };
        let name = (row.kind, row.code.to_string(), folded(&row.field), sentence);
        let place = match self.by_name.get(&name) {
            Some(place) => *place,
            None if self.all.len() >= MOST => {
                self.other += 1;
                return;
            }
            None => {
                self.all.push(Group::of(row, name.2.clone()));
                self.by_name.insert(name, self.all.len() - 1);
                self.all.len() - 1
            }
        };
        let Some(group) = self.all.get_mut(place) else { return };
        group.rows += 1;
        if group.last != row.line || group.lines == 0 {
            group.lines += 1;
            group.last = row.line;
            if group.named.len() < NAMED {
                group.named.push(row.line);
            }
        }
    }

    /// The groups of a kind: the most frequent first; of equal ones that with the first line.
    #[must_use]
    pub fn of(&self, kind: Kind) -> Vec<&Group> {
        let mut groups: Vec<_> = self.all.iter().filter(|group| group.kind == kind).collect();
        groups.sort_by_key(|group| (Reverse(group.lines), group.example.line));
        groups
    }
}

impl Group {
    fn of(row: &Row<'_>, field: String) -> Self {
        let example = Row {
            kind: row.kind,
            line: row.line,
            r#type: owned(row.r#type.as_deref()),
            external_ref: owned(row.external_ref.as_deref()),
            code: row.code.to_string().into(),
            field: row.field.to_string().into(),
            error: row.error.to_string().into(),
            blocked_by: row.blocked_by,
            kept_line: row.kept_line,
            bytes: None,
        };
        Self {
            kind: row.kind,
            code: row.code.to_string(),
            field,
            lines: 0,
            rows: 0,
            named: Vec::new(),
            last: 0,
            excerpt: row.bytes.as_deref().map(|line| Excerpt::of(line, row.culprit())),
            column: row.columns().map(|(begin, _)| begin),
            example,
        }
    }
}

fn owned(text: Option<&str>) -> Option<Cow<'static, str>> {
    text.map(|text| text.to_owned().into())
}

/// A path without the places in lists, and without what stands around all attributes.
fn folded(field: &str) -> String {
    let short = ["data.attributes.", "attributes.", "data."].iter().find_map(|around| field.strip_prefix(around));
    let (mut folded, mut rest) = (String::with_capacity(field.len()), short.unwrap_or(field));
    while let Some((before, behind)) = rest.split_once('[') {
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let is_place = digits > 0 && behind.as_bytes().get(digits) == Some(&b']');
        folded.push_str(before);
        folded.push('[');
        rest = behind.get(if is_place { digits } else { 0 }..).unwrap_or_default();
    }
    folded + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: u32, field: &str, blocked_by: Option<u32>) -> Row<'_> {
        Row {
            kind: Kind::Error,
            line,
            r#type: None,
            external_ref: None,
            code: "required".into(),
            field: field.into(),
            error: format!("{field}: is required").into(),
            blocked_by,
            kept_line: None,
            bytes: None,
        }
    }

    #[test]
    fn places_in_lists_and_what_stands_around_attributes_are_the_same_group() {
        assert_eq!(folded("data.attributes.products[12].plans[0].name"), "products[].plans[].name");
        assert_eq!(folded("data.type"), "type");
        assert_eq!(folded(r#"a["[1]"][2]"#), r#"a["[]"][]"#);
        let mut groups = Groups::default();
        groups.add(&[row(3, "plans[0]", None), row(3, "plans[7]", None), row(3, "name", None)]);
        groups.add(&[row(1, "data.attributes.plans[1]", None)]);
        let found: Vec<_> =
            groups.of(Kind::Error).iter().map(|group| (group.field.clone(), group.lines, group.rows)).collect();
        assert_eq!(found, [("plans[]".to_owned(), 2, 3), ("name".to_owned(), 1, 1)]);
        assert_eq!(groups.of(Kind::Error)[0].named, [3, 1]);
    }

    #[test]
    fn lines_that_only_wait_are_counted_apart() {
        let mut groups = Groups::default();
        groups.add(&[row(1, "a", Some(7)), row(1, "b", None)]);
        groups.add(&[row(2, "a", Some(7)), row(2, "b", Some(1))]);
        assert_eq!((groups.refused, groups.waiting), (1, 1));
        assert_eq!(groups.of(Kind::Error).len(), 1);
    }
}
