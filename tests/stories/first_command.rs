//! The README's first command, as a newcomer types it: into a terminal of 80 columns.

use std::process::Command;

use crate::world::ROOT;

/// What a terminal shows of what it is sent: lines, without colours and movements.
fn lines(sent: &str) -> Vec<String> {
    // An escape sequence ends with a letter.
    let plain = |part: &str| part.split_once(|end: char| end.is_ascii_alphabetic()).map(|(_, rest)| rest.to_owned());
    let (first, rest) = sent.split_once('\u{1b}').unwrap_or((sent, ""));
    let text = rest.split('\u{1b}').filter_map(plain).fold(first.to_owned(), |text, part| text + &part);
    let lines = text.split(['\r', '\n']).map(str::trim_end).filter(|line| !line.is_empty());
    lines.flat_map(|line| if line.contains('░') { rows(line) } else { vec![line.to_owned()] }).collect()
}

/// Bars fill a row each and have no line end between them.
fn rows(bars: &str) -> Vec<String> {
    let letters: Vec<char> = bars.chars().collect();
    let rows: Vec<String> = letters.chunks(80).map(|row| row.iter().collect()).collect();
    assert!(rows.iter().all(|row| row.starts_with("subscription")), "a bar is wider than the terminal: {rows:#?}");
    rows
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
    let lines = lines(&printed);
    assert!(lines.iter().any(|line| line.contains("Deploying template.yaml … done")), "{lines:#?}");
    let wide: Vec<_> = lines.iter().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "wider than the terminal: {wide:#?}");
    // Times and places differ from run to run; the table and the errors don't.
    let ended = lines.iter().position(|line| line.ends_with(": success")).unwrap();
    insta::assert_snapshot!(lines[ended + 1..].join("\n"));
}
