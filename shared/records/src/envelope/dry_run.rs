//! A dry run that is asked for within a file. It is an option of the whole import: a file that has it in a line must not be
//! imported as if nobody had asked.

use crate::near::same_letters;

/// The longest line of no type that is looked through, in bytes: one that is an option is short.
const MOST: usize = 1_024;

/// What is written for no.
const NO: [&str; 7] = ["", "false", "no", "n", "0", "off", "null"];

/// Whether a key means the option.
pub(crate) fn is_meant(key: &str) -> bool {
    key.starts_with(['d', 'D']) && same_letters(key, ["dry_run"]).is_some()
}

/// Whether a value, as it stands in the line, is none of those that say no.
pub(super) fn is_yes(value: &str) -> bool {
    !NO.contains(&bare(value).to_ascii_lowercase().as_str())
}

/// Whether a line of no type asks for it: `{"dry_run":true}`, `dry_run=true`, `# dry-run`.
pub(super) fn is_asked_in(line: &str) -> bool {
    if line.len() > MOST {
        return false;
    }
    let pieces =
        || line.split(['{', '}', '[', ']', ',', ';', '&', '?', '#']).map(bare).filter(|piece| !piece.is_empty());
    let is_alone = pieces().count() == 1;
    pieces().any(|piece| match piece.split_once([':', '=']) {
        Some((name, value)) => is_meant(bare(name)) && is_yes(value),
        None => is_alone && is_meant(piece),
    })
}

/// A name or a value without what stands around it.
fn bare(text: &str) -> &str {
    text.trim_matches(|sign: char| sign.is_whitespace() || "\"'-/".contains(sign))
}

#[cfg(test)]
mod tests {
    use super::super::outline;

    #[test]
    fn a_line_asks_for_a_dry_run_by_a_key_or_as_a_whole_and_not_by_a_text_of_its_record() {
        for line in [
            r#"{"dry_run":true}"#,
            r#"{"dryRun":"yes"}"#,
            r#"{"options":{"dry-run":1}}"#,
            r#"{"data":{"type":"subscription_import_upload","attributes":{"dry_run":true}}}"#,
            "dry_run=true",
            "# dry-run",
            "--dry-run",
            "?external_ref=a&dry_run=true",
            r#"{"data":{"type":"subscription_product","attributes":{"name":"Tea"}},"dry_run":true}"#,
            r#"{"data":{"type":"subscription_product","Dry_Run":"true","attributes":{"name":"Tea"}}}"#,
            r#"{"data":{"type":"subscription_product","attributes":{"name":"Tea","dry_run":true}}}"#,
            r#"{"type":"subscription_product","name":"Tea","DRY_RUN":true}"#,
        ] {
            assert!(outline(line.as_bytes()).asks_for_dry_run, "{line}");
        }
        for line in [
            r#"{"dry_run":false}"#,
            "dry_run = no",
            r#"{"type":"subscription_product","name":"A dry run","dry_run":null}"#,
            r#"{"type":"subscription_product","name":"A dry run",}"#,
            r#"{"type":"subscription_product","name":"Laundry run: weekly",}"#,
            r#"{"type":"subscription_product","name":"dry_run","description":"dry_run=true"}"#,
            "name,dry_run,price",
            "",
        ] {
            assert!(!outline(line.as_bytes()).asks_for_dry_run, "{line}");
        }
    }
}
