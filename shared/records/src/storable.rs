//! What the database can hold of a finished record.
//!
//! `DynamoDB` refuses an item over 400 KB or nested deeper than 32 levels. Bytes are estimated, so a margin is left.

use crate::{
    error::{RecordErrorCode, RecordErrors},
    json::{FLATTER, Object, Path},
    limits::{MAX_ITEM_BYTES, MAX_ITEM_DEPTH},
};

/// Set aside for what is stored beside the record: keys, times, names.
const HEADROOM_BYTES: usize = 2 * 1024;

/// What to do with an object that is too large.
const SMALLER: &str = "shorten its texts, or refer to less: it holds a copy of each object that it refers to";

/// Notes an error when attributes, with their `external_ref` beside them, are more than the database holds.
pub fn check_storable(attributes: &Object, external_ref: Option<&str>, path: &Path<'_>, errors: &mut RecordErrors) {
    let bytes = HEADROOM_BYTES + external_ref.map_or(0, str::len) + attributes.stored_bytes();
    if bytes > MAX_ITEM_BYTES {
        let problem =
            format_args!("the object would take {bytes} bytes, at most {MAX_ITEM_BYTES} can be stored: {SMALLER}");
        errors.add(RecordErrorCode::TooLarge, path, problem);
    }
    // The innermost scalar counts as a level of its own.
    let depth = attributes.depth() + 1;
    if depth > MAX_ITEM_DEPTH {
        let problem = format_args!(
            "the object would be nested {depth} levels deep, at most {MAX_ITEM_DEPTH} can be stored: {FLATTER}"
        );
        errors.add(RecordErrorCode::TooDeep, path, problem);
    }
}

/// Notes an error when the copies alone are more than the database holds, before they are all made: a short
/// line may refer to one large object a thousand times.
pub(super) fn check_copies(sizes: impl Iterator<Item = usize>, path: &Path<'_>, errors: &mut RecordErrors) {
    let mut bytes = HEADROOM_BYTES;
    for size in sizes {
        bytes += size;
        if bytes > MAX_ITEM_BYTES {
            let problem = format_args!(
                "the object would take more than {bytes} bytes, at most {MAX_ITEM_BYTES} can be stored: {SMALLER}"
            );
            errors.add(RecordErrorCode::TooLarge, path, problem);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::{RecordError, json::Json};

    fn check(attributes: &Object) -> String {
        let mut errors = RecordErrors::default();
        check_storable(attributes, Some("ref"), &Path::Key(&Path::Line, "attributes"), &mut errors);
        errors.into_vec().iter().map(RecordError::detail).collect()
    }

    fn holding(value: impl Into<Json>) -> Object {
        Object::from_iter([("text".to_owned(), value.into())])
    }

    #[test]
    fn an_object_is_measured_with_headroom() {
        // 3 for the map, 1 for its entry, 4 for the key, 3 for the external_ref.
        let room = MAX_ITEM_BYTES - HEADROOM_BYTES - 11;
        assert_eq!(check(&holding("x".repeat(room))), "");
        assert_snapshot!(check(&holding("x".repeat(room + 1))), @"attributes: the object would take 409601 bytes, at most 409600 can be stored: shorten its texts, or refer to less: it holds a copy of each object that it refers to");
    }

    #[test]
    fn nesting_is_measured_with_the_innermost_scalar() {
        let nested = |levels| (0..levels).fold(Json::Null, |inner, _| Json::Array(vec![inner]));
        assert_eq!(check(&holding(nested(30))), "");
        assert_snapshot!(check(&holding(nested(31))), @"attributes: the object would be nested 33 levels deep, at most 32 can be stored: put fewer objects and lists inside of each other");
    }
}
