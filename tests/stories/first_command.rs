//! The README's first command, as a newcomer types it.

use std::process::Command;

use crate::world::ROOT;

#[test]
fn the_first_command_brings_the_sample_through_and_shows_its_errors() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let run = Command::new(cargo)
        .args(["run", "--quiet", "-p", "local", "--", "import", "events/sample.jsonl"])
        .current_dir(ROOT)
        .output()
        .unwrap();
    let printed = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success(), "{printed}\n{}", String::from_utf8_lossy(&run.stderr));
    // Times and places differ from run to run; the table and the errors don't.
    let from = printed.find("success").unwrap_or(0);
    insta::assert_snapshot!(&printed[from..]);
}
