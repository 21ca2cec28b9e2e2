//! How the strings of a record have to be written.

use chrono::{DateTime, Datelike};
use iri_string::types::IriStr;
use uuid::Uuid;

use crate::{limits::MAX_EMAIL, quote::name_of_invisible};

/// Whether a text is a UUID in its usual form; a URN, braces and bare digits are not.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

/// Whether a text is an absolute address as browsers take it: a URI (RFC 3986), with letters of any script (RFC 3987), and
/// with brackets in its query.
pub(super) fn is_uri(text: &str) -> bool {
    IriStr::new(text).is_ok()
        || text.split_once('?').is_some_and(|(path, query)| {
            IriStr::new(path).is_ok() && IriStr::new(&format!("x:?{}", query.replace(['[', ']'], ""))).is_ok()
        })
}

/// The first year that is a date: earlier ones are what programs write where there is none.
pub(super) const FIRST_YEAR: i32 = 1900;

/// Whether a text is an RFC 3339 time, from 1900 on.
pub(super) fn is_time(text: &str) -> bool {
    DateTime::parse_from_rfc3339(text).is_ok_and(|time| time.year() >= FIRST_YEAR)
}

/// Whether a text is three ASCII letters. Which currencies a store knows is not ours to say.
pub(super) fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Whether a text is 1 to 64 letters, digits, `-` and `_`.
pub(super) fn is_tag(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Whether a text is an email address of the usual kind.
///
/// Narrower than RFC 5322, which allows comments and quoted names that no mailbox has: one `@`, before it 1 to 64 bytes
/// without white space or special characters, after it the labels of a domain, in all 254 bytes.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    text.len() <= MAX_EMAIL
        && (1..=64).contains(&local.len())
        && local.split('.').all(|part| !part.is_empty())
        && !local.contains(|character: char| {
            character.is_whitespace() || character.is_control() || r#"@,;:<>()[]\""#.contains(character)
        })
        && is_domain(domain)
}

/// Whether a text is a domain, in whatever script: what is not ASCII goes by the rules of the names themselves (UTS 46).
fn is_domain(domain: &str) -> bool {
    if domain.is_ascii() {
        return domain.split('.').all(is_label);
    }
    // The rules take invisible characters out in silence; here they are part of what is stored.
    let is_seen = domain.chars().all(|character| name_of_invisible(character).is_none());
    is_seen && idna::domain_to_ascii(domain).is_ok_and(|ascii| ascii.split('.').all(is_label))
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: fn(&str) -> bool, yes: &[&str], no: &[&str]) {
        for text in yes {
            assert!(rule(text), "{text:?} should do");
        }
        for text in no {
            assert!(!rule(text), "{text:?} should not do");
        }
    }

    #[test]
    fn a_uuid_is_written_in_its_usual_form() {
        check(
            is_uuid,
            &["550e8400-e29b-41d4-a716-446655440000", "550E8400-E29B-41D4-A716-446655440000"],
            &["", "550e8400e29b41d4a716446655440000", "urn:uuid:550e8400-e29b-41d4-a716-446655440000", "x"],
        );
    }

    #[test]
    fn an_email_has_one_at_and_a_domain() {
        let long = format!("{}@example.com", "x".repeat(65));
        let longer = format!("x@{}com", "example.".repeat(40));
        check(
            is_email,
            &[
                "ada@example.com",
                "ada+tea@mail.example.co.uk",
                "o'neil@example.com",
                "ada@bücher.example",
                "a@b",
                "user@उदाहरण.परीक्षा",
                "пётр@пример.рф",
                "ada@例え.jp",
            ],
            &[
                "",
                "ada",
                "@example.com",
                "ada@",
                "a@b@c",
                "a b@c.de",
                ".a@b.c",
                "a..b@c.d",
                "a@-b.c",
                "a@b..c",
                &long,
                &longer,
            ],
        );
    }

    #[test]
    fn a_uri_is_absolute() {
        check(
            is_uri,
            &[
                "http://pacheco.net/",
                "https://example.com/a%20b.png?x=1#y",
                "urn:isbn:0451450523",
                "https://example.com/café.jpg",
                "https://example.com/a.jpg?size=[200]",
                "https://münchen.example/?a[]=1&b[]=2#c",
            ],
            &["", "/tea.png", "tea.png", "https://example.com/a b.png", "https://[bad"],
        );
    }

    #[test]
    fn a_time_has_a_date_and_an_offset() {
        check(
            is_time,
            &["2026-01-10T11:41:19Z", "2026-01-10T11:41:19.244842+02:00"],
            &["", "2026-01-10", "2026-01-10T11:41:19", "2026-13-10T11:41:19Z"],
        );
    }

    #[test]
    fn a_tag_is_plain_and_short() {
        let (long, longer) = ("x".repeat(64), "x".repeat(65));
        check(is_tag, &["a", "Gold_1-x", &long], &["", "a b", "é", &longer]);
    }

    #[test]
    fn a_currency_has_three_letters() {
        check(is_currency, &["USD", "gbp"], &["", "US", "USDX", "U$D", "ÄÖ"]);
    }
}
