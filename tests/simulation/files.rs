//! The jobs of a run: small files with references, mistakes, repeats and blank lines, over few names, so that jobs meet.

use std::{fmt::Write, time::Duration};

use bytes::Bytes;
use imports::{
    import::ImportId,
    options::{ImportOptions, OnConflict},
};
use records::{StoreId, jsonl};
use uuid::Uuid;

use crate::chance::{Chance, Weather};

/// Of how many names one is drawn for an object.
const NAMES: usize = 12;

/// A job that somebody will make.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) id: ImportId,
    pub(crate) store: StoreId,
    pub(crate) options: ImportOptions,
    pub(crate) file: Bytes,
    /// The name under which the file is dropped; it is uploaded when it has none.
    pub(crate) dropped_as: Option<String>,
    /// How long after a file was dropped S3 announces it: another one that is dropped later may be announced before.
    pub(crate) announced_after: Duration,
    pub(crate) made_after: Duration,
    /// How long after it was made somebody cancels it.
    pub(crate) cancelled_after: Option<Duration>,
    /// Whether it kills its workers.
    pub(crate) is_poison: bool,
}

impl Planned {
    /// The numbers of the lines that are not blank.
    pub(crate) fn lines(&self) -> Vec<u64> {
        jsonl::lines(&self.file).map(|line| line.number.into()).collect()
    }
}

/// The jobs of a seed, in the order in which they are made.
pub(crate) fn plan(chance: &mut Chance, weather: &Weather) -> Vec<Planned> {
    let count = 1 + chance.below(5);
    let poison = weather.poison.then(|| chance.below(count));
    let mut planned: Vec<Planned> = (0..count).map(|number| job(chance, number, Some(number) == poison)).collect();
    planned.sort_by_key(|job| job.made_after);
    planned
}

fn job(chance: &mut Chance, number: usize, is_poison: bool) -> Planned {
    let on_conflict = chance.pick(&[OnConflict::Fail, OnConflict::Skip, OnConflict::Update, OnConflict::Update]);
    let dry_run = chance.happens(120);
    let options = ImportOptions { dry_run, on_conflict, ..ImportOptions::default() };
    let spread = chance.pick(&[1_000, 20_000, 50_000]);
    Planned {
        id: ImportId::new(Uuid::from_u128(chance.number())),
        store: StoreId::from_configuration(chance.pick(&["a", "a", "b"])).unwrap(),
        options,
        file: file(chance).into(),
        // Some under one name.
        dropped_as: chance.happens(350).then(|| format!("{}.jsonl", number % 2)),
        announced_after: if chance.happens(500) { Duration::ZERO } else { chance.millis(0, 20_000) },
        made_after: chance.millis(0, spread),
        cancelled_after: chance.happens(150).then(|| chance.millis(0, 30_000)),
        is_poison,
    }
}

fn file(chance: &mut Chance) -> String {
    let lines = match chance.below(30) {
        0 => 0,
        1..=2 => 250,
        3..=14 => 1 + chance.below(6),
        _ => 1 + chance.below(60),
    };
    // Mostly a few, which other lines and other jobs have too; with more of them a file is written in several calls.
    let names = if lines > 100 { chance.pick(&[NAMES, 400]) } else { NAMES };
    // In a thousand products.
    let unnamed = chance.pick(&[50, 50, 900]);
    (0..lines).map(|_| line(chance, names, unnamed)).collect()
}

fn line(chance: &mut Chance, names: usize, unnamed: u32) -> String {
    let mut line = match chance.below(20) {
        0 => "\n".to_owned(),
        1 => "{\"type\":\"subscription_product\",\"name\":\"T\"}\n".to_owned(),
        2 => "{]\n".to_owned(),
        3..=8 if chance.happens(unnamed) => "{\"type\":\"subscription_product\",\"name\":\"Unnamed\"}\n".to_owned(),
        3..=8 => product(chance, names),
        9..=11 => plan_line(chance, names),
        12..=14 => subscriber(chance, names),
        15..=17 => offering(chance, names),
        _ => subscription(chance, names),
    };
    if chance.happens(100) {
        line = line.replace('\n', "\r\n");
    }
    line
}

fn product(chance: &mut Chance, names: usize) -> String {
    let (name, kind) = (chance.below(names), chance.below(1_000));
    format!("{{\"type\":\"subscription_product\",\"external_ref\":\"p{name}\",\"name\":\"Tea no. {kind}\"}}\n")
}

fn plan_line(chance: &mut Chance, names: usize) -> String {
    let (name, months) = (chance.below(names), 1 + chance.below(24));
    format!(
        "{{\"type\":\"subscription_plan\",\"external_ref\":\"m{name}\",\"name\":\"Monthly\",\
         \"billing_interval_type\":\"month\",\"billing_frequency\":1,\"plan_length\":{months},\"end_behavior\":\"roll\",\
         \"can_pause\":true,\"can_resume\":true,\"can_cancel\":false}}\n"
    )
}

fn subscriber(chance: &mut Chance, names: usize) -> String {
    let (name, number) = (chance.below(names), chance.below(1_000));
    format!(
        "{{\"data\":{{\"type\":\"subscription_subscriber\",\"attributes\":{{\"external_ref\":\"s{name}\",\
         \"account_id\":\"550e8400-e29b-41d4-a716-446655440000\",\"name\":\"Ada {number}\",\
         \"email\":\"ada@example.com\"}}}}}}\n"
    )
}

fn offering(chance: &mut Chance, names: usize) -> String {
    let mut products = String::new();
    for index in 0..=chance.below(2) {
        let comma = if index == 0 { "" } else { "," };
        write!(products, "{comma}\"p{}\"", chance.below(names)).unwrap();
    }
    let name = chance.below(names);
    let plan = name % 4;
    format!(
        "{{\"type\":\"subscription_offering\",\"external_ref\":\"o{name}\",\"name\":\"Box\",\
         \"products\":[{products}],\"plans\":[\"m{plan}\"]}}\n"
    )
}

fn subscription(chance: &mut Chance, names: usize) -> String {
    let offering = chance.below(names);
    let plan = offering % 4;
    format!(
        "{{\"type\":\"subscription\",\"account_id\":\"550e8400-e29b-41d4-a716-446655440000\",\"currency\":\"USD\",\
         \"name\":\"Ada Lovelace\",\"email\":\"ada@example.com\",\"manual_payments\":false,\
         \"offering_external_ref\":\"o{offering}\",\"plan_id\":\"m{plan}\"}}\n"
    )
}
