//! The README's first command, as a newcomer types it: into a terminal of 80 columns.

use std::process::Command;

use crate::world::ROOT;

/// What a terminal shows of what it is sent, row by row, without colours and movements.
fn rows(sent: &str) -> Vec<String> {
    // An escape sequence ends with a letter.
    let plain = |part: &str| part.split_once(|end: char| end.is_ascii_alphabetic()).map(|(_, rest)| rest.to_owned());
    let (first, rest) = sent.split_once('\u{1b}').unwrap_or((sent, ""));
    let text = rest.split('\u{1b}').filter_map(plain).fold(first.to_owned(), |text, part| text + &part);
    let rows = text.split(['\r', '\n']).map(str::trim_end).filter(|row| !row.is_empty());
    rows.flat_map(|row| if row.contains('░') { bars(row) } else { vec![row.to_owned()] }).collect()
}

/// Bars fill a row each and have no line end between them.
fn bars(sent: &str) -> Vec<String> {
    let letters: Vec<char> = sent.chars().collect();
    letters.chunks(80).map(|row| row.iter().collect()).collect()
}

#[test]
fn the_first_command_brings_the_sample_through_and_shows_its_errors() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let run = Command::new("python3")
        .args(["tests/stories/terminal.py", &cargo])
        .args(["run", "--quiet", "-p", "local", "--", "import", "events/sample.jsonl"])
        .current_dir(ROOT)
        .output()
        .unwrap();
    let printed = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success(), "{printed}\n{}", String::from_utf8_lossy(&run.stderr));
    let rows = rows(&printed);
    assert!(rows.iter().any(|row| row.contains("Deploying template.yaml … done")), "{rows:#?}");
    let wide: Vec<_> = rows.iter().filter(|row| row.chars().count() > 80).collect();
    assert!(wide.is_empty(), "wider than the terminal: {wide:#?}");
    // Times and places differ from run to run; the table and the errors don't.
    let ended = rows.iter().position(|row| row.ends_with(": success")).unwrap();
    insta::assert_snapshot!(rows[ended + 1..].join("\n"));
}
