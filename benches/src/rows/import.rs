//! Whole imports: how fast they are beside others, how much they write and hold.

use super::{Goal, Row, Unit, Wanted};
use crate::{
    fake::Manner::{self, Aws, Dynoxide, Null, Paced},
    files::{FULL, ImportFile, Kind},
    peers::{Peer, TASKS},
    trials::{Sample, Samples, Trial},
};

const GOOD: ImportFile = ImportFile::full(Kind::Good);
const FAT: ImportFile = ImportFile::full(Kind::Fat);
const ALL_BAD: ImportFile = ImportFile::full(Kind::AllBad);
const SORTED: ImportFile = ImportFile::full(Kind::Sorted);
const TENTH_BAD: ImportFile = ImportFile::full(Kind::TenthBad);

const ONE_TASK: Peer = Peer::SdkLoop { tasks: 1 };
const SEVERAL: Peer = Peer::SdkLoop { tasks: TASKS };

const fn good(manner: Manner) -> Trial {
    Trial::Import(GOOD, manner)
}

const fn peer(peer: Peer, manner: Manner) -> Trial {
    Trial::Peer(peer, GOOD, manner)
}

const fn null(file: ImportFile) -> Trial {
    Trial::Import(file, Null)
}

/// What has to be measured for a goal.
pub(super) fn trials(goal: Goal) -> Vec<Trial> {
    match goal {
        Goal::P1 => vec![good(Dynoxide), peer(SEVERAL, Dynoxide), peer(Peer::Pipe, Dynoxide)],
        Goal::P1n => vec![good(Null), peer(ONE_TASK, Null), peer(SEVERAL, Null), peer(Peer::Pipe, Null)],
        Goal::P2 => vec![good(Null), peer(Peer::Boto3, Null), peer(Peer::LibDynamodb, Null)],
        Goal::P3 => vec![good(Aws), Trial::Import(FAT, Aws)],
        Goal::P3c => {
            let beside = [good(Paced), peer(SEVERAL, Null), peer(SEVERAL, Paced)];
            [good(Aws), Trial::Import(FAT, Aws), good(Null), null(FAT)].into_iter().chain(beside).collect()
        }
        Goal::P4 => vec![good(Aws), Trial::HandOver(GOOD)],
        Goal::P5 => vec![good(Null)],
        Goal::P6 => [GOOD, TENTH_BAD, FAT, ALL_BAD].map(null).to_vec(),
        Goal::P8 => [GOOD, SORTED, ALL_BAD].map(null).to_vec(),
        Goal::P7 | Goal::P9 | Goal::P10 | Goal::P11 | Goal::C | Goal::S | Goal::G => Vec::new(),
    }
}

/// The rows of a goal, but for what was skipped.
pub(super) fn rows(goal: Goal, samples: &Samples) -> Vec<Row> {
    let rows = match goal {
        Goal::P1 => vec![
            beside("P1", samples, Dynoxide, SEVERAL, |sample| sample.wall, Wanted::AtMost(1.05)),
            beside("P1", samples, Dynoxide, Peer::Pipe, |sample| sample.wall, Wanted::AtMost(1.2)),
        ],
        Goal::P1n => vec![
            beside("P1n", samples, Null, ONE_TASK, |sample| sample.cpu, Wanted::AtMost(0.9)),
            beside("P1n", samples, Null, SEVERAL, |sample| sample.cpu, Wanted::Anything),
            beside("P1n", samples, Null, Peer::Pipe, |sample| sample.cpu, Wanted::Anything),
        ],
        Goal::P2 => vec![faster(samples, Peer::Boto3, 6.0), faster(samples, Peer::LibDynamodb, 2.0)],
        Goal::P3 => [("good", GOOD), ("fat", FAT)].into_iter().flat_map(|file| at_the_limits(samples, file)).collect(),
        Goal::P3c => {
            let (fat, alone) = (Trial::Import(FAT, Aws), format!("CPU of a {SEVERAL}, as slow / at once"));
            let wanted = Wanted::AtMost(1.2);
            vec![
                slowed(samples, "good: CPU at the limits / without", good(Aws), good(Null), wanted),
                slowed(samples, "fat: CPU at the limits / without", fat, null(FAT), wanted),
                slowed(samples, "good: CPU at the limits / without, as slow", good(Aws), good(Paced), wanted),
                slowed(samples, &alone, peer(SEVERAL, Paced), peer(SEVERAL, Null), Wanted::Anything),
            ]
        }
        Goal::P4 => vec![
            units(samples, "write units used / needed", good(Aws)),
            units(samples, "the same with a hand-over", Trial::HandOver(GOOD)),
        ],
        Goal::P5 => vec![cpu_an_object(samples)],
        Goal::P6 => [("good", GOOD), ("long lines, a tenth bad", TENTH_BAD), ("fat", FAT), ("all bad", ALL_BAD)]
            .into_iter()
            .map(|(name, file)| memory(samples, name, file))
            .collect(),
        Goal::P8 => vec![
            of_files(samples, "time shuffled / sorted", null(GOOD), null(SORTED), 1.05),
            of_files(samples, "time all bad / good", null(ALL_BAD), null(GOOD), 0.8),
        ],
        Goal::P7 | Goal::P9 | Goal::P10 | Goal::P11 | Goal::C | Goal::S | Goal::G => Vec::new(),
    };
    rows.into_iter().flatten().collect()
}

fn beside(
    id: &'static str,
    samples: &Samples,
    manner: Manner,
    other: Peer,
    what: fn(&Sample) -> f64,
    wanted: Wanted,
) -> Option<Row> {
    let (ours, theirs) = (good(manner), peer(other, manner));
    let ratio = samples.ratio(ours, theirs, what)?;
    let (kind, table) = match manner {
        Null => ("CPU", "a table that answers at once"),
        _ => ("time", "a database in memory"),
    };
    let detail = format!("{:.2} s / {:.2} s", samples.median(ours, what)?, samples.median(theirs, what)?);
    let what = format!("{kind} of a whole import / {other}, {table}");
    Some(Row::new(id, what, wanted, ratio, Unit::Times).detail(detail))
}

fn faster(samples: &Samples, other: Peer, least: f64) -> Option<Row> {
    let (ours, theirs) = (good(Null), peer(other, Null));
    let ratio = samples.ratio(theirs, ours, |sample| sample.wall)?;
    let wall = |trial| samples.median(trial, |sample| sample.wall);
    let detail = format!("{:.2} s / {:.2} s", wall(theirs)?, wall(ours)?);
    let what = format!("time of {other} / a whole import, a table that answers at once");
    Some(Row::new("P2", what, Wanted::AtLeast(least), ratio, Unit::Times).detail(detail))
}

fn at_the_limits(samples: &Samples, (name, file): (&str, ImportFile)) -> [Option<Row>; 3] {
    let trial = Trial::Import(file, Aws);
    let time = |what: &str, wanted, of: fn(&Sample) -> f64| {
        let sample = samples.of(trial).first()?;
        let (time, floor) = (of(sample), sample.counts.floor());
        let what = format!("{name}: {what} / what the limits of the table allow");
        Some(Row::new("P3", what, wanted, time / floor, Unit::Times).detail(format!("{time:.2} s / {floor:.2} s")))
    };
    let in_vain = || {
        let sample = samples.of(trial).first()?;
        let (in_vain, offered) = (crate::real(sample.counts.in_vain), crate::real(sample.counts.offered));
        let what = format!("{name}: items offered in vain");
        let detail = format!("{in_vain} of {offered}");
        Some(Row::new("P3", what, Wanted::AtMost(2.0), 100.0 * in_vain / offered, Unit::Percent).detail(detail))
    };
    [
        time("time", Wanted::AtMost(1.02), |sample| sample.wall),
        time("time from the first write to the last", Wanted::Anything, |sample| sample.counts.writing()),
        in_vain(),
    ]
}

/// Processor time with a slow table beside that with another.
fn slowed(samples: &Samples, what: &str, slow: Trial, other: Trial, wanted: Wanted) -> Option<Row> {
    let cpu = |trial| samples.median(trial, |sample| sample.cpu);
    let (slow, other) = (cpu(slow)?, cpu(other)?);
    Some(Row::new("P3c", what, wanted, slow / other, Unit::Times).detail(format!("{slow:.2} s / {other:.2} s")))
}

fn units(samples: &Samples, what: &str, trial: Trial) -> Option<Row> {
    let Sample { counts, hand_overs, .. } = samples.of(trial).first()?;
    let (used, needed) = (counts.write_units, counts.needed_units());
    let detail = format!("{used} / {needed}, hand-overs: {hand_overs}");
    let ratio = crate::real(used) / crate::real(needed);
    Some(Row::new("P4", what, Wanted::AtMost(1.002), ratio, Unit::Times).detail(detail))
}

fn cpu_an_object(samples: &Samples) -> Option<Row> {
    let cpu = samples.median(null(GOOD), |sample| sample.cpu)?;
    let an_object = cpu * 1e6 / crate::real(u64::try_from(FULL).ok()?);
    let what = "CPU an object, a table that answers at once";
    Some(Row::new("P5", what, Wanted::AtMost(22.0), an_object, Unit::Microseconds))
}

fn memory(samples: &Samples, name: &str, file: ImportFile) -> Option<Row> {
    let over = samples.median(null(file), |sample| sample.peak_over_file)? / MEGABYTE;
    let what = format!("{name}: most memory over the file's size");
    Some(Row::new("P6", what, Wanted::AtMost(48.0), over, Unit::Megabytes))
}

fn of_files(samples: &Samples, what: &str, upper: Trial, lower: Trial, most: f64) -> Option<Row> {
    let ratio = samples.ratio(upper, lower, |sample| sample.wall)?;
    let wall = |trial| samples.median(trial, |sample| sample.wall);
    let detail = format!("{:.2} s / {:.2} s", wall(upper)?, wall(lower)?);
    Some(Row::new("P8", what, Wanted::AtMost(most), ratio, Unit::Times).detail(detail))
}

pub(super) const MEGABYTE: f64 = 1e6;
