//! What a job's document is known by.

use imports::{
    api::{ApiError, Document, ImportDocument, Reply},
    import::Import,
};
use uuid::Uuid;

/// Changing it would let every caller's copy count as old, once.
const TAGS: Uuid = Uuid::from_u128(0x52c1_9e07_64ab_5d1e_8f30_b7d2_5a96_c40e);

/// The tag of a job's document: of all that it says but `updated_at`, which a job that runs moves while nothing else does.
/// Weak, as such documents differ in that byte by byte.
pub(crate) fn etag(import: &Import, position: Option<u64>) -> Result<String, ApiError> {
    let import = Import { updated_at: import.created_at, ..import.clone() };
    let said = Reply::ok(&Document::new(ImportDocument::new(import, position, "")))?.body;
    Ok(format!("W/\"{}\"", Uuid::new_v5(&TAGS, said.as_bytes()).simple()))
}

/// Whether a header `If-None-Match` lists a tag.
pub(crate) fn lists(header: &str, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    header.trim() == "*" || header.split(',').any(|tag| opaque(tag) == opaque(etag))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use imports::import::{ImportStatus, Tally};
    use twins::fixture::{job, noon};

    use super::*;

    #[test]
    fn a_tag_changes_with_all_that_is_shown_but_the_time_of_the_last_change() {
        let import = Import::pending(job(7), noon(), 1);
        let tag = |import: &Import, position| etag(import, position).unwrap();
        let before = tag(&import, Some(1));
        assert_eq!(tag(&Import { updated_at: noon() + TimeDelta::hours(1), ..import.clone() }, Some(1)), before);
        assert_ne!(tag(&import, Some(2)), before);
        assert_ne!(tag(&Import { status: ImportStatus::Started, ..import.clone() }, Some(1)), before);
        let tally = Tally { warnings: 1, ..Tally::default() };
        assert_ne!(tag(&Import { tally, ..import.clone() }, Some(1)), before);
        assert_ne!(tag(&Import { cancel_requested_at: Some(noon()), ..import }, Some(1)), before);
    }

    #[test]
    fn a_tag_is_found_however_the_header_lists_it() {
        let tag = "W/\"abc\"";
        for header in ["W/\"abc\"", "\"abc\"", "\"x\", W/\"abc\" ", "*", " * "] {
            assert!(lists(header, tag), "{header}");
        }
        for header in ["", "abc", "\"abcd\"", "W/\"x\"", "\"x\",\"y\"", "**"] {
            assert!(!lists(header, tag), "{header}");
        }
    }
}
