//! The command that runs one file through the whole system.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use flate2::Compression;
use flate2::write::GzEncoder;
use indicatif::{MultiProgress, ProgressBar};
use records::RecordType;

use crate::client::{Client, Import, Status};
use crate::output::Output;
use crate::report::{counts, report, totals};
use crate::stack::STORE;
use crate::{Error, Options, Stack};

/// The options of an import. What they may be the API knows, and says.
#[derive(Args, Debug, Default)]
pub struct ImportArgs {
    /// Check everything and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// With objects that are stored: fail, skip, update.
    #[arg(long, value_name = "POLICY")]
    on_conflict: Option<String>,
    /// With unknown attributes: warn or refuse.
    #[arg(long, value_name = "ANSWER")]
    unknown: Option<String>,
    /// Your own name for the job.
    #[arg(long, value_name = "NAME")]
    external_ref: Option<String>,
}

impl ImportArgs {
    /// The options that are given, as parts of a form.
    fn parts(self) -> Vec<(&'static str, String)> {
        let all = [
            ("dry_run", self.dry_run.then(|| "true".to_owned())),
            ("on_conflict", self.on_conflict),
            ("unknown", self.unknown),
            ("external_ref", self.external_ref),
        ];
        all.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
    }
}

/// A larger file is sent compressed: a call of the gateway carries about 4.5 MB of file.
const COMPRESS_OVER: usize = 1024 * 1024;

/// Longer than any file takes on this machine, hand-overs and retries included; past this, something hangs.
const LIMIT: Duration = Duration::from_mins(30);

/// Imports a file into a fresh local stack and prints what became of it, with so many of its errors. Tells whether the job
/// ended well.
///
/// # Errors
/// When the file can't be read, or a part of the system does not work.
pub async fn run(path: PathBuf, args: ImportArgs, errors: u32, options: Options) -> Result<bool, Error> {
    let output = Output::new(options.quiet);
    output.progress(&format!(
        "Importing {} into an AWS on this machine:\nsome seconds; the first time some minutes, to build it all.",
        path.display()
    ));
    let (name, file) = read(&path)?;
    let stack = Stack::start(options).await?;
    let client = stack.client(STORE)?;
    let created = client.create_import(&name, file, args.parts()).await?;
    output.progress(&format!("Import {} is made; running it", created.id));
    let ended = follow(&client, created, output).await.map_err(|error| {
        Error::new(error.problem(), format!("{}; the emulator's log is {}", error.remedy(), stack.log().display()))
    })?;
    let errors = client.list_import_errors(&ended.id, errors).await?;
    output.result(&report(&ended, &errors, None));
    Ok(ended.attributes.status == Status::Success)
}

/// Reads the file, compressing a large one.
fn read(path: &Path) -> Result<(String, Vec<u8>), Error> {
    let unreadable = |error: std::io::Error| {
        Error::new(
            format!("can't read {}: {error}", path.display()),
            "give the path of a JSONL file; `events/sample.jsonl` is one",
        )
    };
    let file = std::fs::read(path).map_err(unreadable)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if file.len() <= COMPRESS_OVER || file.starts_with(&[0x1f, 0x8b]) {
        return Ok((name, file));
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&file).map_err(unreadable)?;
    let packed = encoder.finish().map_err(unreadable)?;
    Ok((format!("{name}.gz"), packed))
}

/// Asks for the job until it has ended, showing how far it is.
async fn follow(client: &Client, mut import: Import, output: Output) -> Result<Import, Error> {
    let begun = Instant::now();
    let mut progress = Progress::new(output);
    while matches!(import.attributes.status, Status::Pending | Status::Started) {
        progress.show(&import);
        if begun.elapsed() > LIMIT {
            return Err(Error::new(
                format!("import {} has not ended after {} minutes", import.id, LIMIT.as_secs() / 60),
                "see what the worker does",
            ));
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
        import = client.get_import(&import.id).await?;
    }
    progress.finish();
    Ok(import)
}

/// How far a job is: a bar a record type on a terminal, a line every few seconds otherwise.
struct Progress {
    output: Output,
    bars: Option<(MultiProgress, Vec<(RecordType, ProgressBar)>)>,
    last_line: Instant,
}

impl Progress {
    fn new(output: Output) -> Self {
        let bars = output.animated().then(|| {
            let all = MultiProgress::new();
            let bar = |kind: &RecordType| (*kind, all.add(output.bar(kind.as_str())));
            let bars = RecordType::ALL.iter().map(bar).collect();
            (all, bars)
        });
        Self { output, bars, last_line: Instant::now() }
    }

    fn show(&mut self, import: &Import) {
        let records = &import.meta.records;
        if let Some((_, bars)) = &self.bars {
            for (kind, bar) in bars {
                let (uploaded, imported) = counts(records, *kind);
                // A bar of nothing would look full. It shows from its first update on.
                if uploaded > 0 {
                    bar.set_length(uploaded);
                    bar.set_position(imported);
                }
            }
        } else if self.last_line.elapsed() > Duration::from_secs(2) {
            self.last_line = Instant::now();
            let (uploaded, imported) = totals(records);
            self.output.progress(&format!("  {imported} of {uploaded} records imported"));
        }
    }

    fn finish(&self) {
        if let Some((all, _)) = &self.bars {
            // The table that follows says the same; a terminal that can't be cleared loses nothing.
            let _ = all.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches};

    use super::*;

    #[test]
    fn the_options_that_are_given_are_handed_on_by_their_names() {
        let parts = |words: &str| {
            let command = ImportArgs::augment_args(Command::new("import").no_binary_name(true));
            ImportArgs::from_arg_matches(&command.get_matches_from(words.split_whitespace())).unwrap().parts()
        };
        assert_eq!(parts(""), []);
        let given = parts("--external-ref nightly --dry-run --unknown refuse --on-conflict perhaps");
        let given: Vec<_> = given.iter().map(|(name, text)| format!("{name}={text}")).collect();
        assert_eq!(given, ["dry_run=true", "on_conflict=perhaps", "unknown=refuse", "external_ref=nightly"]);
    }
}
