//! The short run: counts alone, which a busy machine does not change.

use std::{fs, path::Path, process::Command, time::Duration};

use crate::{
    Outcome,
    expected::{self, Figure, Slack},
    fake::Manner,
    files::{ImportFile, Kind},
    imports::{self, Imported},
    process::{Function, folder},
    programs::{Programs, is_release, zip_size},
    rows, say,
};

const FILE: ImportFile = ImportFile { kind: Kind::Good, lines: 10_000 };

/// Instructions are counted between two smaller files, so that the start of the function counts for nothing.
const COUNTED: [ImportFile; 2] =
    [ImportFile { kind: Kind::Good, lines: 1_000 }, ImportFile { kind: Kind::Good, lines: 5_000 }];

pub(crate) async fn run(programs: &Programs, check: bool, accept: bool) -> Outcome {
    let mut figures = unlimited(programs).await?;
    figures.extend(limited(programs).await?);
    let calls = rows::calls_of_a_post(programs).await?;
    figures.push(Figure::new("calls of a post", calls, Slack::Exact));
    if is_release() {
        for (name, program) in programs.all() {
            let size = crate::real(zip_size(program)?);
            figures.push(Figure::new(format!("zip of {name}, bytes"), size, Slack::Above(0.02)));
        }
    }
    match instructions(programs).await {
        Ok(count) => figures.push(Figure::new("instructions an object", count, Slack::Around(0.02))),
        Err(error) => say(&format!("SKIPPED instructions an object: {error}")),
    }
    for figure in &figures {
        say(&format!("{figure}"));
    }
    if accept {
        return expected::accept(&figures);
    }
    if check { expected::check(&figures) } else { Ok(()) }
}

/// What an import asks of a table that takes everything.
async fn unlimited(programs: &Programs) -> Outcome<Vec<Figure>> {
    let file = FILE.make()?;
    let size = crate::real(u64::try_from(file.len())?);
    let Imported { counts, peak, failed, .. } = imports::import(programs, file, Manner::Null).await?;
    let (over, needed) = ((crate::real(peak) - size) / 1e6, crate::real(counts.needed_units()));
    Ok(vec![
        Figure::new("lines that failed", crate::real(failed), Slack::Exact),
        Figure::new("write units needed", needed, Slack::Exact),
        Figure::new("write units used", crate::real(counts.write_units), Slack::Exact),
        Figure::new("read units used", crate::real(counts.read_units), Slack::Exact),
        Figure::new("calls of the table of objects", crate::real(counts.calls), Slack::Around(0.05)),
        Figure::new("most memory over the file's size, MB", over, Slack::Above(0.15)),
    ])
}

/// What it asks of one at its limits.
async fn limited(programs: &Programs) -> Outcome<Vec<Figure>> {
    let Imported { counts, .. } = imports::import(programs, FILE.make()?, Manner::Aws).await?;
    let in_vain = 100.0 * crate::real(counts.in_vain) / crate::real(counts.offered);
    Ok(vec![
        Figure::new("write units used at the limits", crate::real(counts.write_units), Slack::Exact),
        // One or two where nothing else runs. Sent as fast as answers come, half of all would be.
        Figure::new("items offered in vain at the limits, %", in_vain, Slack::AtMost(15.0)),
    ])
}

/// How many instructions the worker takes for an object, by valgrind's callgrind.
async fn instructions(programs: &Programs) -> Outcome<f64> {
    let [few, many] = COUNTED;
    let (less, more) = (counted(programs, few).await?, counted(programs, many).await?);
    let objects = u64::try_from(many.lines - few.lines)?;
    Ok(crate::real(more.saturating_sub(less)) / crate::real(objects))
}

async fn counted(programs: &Programs, file: ImportFile) -> Outcome<u64> {
    /// Under valgrind all takes fifty times as long: no job is handed over for that.
    const AGES: Duration = Duration::from_hours(1);
    let program = programs.of("process-import")?;
    let told = folder()?.join("callgrind.out");
    let fake = imports::offer(programs, file.make()?, Manner::Null).await?;
    let mut worker = Function::start_as(callgrind(program, &told), program, &fake).await?;
    imports::run(&mut worker, fake, &[AGES]).await?;
    worker.terminate()?;
    let told = fs::read_to_string(told)?;
    let total = told.lines().rev().find_map(|line| line.strip_prefix("totals:")?.split_whitespace().next());
    Ok(total.ok_or("callgrind told no total")?.parse()?)
}

fn callgrind(program: &Path, told: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--quiet"]).arg(format!("--callgrind-out-file={}", told.display())).arg(program);
    command
}
