//! Where in a line the value stands that an error names, so that it can be shown with a mark under it.

use std::ops::Range;

use super::{
    Path, Raw, grammar,
    raw::Cursor,
    scan::{Want, first_stop},
};

/// Where in a line something is wrong, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A value.
    Value(Range<usize>),
    /// The bracket that opens an object or a list in which what is named is missing.
    Within(Range<usize>),
    /// The character at which the line stops being UTF-8 or JSON.
    Broken(Range<usize>),
}

impl Place {
    /// The bytes to mark.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        let (Self::Value(range) | Self::Within(range) | Self::Broken(range)) = self;
        range.clone()
    }
}

/// Finds what a path names, as [`Path`] writes it: the value of that path or, where it is missing, where it should be.
///
/// Of a key given twice, the last one; of a line that is no JSON, whatever the path, where it stops being that. `None` where
/// there is nothing to point at: the path is that of the line, or no path of it.
#[must_use]
pub fn place(line: &[u8], path: &str) -> Option<Place> {
    let text = match str::from_utf8(line) {
        Ok(text) => text,
        Err(error) => {
            let begin = error.valid_up_to();
            return Some(Place::Broken(begin..begin + error.error_len().unwrap_or(line.len() - begin)));
        }
    };
    let Some(raw) = grammar(text) else { return broken(text).map(Place::Broken) };
    if path.is_empty() {
        return None;
    }
    let mut best = None;
    descend(raw, path, true, &mut best);
    let (left, found) = best?;
    let begin = found.text().as_ptr().addr() - text.as_ptr().addr();
    match left {
        0 => Some(Place::Value(begin..begin + found.text().len())),
        _ if found.text().starts_with(['{', '[']) => Some(Place::Within(begin..begin + 1)),
        _ => None,
    }
}

/// The character at which a text breaks JSON's grammar; where it ends too early, what is not closed.
fn broken(text: &str) -> Option<Range<usize>> {
    let stop = first_stop(text)?;
    let begin = match stop.want {
        _ if stop.at < text.len() => stop.at,
        Want::Text(begin) => begin,
        _ => *stop.open.last()?,
    };
    let length = text.get(begin..)?.chars().next()?.len_utf8();
    Some(begin..begin + length)
}

/// Goes down a value along the rest of a path, and keeps the deepest value with what is left of the path there. Long keys are
/// shown cut, so more than one may fit.
fn descend<'a>(value: Raw<'a>, rest: &str, is_line: bool, best: &mut Option<(usize, Raw<'a>)>) {
    if best.is_none_or(|(left, _)| rest.len() <= left) {
        *best = Some((rest.len(), value));
    }
    if rest.is_empty() {
        return;
    }
    let mut cursor = Cursor::at(value);
    if cursor.takes(b'{') {
        // Before a key stands a point, except for the first of a line; an odd key stands in brackets.
        let plain = if is_line { Some(rest) } else { rest.strip_prefix('.') };
        while !cursor.ends(b'}') {
            let (key, value) = (cursor.key(), cursor.value());
            let key = key.string().map_or_else(|| key.lossy_string(), Into::into);
            let name = Path::Key(&Path::Line, &key).to_string();
            let behind = if name.starts_with('[') {
                rest.strip_prefix(&*name)
            } else {
                plain.and_then(|rest| rest.strip_prefix(&*name))
            };
            if let Some(behind) = behind.filter(|behind| behind.is_empty() || behind.starts_with(['.', '['])) {
                descend(value, behind, false, best);
            }
        }
    } else if cursor.takes(b'[')
        && let Some((index, behind)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'))
        && let Ok(index) = index.parse::<usize>()
    {
        let mut at = 0;
        while !cursor.ends(b']') {
            let item = cursor.value();
            if at == index {
                descend(item, behind, false, best);
                break;
            }
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::{Json, read};

    fn marked(line: &str, path: &str) -> String {
        let shown = |kind: &str, range: Range<usize>| format!("{kind} {}", &line[range]);
        match place(line.as_bytes(), path) {
            Some(Place::Value(range)) => shown("value", range),
            Some(Place::Within(range)) => format!("within {}", range.start),
            Some(Place::Broken(range)) => format!("broken {}", range.start),
            None => "nowhere".to_owned(),
        }
    }

    #[test]
    fn a_path_leads_to_its_value_or_to_where_it_is_missing() {
        let line = r#" {"data": {"type":"x", "plans": ["a", {"odd key": [1, 2.0]}], "": null, "é":true}}"#;
        for (path, expected) in [
            ("data.type", r#"value "x""#),
            ("data.plans[0]", r#"value "a""#),
            (r#"data.plans[1]["odd key"][1]"#, "value 2.0"),
            (r#"data[""]"#, "value null"),
            (r#"data["é"]"#, "value true"),
            ("data.name", "within 10"),
            ("data.plans[2]", "within 32"),
            ("data.plans[1].price.USD", "within 38"),
            // Nothing is in a text.
            ("data.type.x", "nowhere"),
            ("", "nowhere"),
        ] {
            assert_eq!(marked(line, path), expected, "{path}");
        }
        assert_eq!(marked(r#"{"a":1,"a":2}"#, "a"), "value 2");
    }

    #[test]
    fn a_line_that_is_no_json_is_marked_where_it_stops_being_that() {
        assert_eq!(marked(r#"{"a":1,}"#, ""), "broken 7");
        assert_eq!(marked(r#"{"é":'"#, ""), "broken 6");
        assert_eq!(marked(r#"{"a":["#, ""), "broken 5");
        assert_eq!(marked(r#"{"a":"b}"#, ""), "broken 5");
        assert_eq!(place(b"{\"a\":\"\xff\"}", ""), Some(Place::Broken(6..7)));
    }

    fn json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            "[a\"\\\\\\[\\].é ]{0,6}".prop_map(Json::from)
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let key = prop_oneof!["[a-c]{1,2}", "[a\"\\[\\].é\u{200b} ]{0,4}"];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::btree_map(key, inner, 0..4).prop_map(|map| Json::Object(map.into_iter().collect())),
            ]
        })
    }

    /// Goes to every value of a value with the path that an error at it would have.
    fn each(value: &Json, path: &Path<'_>, visit: &mut dyn FnMut(String, &Json)) {
        visit(path.to_string(), value);
        match value {
            Json::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| each(item, &Path::Item(path, index), visit));
            }
            Json::Object(object) => object.iter().for_each(|(key, item)| each(item, &Path::Key(path, key), visit)),
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn every_value_is_found_by_its_path(value in json()) {
            let line = format!(" {{\"a\" :{value}}}");
            let object = Json::Object(read(&line, &mut |_| {}).unwrap());
            each(&object, &Path::Line, &mut |path, value| {
                if !path.is_empty() {
                    let Some(Place::Value(range)) = place(line.as_bytes(), &path) else { panic!("{path}") };
                    assert_eq!(line[range], value.to_string(), "{path}");
                }
            });
        }

        #[test]
        fn whatever_the_path_the_place_lies_in_the_line(line in any::<Vec<u8>>(), path in ".{0,20}") {
            if let Some(place) = place(&line, &path) {
                prop_assert!(line.get(place.range()).is_some());
            }
        }

        #[test]
        fn a_broken_line_is_marked_at_a_character(line in "[{}\\[\\]\"a:,1é\\\\ ]{1,12}", path in "a?") {
            if let Some(place) = place(line.as_bytes(), &path) {
                let marked = line.get(place.range());
                prop_assert!(marked.is_some_and(|marked| !marked.is_empty()), "{place:?}");
            }
        }
    }
}
