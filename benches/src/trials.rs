//! Imports and peers, each measured in every round: what is compared ran next to each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    time::Duration,
};

use crate::{
    Outcome,
    fake::{Counts, Manner},
    files::ImportFile,
    imports::{self, Imported},
    peers::{self, Peer},
    process::folder,
    programs::Programs,
    say,
};

/// One thing that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trial {
    Import(ImportFile, Manner),
    /// An import whose first worker has only seconds.
    HandOver(ImportFile),
    /// A peer that writes what the import of a file writes.
    Peer(Peer, ImportFile, Manner),
}

/// How long a worker has that is to hand its job over: the half minute in which no batch begins, and some seconds.
const SHORT: Duration = Duration::from_secs(36);

#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    /// In seconds.
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
    /// In bytes, over the file's.
    pub(crate) peak_over_file: f64,
    pub(crate) hand_overs: u64,
    pub(crate) counts: Counts,
}

/// What was measured, and why some of it was not.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    of: BTreeMap<Trial, Vec<Sample>>,
    pub(crate) skipped: Vec<String>,
}

impl Samples {
    /// The samples of a trial in the order of the rounds; none when it was skipped.
    pub(crate) fn of(&self, trial: Trial) -> &[Sample] {
        self.of.get(&trial).map(Vec::as_slice).unwrap_or_default()
    }

    /// The median of something; `None` when the trial was skipped.
    pub(crate) fn median(&self, trial: Trial, what: impl Fn(&Sample) -> f64) -> Option<f64> {
        median(self.of(trial).iter().map(what).collect())
    }

    /// The median of the ratios of each round.
    pub(crate) fn ratio(&self, upper: Trial, lower: Trial, what: impl Fn(&Sample) -> f64) -> Option<f64> {
        let rounds = self.of(upper).iter().zip(self.of(lower));
        median(rounds.map(|(upper, lower)| what(upper) / what(lower)).collect())
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 { upper } else { f64::midpoint(upper, *values.get(middle - 1)?) })
}

/// Measures trials, round by round.
pub(crate) async fn measure(programs: &Programs, trials: &BTreeSet<Trial>, rounds: usize) -> Outcome<Samples> {
    let mut samples = Samples::default();
    let mut trials = trials.clone();
    let peers: BTreeSet<Peer> = trials.iter().filter_map(|trial| trial.peer()).collect();
    for peer in peers {
        if let Err(error) = peers::prepare(peer) {
            let reason = format!("SKIPPED {peer}: {error}");
            say(&reason);
            samples.skipped.push(reason);
            trials.retain(|trial| trial.peer() != Some(peer));
        }
    }
    let written: BTreeSet<_> = trials.iter().filter_map(|trial| trial.writes_like()).collect();
    for file in written {
        write_items(programs, file).await?;
    }
    for round in 0..rounds {
        for &trial in trials.iter().filter(|trial| round == 0 || !trial.is_slow()) {
            let sample = trial.run(programs).await?;
            say(&format!("round {} of {rounds}: {trial:?}: {:.2} s, CPU {:.2} s", round + 1, sample.wall, sample.cpu));
            samples.of.entry(trial).or_default().push(sample);
        }
    }
    Ok(samples)
}

impl Trial {
    fn peer(self) -> Option<Peer> {
        if let Self::Peer(peer, ..) = self { Some(peer) } else { None }
    }

    /// The file whose items a peer writes.
    fn writes_like(self) -> Option<ImportFile> {
        if let Self::Peer(_, file, _) = self { Some(file) } else { None }
    }

    /// Whether its time is that of the table, and hardly differs from round to round.
    const fn is_slow(self) -> bool {
        matches!(
            self,
            Self::Import(_, Manner::Aws | Manner::Paced) | Self::Peer(_, _, Manner::Paced) | Self::HandOver(_)
        )
    }

    async fn run(self, programs: &Programs) -> Outcome<Sample> {
        match self {
            Self::Import(file, manner) => import(programs, file, manner, &[]).await,
            Self::HandOver(file) => import(programs, file, Manner::Aws, &[SHORT]).await,
            Self::Peer(peer, file, manner) => {
                let took = peers::run(peer, &items(file)?, manner).await?;
                Ok(Sample { wall: took.wall, cpu: took.cpu, ..Sample::default() })
            }
        }
    }
}

async fn import(programs: &Programs, file: ImportFile, manner: Manner, times: &[Duration]) -> Outcome<Sample> {
    let bytes = file.make()?;
    let size = crate::real(u64::try_from(bytes.len())?);
    let Imported { wall, cpu, peak, hand_overs, counts, .. } =
        imports::import_with(programs, bytes, manner, times).await?;
    Ok(Sample { wall, cpu, peak_over_file: crate::real(peak) - size, hand_overs, counts })
}

/// Where the items stand that the import of a file writes, one on a line each.
fn items(file: ImportFile) -> Outcome<PathBuf> {
    Ok(folder()?.join(format!("items-{:?}-{}.jsonl", file.kind, file.lines)))
}

async fn write_items(programs: &Programs, file: ImportFile) -> Outcome {
    let imported = imports::import(programs, file.make()?, Manner::Null).await?;
    Ok(fs::write(items(file)?, imported.fake.objects().written()?.join("\n"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_lies_in_the_middle() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }
}
