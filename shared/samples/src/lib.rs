//! Makes import files: as large, as mixed and as broken as asked, and the same bytes for the same seed.

mod draft;
mod faults;
mod priced;
mod records;
mod subscriptions;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ::records::{RecordErrorCode, RecordType};
use clap::Args;
use flate2::Compression;
use flate2::write::GzEncoder;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use draft::{Draft, ROUND, prefix};
pub use faults::FaultKind;
use records::References;
use words::{percent, uuid};

/// What `generate` takes on a command line.
#[derive(Args, Clone, Debug)]
pub struct GenerateArgs {
    /// How many lines the file has, good and bad together.
    pub objects: usize,
    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many are broken, of every kind in turn.
    #[arg(long, default_value_t = 0)]
    pub bad: usize,
    /// Where to write, `.gz` compresses; else standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl GenerateArgs {
    /// Writes the file that was asked for.
    ///
    /// # Errors
    /// When more bad lines than lines are asked for, or the file can't be written.
    pub fn run(&self) -> io::Result<Summary> {
        match &self.output {
            None => self.write(&mut BufWriter::new(io::stdout().lock())),
            Some(path) if is_gzip(path) => {
                let mut out = GzEncoder::new(BufWriter::new(File::create(path)?), Compression::default());
                let summary = self.write(&mut out)?;
                out.finish()?.flush()?;
                Ok(summary)
            }
            Some(path) => self.write(&mut BufWriter::new(File::create(path)?)),
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<Summary> {
        let summary = generate(self.objects, self.seed, self.bad, out)?;
        out.flush()?;
        Ok(summary)
    }
}

/// What a generated file holds, so that a test can compare an import's report with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many lines there are.
    pub lines: usize,
    /// How many good lines there are of each type: what an import of the file must count as imported.
    pub good: BTreeMap<RecordType, usize>,
    /// The bad lines in the order of the file: line number, from 1, and how each is bad.
    pub bad: Vec<(u32, FaultKind)>,
    /// What an import of the file must tell of them, in this order, and of no other line.
    pub errors: Vec<ExpectedError>,
}

/// An error row that an import must tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedError {
    pub line: u32,
    pub code: RecordErrorCode,
    pub field: String,
    /// The line to blame, where it is another one.
    pub blocked_by: Option<u32>,
}

/// Writes a file of exactly `objects` lines, of which exactly `bad` are broken, in shuffled order.
///
/// No good line refers to a bad one. Of two lines with one `external_ref` the later is the bad one.
///
/// # Errors
/// When `bad` is more than `objects`, or `out` can't be written to.
pub fn generate(objects: usize, seed: u64, bad: usize, out: &mut impl Write) -> io::Result<Summary> {
    generate_of(ROUND, objects, seed, bad, out)
}

/// A place in the file.
#[derive(Clone, Copy, Debug)]
enum Slot<'a> {
    Good(&'a Draft),
    Bad { kind: FaultKind, serial: usize },
}

fn generate_of(
    round: &[RecordType],
    objects: usize,
    seed: u64,
    bad: usize,
    out: &mut impl Write,
) -> io::Result<Summary> {
    let good = objects
        .checked_sub(bad)
        .ok_or_else(|| io::Error::other(format!("{bad} bad lines don't fit in a file of {objects}")))?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let drafts = draft(&mut rng, round, good);
    let slots = arrange(&mut rng, &drafts, bad);

    let mut summary = Summary { lines: objects, ..Summary::default() };
    // The good lines so far that a duplicate can repeat.
    let mut written: Vec<&Draft> = Vec::with_capacity(drafts.len());
    // Where the bad lines came to stand, and which one of them each is.
    let (mut places, mut serials) = (BTreeMap::new(), Vec::with_capacity(bad));
    for (number, slot) in (1..).zip(slots) {
        match slot {
            Slot::Good(draft) => {
                write_record(&mut rng, draft, out)?;
                *summary.good.entry(draft.record_type).or_default() += 1;
                if draft.external_ref.is_some() {
                    written.push(draft);
                }
            }
            Slot::Bad { kind, serial } => {
                let kind = write_fault(&mut rng, kind, serial, &written, out)?;
                summary.bad.push((number, kind));
                places.insert((kind, faults::round(serial)), number);
                serials.push(serial);
            }
        }
        out.write_all(b"\n")?;
    }
    for ((line, kind), serial) in summary.bad.iter().zip(serials) {
        let blamed = |kind| places.get(&(kind, faults::round(serial))).copied();
        let blocked_by = kind.blocked_by().and_then(blamed);
        let expected = |(code, field)| ExpectedError { line: *line, code, field, blocked_by };
        summary.errors.extend(kind.errors().into_iter().map(expected));
    }
    Ok(summary)
}

/// Decides types, external refs and references of the good lines, before any is written.
fn draft(rng: &mut ChaCha8Rng, round: &[RecordType], count: usize) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::with_capacity(count);
    let mut made: BTreeMap<RecordType, usize> = BTreeMap::new();
    for &record_type in round.iter().cycle().take(count) {
        let number = made.entry(record_type).or_default();
        *number += 1;
        // The first always has one, so that a file with a good line has something to repeat.
        let external_ref = (drafts.is_empty() || percent(rng, 95)).then(|| external_ref(rng, record_type, *number));
        drafts.push(Draft { record_type, external_ref, references: References::default() });
    }

    let named = |drafts: &[Draft], wanted| -> Vec<String> {
        drafts
            .iter()
            .filter(|draft| draft.record_type == wanted)
            .filter_map(|draft| draft.external_ref.clone())
            .collect()
    };
    let products = named(&drafts, RecordType::SubscriptionProduct);
    let plans = named(&drafts, RecordType::SubscriptionPlan);
    let features = named(&drafts, RecordType::SubscriptionFeature);
    for draft in drafts.iter_mut().filter(|draft| draft.record_type == RecordType::SubscriptionOffering) {
        // One in twelve refers to nothing and brings all its parts along.
        if !percent(rng, 8) {
            draft.references.products = some_of(rng, &products, 4);
            draft.references.plans = some_of(rng, &plans, 3);
            draft.references.features = some_of(rng, &features, 2);
        }
        draft.references.is_priced = percent(rng, 50);
    }

    // A subscription takes one of its offering's own plans and, where there are any, pricing options.
    let offer = |draft: &Draft| -> Option<(String, String, Option<&'static str>)> {
        let offering = draft.external_ref.clone()?;
        if draft.references.is_priced {
            return Some((offering, priced::PLAN.to_owned(), Some(priced::OPTION)));
        }
        Some((offering, draft.references.plans.first()?.clone(), None))
    };
    let offerings = drafts.iter().filter(|draft| draft.record_type == RecordType::SubscriptionOffering);
    let offers: Vec<_> = offerings.filter_map(offer).collect();
    for draft in drafts.iter_mut().filter(|draft| draft.record_type == RecordType::Subscription) {
        if let Some((offering, plan, pricing_option)) = offers.choose(rng).cloned() {
            draft.references.offering = Some(offering);
            draft.references.plans = vec![plan];
            draft.references.pricing_option = pricing_option;
        }
    }
    drafts
}

/// Puts good and bad lines in the order of the file.
fn arrange<'a>(rng: &mut ChaCha8Rng, drafts: &'a [Draft], bad: usize) -> Vec<Slot<'a>> {
    let kinds = FaultKind::ALL.iter().cycle().take(bad).enumerate();
    let mut slots: Vec<Slot> = drafts.iter().map(Slot::Good).collect();
    slots.extend(kinds.map(|(serial, &kind)| Slot::Bad { kind, serial }));
    slots.shuffle(rng);
    // A duplicate needs something earlier in the file to repeat.
    let repeatable = |slot: &Slot| matches!(slot, Slot::Good(draft) if draft.external_ref.is_some());
    if let Some(first) = slots.iter().position(repeatable) {
        slots.swap(0, first);
    }
    slots
}

/// Makes an external ref that no other line of the type has, in one of the shapes that other systems use.
fn external_ref(rng: &mut ChaCha8Rng, record_type: RecordType, number: usize) -> String {
    let prefix = prefix(record_type);
    match rng.random_range(0..100_u8) {
        // A UUID may well be someone's external ref.
        0..2 => uuid(rng),
        2..4 => format!("{prefix}/Zürich #{number}"),
        // Other types use these too: a ref need only be unique within its type.
        4..10 => format!("shop:{number}"),
        _ => format!("{prefix}-{number:06}"),
    }
}

/// Takes one to `most` different names; none when there are none.
fn some_of(rng: &mut ChaCha8Rng, names: &[String], most: usize) -> Vec<String> {
    let count = rng.random_range(1..=most);
    let mut some: Vec<String> = Vec::with_capacity(count);
    for _ in 0..count {
        if let Some(name) = names.choose(rng)
            && !some.contains(name)
        {
            some.push(name.clone());
        }
    }
    some
}

/// Writes a bad line, and tells how it turned out bad: a duplicate with nothing to repeat becomes another kind.
fn write_fault(
    rng: &mut ChaCha8Rng,
    kind: FaultKind,
    serial: usize,
    written: &[&Draft],
    out: &mut impl Write,
) -> io::Result<FaultKind> {
    let kind = if kind == FaultKind::DuplicateExternalRef {
        if let Some(earlier) = written.choose(rng) {
            let attributes = draft::attributes(rng, earlier)?;
            write_whole(earlier.record_type, &attributes, out)?;
            return Ok(kind);
        }
        FaultKind::UnknownReference
    } else {
        kind
    };
    out.write_all(&faults::broken_line(rng, kind, serial))?;
    Ok(kind)
}

/// Writes a good record in one of the envelopes that an import reads.
fn write_record(rng: &mut ChaCha8Rng, draft: &Draft, out: &mut impl Write) -> io::Result<()> {
    let record_type = draft.record_type;
    let attributes = draft::attributes(rng, draft)?;
    // Without its opening brace, to put the type in front of it.
    let fields = attributes.trim_start_matches('{');
    match rng.random_range(0..100_u8) {
        0..4 => write!(out, r#"{{"type":"{record_type}",{fields}"#),
        4..8 => write!(out, r#"{{"data":{{"type":"{record_type}",{fields}}}"#),
        8..14 => write!(out, r#"{{"type":"{record_type}","attributes":{attributes}}}"#),
        14..20 => write!(out, r#"{{"data":{{"attributes":{attributes},"type":"{record_type}"}}}}"#),
        _ => write_whole(record_type, &attributes, out),
    }
}

/// Writes a record in the form that documents show.
fn write_whole(record_type: RecordType, attributes: &str, out: &mut impl Write) -> io::Result<()> {
    write!(out, r#"{{"data":{{"type":"{record_type}","attributes":{attributes}}}}}"#)
}

fn is_gzip(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"))
}
