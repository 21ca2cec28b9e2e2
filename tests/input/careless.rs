//! Files as careless people and programs make them, run as they come: what is answered of each line, as it reads.

use std::fmt::Write;

use imports::import::ImportStatus;
use insta::assert_snapshot;

use crate::{
    disguise::gzip,
    service::{Outcome, Service},
};

/// What is stored before: what some of the files refer to.
const STORED: &str = r#"{"type":"subscription_product","external_ref":"box","name":"Pantry box"}
{"type":"subscription_plan","external_ref":"monthly","name":"Every month","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true}
"#;

/// What a job says of its file, and of each line that has something to be said of it.
fn told(Outcome { import, errors, results, .. }: &Outcome) -> String {
    let imported = results.iter().filter(|row| row["id"].is_string()).count();
    let mut told = match import.status {
        ImportStatus::Success => format!("{imported} of {} lines are imported\n", results.len()),
        _ => "failed\n".to_owned(),
    };
    if let Some(failure) = import.report.iter().find_map(|report| report.failure.as_ref()) {
        writeln!(told, "    {}", failure.detail()).unwrap();
    }
    for row in errors.iter().map(|row| &row["meta"]) {
        writeln!(told, "    {}: {}", row["line_number"], row["error"].as_str().unwrap()).unwrap();
    }
    for row in results {
        for warning in row["warnings"].as_array().into_iter().flatten() {
            writeln!(told, "    {} is imported: {}", row["line"], warning["warning"].as_str().unwrap()).unwrap();
        }
    }
    told
}

async fn told_of(file: impl Into<Vec<u8>>) -> String {
    let service = Service::new();
    service.import(1, STORED).await;
    told(&service.import(2, file.into()).await)
}

#[tokio::test(start_paused = true)]
async fn a_careless_file_is_read_or_each_of_its_lines_is_told_what_to_write_instead() {
    let mut files: Vec<_> = std::fs::read_dir("careless").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut all = String::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        write!(all, "{name}: {}\n", told_of(std::fs::read(file).unwrap()).await).unwrap();
    }
    assert_snapshot!(all);
}
