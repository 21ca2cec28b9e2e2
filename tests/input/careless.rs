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
        writeln!(all, "{name}: {}", told_of(std::fs::read(file).unwrap()).await).unwrap();
    }
    assert_snapshot!(all);
}

const TWO: &str = r#"{"type":"subscription_product","external_ref":"a","name":"Pantry box"}
{"type":"subscription_product","external_ref":"b","name":"Tea box"}
"#;

/// A text in units of so many bytes, the least significant first or last, with or without a mark.
fn in_units(text: &str, size: usize, is_little: bool, has_mark: bool) -> Vec<u8> {
    let unit = |unit: u32| {
        let bytes = if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        if is_little { bytes[..size].to_vec() } else { bytes[4 - size..].to_vec() }
    };
    let mark = has_mark.then_some('\u{feff}');
    mark.into_iter().chain(text.chars()).flat_map(|character| unit(character.into())).collect()
}

/// A file in which byte 257 begins `ustar`.
fn custard() -> Vec<u8> {
    let begin = r#"{"type":"subscription_product","name":"Tea box","description":""#;
    format!("{begin}{}Custard\"}}\n", " ".repeat(256 - begin.len())).into_bytes()
}

/// The bytes of a file as zlib packs them.
fn zlib(file: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, file).unwrap();
    packed.finish().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_file_in_another_encoding_or_packed_otherwise_is_read_or_named_with_what_to_do() {
    let packed = gzip(TWO.as_bytes());
    let with = |behind: &[u8]| [&packed, behind].concat();
    let files = [
        ("UTF-16, the least first, without a mark", in_units(TWO, 2, true, false)),
        ("UTF-16, the least last, with a mark", in_units(TWO, 2, false, true)),
        ("UTF-32, the least first, with a mark", in_units(TWO, 4, true, true)),
        ("UTF-32, the least last, without a mark", in_units(TWO, 4, false, false)),
        ("NULs before the first line", ["\0".repeat(64).as_bytes(), TWO.as_bytes()].concat()),
        ("gzip, NULs behind", with(&[0; 500])),
        ("gzip, a line end behind", with(b"\r\n")),
        ("gzip, a text behind", with(b"-- \nsent by a program")),
        ("gzip, NULs and then a text behind", with(b"\0\0\0{}")),
        ("gzip, cut", packed[..packed.len() - 4].to_vec()),
        ("gzip, twice", gzip(&packed)),
        ("gzip, three times", gzip(&gzip(&packed))),
        ("gzip, twice, NULs behind both", [gzip(&with(&[0; 8])), vec![0; 8]].concat()),
        ("zlib", zlib(TWO.as_bytes())),
        ("zlib inside of gzip", gzip(&zlib(TWO.as_bytes()))),
        ("the magic word of tar at its place", custard()),
        ("the magic word of MP4 at its place", TWO.replacen('{', "{\"xyftypmp42\":0,", 1).into_bytes()),
    ];
    let mut all = String::new();
    for (name, file) in files {
        writeln!(all, "{name}: {}", told_of(file).await).unwrap();
    }
    assert_snapshot!(all);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_was_imported_before_is_told_of_on_conflict() {
    for file in [TWO.to_owned(), TWO.replace("\"b\"", "\"new\"")] {
        let service = Service::new();
        service.import(1, TWO).await;
        let told = told(&service.import(2, file).await);
        assert!(told.contains("on_conflict=skip") && told.contains("on_conflict=update"), "{told}");
    }
}
