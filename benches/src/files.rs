//! The import files that are measured, each made once.

use std::fmt::Write as _;

use bytes::Bytes;
use serde_json::Value;

use crate::Outcome;

/// How many lines a file has, unless it is said otherwise: as many as an import takes.
pub(crate) const FULL: usize = 50_000;

/// Makes lines as large as asked: a notice of a plan has so many bytes about it.
const NOTICE: usize = 400;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Good lines of all types, shuffled.
    Good,
    /// The same lines, sorted so that each stands behind what it refers to.
    Sorted,
    /// Long lines, one in ten of them bad.
    TenthBad,
    /// The lines of a good file, all of them bad.
    AllBad,
    /// Long lines of three write units each.
    Fat,
    /// Plans of about so many bytes.
    Sized(usize),
    /// Offerings of which so many in a hundred refer to one large product; the others have it in their lines.
    Referring(usize),
    /// Good lines of which so many in a hundred are bad.
    Bad(usize),
    /// As large as a file may be, with an error on every line.
    Largest,
}

/// A file of a kind, with so many lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ImportFile {
    pub(crate) kind: Kind,
    pub(crate) lines: usize,
}

impl ImportFile {
    pub(crate) const fn full(kind: Kind) -> Self {
        Self { kind, lines: FULL }
    }

    pub(crate) fn make(self) -> Outcome<Bytes> {
        const SEED: u64 = 1;
        let Self { kind, lines } = self;
        let generate = || {
            let mut bytes = Vec::new();
            samples::generate(lines, SEED, 0, &mut bytes)?;
            Ok::<_, crate::Failure>(bytes)
        };
        let bytes = match kind {
            Kind::Good => generate()?,
            Kind::Sorted => sorted(&generate()?),
            Kind::AllBad => spoilt(&generate()?, 100),
            Kind::Bad(share) => spoilt(&generate()?, share),
            Kind::Fat | Kind::TenthBad | Kind::Sized(_) | Kind::Largest => long_lines(kind, lines)?,
            Kind::Referring(share) => offerings(share, lines)?,
        };
        Ok(Bytes::from(bytes))
    }
}

/// Takes the names, which every type must have, from so many lines in a hundred.
fn spoilt(file: &[u8], share: usize) -> Vec<u8> {
    let text = String::from_utf8_lossy(file);
    let line = |(number, line): (usize, &str)| {
        if number % 100 < share { line.replace("\"name\":", "\"title\":") } else { line.to_owned() }
    };
    text.split_inclusive('\n').enumerate().map(line).collect::<String>().into_bytes()
}

/// Puts each line behind what it refers to.
fn sorted(file: &[u8]) -> Vec<u8> {
    let level = |line: &[u8]| {
        let value: Value = serde_json::from_slice(line).unwrap_or_default();
        let data = if value["data"].is_object() { &value["data"] } else { &value };
        match data["type"].as_str() {
            Some("subscription") => 2,
            Some("subscription_offering") => 1,
            _ => 0,
        }
    };
    let mut lines: Vec<&[u8]> = file.split_inclusive(|&byte| byte == b'\n').collect();
    lines.sort_by_cached_key(|line| level(line));
    lines.concat()
}

/// Plans with as many notices as make them long.
fn long_lines(kind: Kind, lines: usize) -> Outcome<Vec<u8>> {
    /// A line of nothing but this has so many bytes.
    const BARE: usize = 230;
    let bytes = match kind {
        Kind::Sized(bytes) => bytes,
        Kind::Largest => (records::limits::MAX_FILE_BYTES / lines).saturating_sub(NOTICE),
        _ => 2_400,
    };
    let notice = format!(r#"{{"name":"{}","unit":"day","amount":1}}"#, "n".repeat(NOTICE - 40));
    let notices = vec![notice.as_str(); bytes.saturating_sub(BARE) / NOTICE].join(",");
    let mut text = String::with_capacity(lines * (bytes + NOTICE));
    for number in 1..=lines {
        let is_bad = match kind {
            Kind::TenthBad => number % 10 == 0,
            Kind::Largest => true,
            _ => false,
        };
        let name = if is_bad { "" } else { r#""name":"Monthly","# };
        writeln!(
            text,
            r#"{{"type":"subscription_plan","external_ref":"plan-{number:06}",{name}"billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true,"notification_schedule":[{notices}]}}"#
        )?;
    }
    Ok(text.into_bytes())
}

/// A product and a plan, and offerings of them or of parts of their own.
fn offerings(share: usize, lines: usize) -> Outcome<Vec<u8>> {
    let text = "d".repeat(1_000);
    let plan = r#""name":"Monthly","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true"#;
    let product = format!(r#""name":"{text}","description":"{text}","sku":"{text}""#);
    let (own, named) =
        (format!(r#""products":[{{{product}}}],"plans":[{{{plan}}}]"#), r#""products":["large"],"plans":["monthly"]"#);
    let mut file = String::new();
    writeln!(file, r#"{{"type":"subscription_product","external_ref":"large",{product}}}"#)?;
    writeln!(file, r#"{{"type":"subscription_plan","external_ref":"monthly",{plan}}}"#)?;
    for number in 3..=lines {
        let parts = if number % 100 < share { named } else { &own };
        writeln!(file, r#"{{"type":"subscription_offering","external_ref":"offer-{number}","name":"Offer",{parts}}}"#)?;
    }
    Ok(file.into_bytes())
}
