//! Each call of the API by itself, and the largest file.

use serde_json::Value;

use super::{
    Row, Unit, Wanted,
    import::MEGABYTE,
    service::{Took, World, call},
};
use crate::{
    Outcome, events,
    fake::{Fake, Manner::Null},
    files::{FULL, ImportFile, Kind},
    imports::{self, Imported, announcement},
    peers,
    process::Function,
    programs::Programs,
    trials::median,
};

/// How often a call is measured.
const TIMES: usize = 15;

/// How large a posted file is here, about as large as one may be.
const POSTED: usize = 4 << 20;

/// The last page that can be asked for.
const LAST: usize = 9_975;

pub(super) async fn measure(programs: &Programs) -> Outcome<Vec<Row>> {
    let mut rows = vec![large_post(programs).await?, drop_taken_in(programs).await?];
    rows.extend(check().await?);
    rows.extend(reads(programs).await?);
    rows.extend(largest(programs).await?);
    Ok(rows)
}

/// Calls a warm function some times.
async fn warm(fake: &Fake, function: &mut Function, event: &Value) -> Outcome<(f64, Took)> {
    let mut took = call(fake, function, event).await?;
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        took = call(fake, function, event).await?;
        times.push(took.milliseconds);
    }
    Ok((median(times).unwrap_or(f64::NAN), took))
}

fn row(what: &str, milliseconds: f64, took: &Took) -> Row {
    let row = Row::new("S", what, Wanted::Anything, milliseconds, Unit::Milliseconds);
    row.detail(format!("{}; {:.1} read units", took.calls.operations.join(", "), took.calls.read_units))
}

async fn large_post(programs: &Programs) -> Outcome<Row> {
    let fake = Fake::start(Null).await?;
    let mut create = Function::start(programs.of("create-import")?, &fake).await?;
    let file = ImportFile { kind: Kind::Good, lines: FULL }.make()?;
    let end = file.iter().take(POSTED).rposition(|&byte| byte == b'\n').unwrap_or_default();
    let lines = String::from_utf8_lossy(file.get(..=end).unwrap_or_default()).into_owned();
    let (time, took) = warm(&fake, &mut create, &events::post(&lines)?).await?;
    events::data(&took.answer, 201)?;
    Ok(row("post of 4 MiB", time, &took))
}

async fn drop_taken_in(programs: &Programs) -> Outcome<Row> {
    let fake = Fake::start(Null).await?;
    let mut accept = Function::start(programs.of("accept-drop")?, &fake).await?;
    let (mut times, mut last) = (Vec::new(), None);
    for number in 0..=TIMES {
        let key = format!("drops/main/{number}.jsonl");
        fake.bucket().put(&key, super::service::LINE.into());
        let took = call(&fake, &mut accept, &announcement(&key, 100)).await?;
        // The first is the cold one.
        times.extend((number > 0).then_some(took.milliseconds));
        last = Some(took);
    }
    let took = last.ok_or("no drop was taken in")?;
    Ok(row("a drop is taken in", median(times).unwrap_or(f64::NAN), &took))
}

/// The check of a file by the rules, as `imports check` does it.
async fn check() -> Outcome<[Row; 2]> {
    let file = ImportFile::full(Kind::Good).make()?;
    let (mut times, mut peak) = (Vec::new(), 0);
    for _ in 0..TIMES {
        let took = peers::check(&file).await?;
        times.push(took.wall * 1e3);
        peak = peak.max(took.peak);
    }
    let over = (crate::real(peak) - crate::real(u64::try_from(file.len())?)) / MEGABYTE;
    let time = median(times).unwrap_or(f64::NAN);
    let what = |what: &str| format!("check of {FULL} lines{what}");
    Ok([
        Row::new("S", what(""), Wanted::AtMost(500.0), time, Unit::Milliseconds),
        Row::new("S", what(": most memory over the file's size"), Wanted::AtMost(64.0), over, Unit::Megabytes),
    ])
}

/// Lists, polls, and the last page of the errors of a file that is bad throughout.
async fn reads(programs: &Programs) -> Outcome<Vec<Row>> {
    let mut world = World::new(programs).await?;
    let mut job = String::new();
    for _ in 0..25 {
        job = world.ended_job().await?;
    }
    let mut rows = Vec::new();
    for (what, function, event) in [
        ("list of 25", "list-imports", events::page("list-imports", "", 0)?),
        ("poll", "get-import", events::of("get-import", &job)?),
    ] {
        let mut function = Function::start(programs.of(function)?, &world.fake).await?;
        let (time, took) = warm(&world.fake, &mut function, &event).await?;
        events::data(&took.answer, 200)?;
        rows.push(row(what, time, &took));
    }
    let Imported { fake, .. } = imports::import(programs, ImportFile::full(Kind::AllBad).make()?, Null).await?;
    let mut list = Function::start(programs.of("list-imports")?, &fake).await?;
    let jobs = call(&fake, &mut list, &events::page("list-imports", "", 0)?).await?;
    let id = events::data(&jobs.answer, 200)?[0]["id"].as_str().ok_or("no job is listed")?.to_owned();
    let mut errors = Function::start(programs.of("list-import-errors")?, &fake).await?;
    let event = events::page("list-import-errors", &id, LAST)?;
    let (time, took) = warm(&fake, &mut errors, &event).await?;
    events::data(&took.answer, 200)?;
    rows.push(row("the last page of errors that can be asked for, all lines bad", time, &took));
    Ok(rows)
}

/// The largest file there may be, with an error on every line.
async fn largest(programs: &Programs) -> Outcome<[Row; 3]> {
    let file = ImportFile::full(Kind::Largest).make()?;
    let size = crate::real(u64::try_from(file.len())?);
    let Imported { wall, peak, hand_overs, .. } = imports::import(programs, file, Null).await?;
    let what = |what: &str| format!("{:.0} MiB, an error on every line: {what}", size / crate::real(1 << 20));
    let over = (crate::real(peak) - size) / MEGABYTE;
    Ok([
        Row::new("S", what("time"), Wanted::Anything, wall, Unit::Seconds),
        Row::new("S", what("most memory over the file's size"), Wanted::Anything, over, Unit::Megabytes),
        Row::new("S", what("hand-overs"), Wanted::AtMost(0.0), crate::real(hand_overs), Unit::Number),
    ])
}
