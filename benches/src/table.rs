//! The table of goals, for a terminal and for the page.

use comfy_table::{ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};

use crate::row::Row;

const HEAD: [&str; 6] = ["id", "what", "goal", "figure", "verdict", "of"];

pub(crate) fn of(rows: &[Row], skipped: &[String]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic).set_header(HEAD);
    for row in cells(rows) {
        table.add_row(row);
    }
    let skipped = skipped.iter().map(|reason| format!("\n{reason}"));
    format!("{table}{}", skipped.collect::<String>())
}

pub(crate) fn as_markdown(rows: &[Row], skipped: &[String]) -> String {
    let line = |cells: [String; 6]| format!("| {} |\n", cells.join(" | "));
    let lines = cells(rows).map(line).collect::<String>();
    let skipped = skipped.iter().map(|reason| format!("\n{reason}\n"));
    format!(
        "{}| --- | --- | --- | --- | --- | --- |\n{lines}{}",
        line(HEAD.map(str::to_owned)),
        skipped.collect::<String>()
    )
}

fn cells(rows: &[Row]) -> impl Iterator<Item = [String; 6]> {
    rows.iter().map(|row| {
        let verdict = row.verdict().to_owned();
        [row.id.to_owned(), row.what.clone(), row.goal(), row.figure(), verdict, row.detail.clone()]
    })
}
