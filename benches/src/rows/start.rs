//! Cold starts, and how much there is to load.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};

use super::{Row, Unit, Wanted, import::MEGABYTE, service::World};
use crate::{
    Outcome, events,
    fake::Fake,
    imports::announcement,
    process::{Function, folder},
    programs::{Programs, zip_size},
    trials::median,
};

/// How often each function is started. The median counts.
const STARTS: usize = 9;

/// The memory in MB with which Lambda gives a function a whole processor; with less it gives a share of one.
const WHOLE_PROCESSOR: f64 = 1_769.0;

/// From being run to the first poll and to the first answer, of the slowest function; and the largest zip.
pub(super) async fn cold(programs: &Programs) -> Outcome<Vec<Row>> {
    let mut world = World::new(programs).await?;
    let job = world.ended_job().await?;
    let (mut polls, mut answers, mut zips) = (Vec::new(), Vec::new(), Vec::new());
    for (name, program) in programs.all() {
        let event = first_event(name, &job)?;
        let (mut cold, mut first) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            let mut function = Function::start(program, &world.fake).await?;
            let (_, took) = function.invoke(&event).await?;
            cold.push(milliseconds(function.cold_start));
            first.push(milliseconds(function.cold_start + took));
        }
        polls.push((name, median(cold).unwrap_or_default()));
        answers.push((name, median(first).unwrap_or_default()));
        zips.push((name, crate::real(zip_size(program)?) / MEGABYTE));
    }
    let most = Wanted::AtMost;
    Ok(vec![
        largest("run to first poll, the slowest function", most(10.0), polls, Unit::Milliseconds),
        largest("run to first answer, the slowest function", Wanted::Anything, answers, Unit::Milliseconds),
        largest("the largest zip", most(4.0), zips, Unit::Megabytes),
    ])
}

/// The processor time of a cold start with TLS and without, of a function that only calls the database; and how long that is
/// in functions of some sizes.
pub(super) async fn over_tls(programs: &Programs) -> Outcome<Vec<Row>> {
    const FUNCTION: &str = "get-import";
    let (program, mut world) = (programs.of(FUNCTION)?, World::new(programs).await?);
    let event = first_event(FUNCTION, &world.ended_job().await?)?;
    let plain = least_time(program, &world.fake, &event).await?;
    world.fake.encrypt(&folder()?).await?;
    let encrypted = least_time(program, &world.fake, &event).await?;
    let of_size = |megabytes: f64| {
        let share = (megabytes / WHOLE_PROCESSOR).min(1.0);
        format!("at {megabytes} MB {:.0} ms with TLS, {:.0} ms without", encrypted / share, plain / share)
    };
    let sizes: Vec<String> = [128.0, 256.0, 512.0, 1_024.0].map(of_size).into();
    let row = |what, value, unit| Row::new("C", format!("{FUNCTION}: {what}"), Wanted::Anything, value, unit);
    Ok(vec![
        row("processor time to a first answer over TLS", encrypted, Unit::Milliseconds).detail(sizes.join("; ")),
        row("the same / without TLS", encrypted / plain, Unit::Times),
    ])
}

/// The least processor time in milliseconds that some starts took, each with its first answer.
async fn least_time(program: &Path, fake: &Fake, event: &Value) -> Outcome<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..STARTS {
        let mut function = Function::start(program, fake).await?;
        function.invoke(event).await?;
        least = least.min(milliseconds(function.processor_time()?));
    }
    Ok(least)
}

fn largest(what: &str, wanted: Wanted, mut figures: Vec<(&str, f64)>, unit: Unit) -> Row {
    figures.sort_by(|(_, left), (_, right)| right.total_cmp(left));
    let value = figures.first().map_or(0.0, |(_, figure)| *figure);
    let detail: Vec<String> = figures.iter().map(|(name, figure)| format!("{name} {figure:.2}")).collect();
    Row::new("P9", what, wanted, value, unit).detail(detail.join(", "))
}

/// An event that each function does its ordinary work for, as far as there is any.
fn first_event(function: &str, job: &str) -> Outcome<Value> {
    Ok(match function {
        "accept-drop" => announcement("drops/main/cold.jsonl", 100),
        "resume-imports" => json!({}),
        "create-import" => events::post(super::service::LINE)?,
        _ => events::of(function, job)?,
    })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
