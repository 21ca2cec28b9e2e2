//! What is wrong with a file, for people.

use annotate_snippets::{AnnotationKind, Element, Level, Renderer, Snippet};
use records::RecordErrorCode;
use serde_json::Value;
use textwrap::{Options, WordSeparator, WordSplitter, core::display_width};

use crate::{
    excerpt::visible,
    groups::{Group, Groups},
    row::{Kind, Row},
};

/// The most groups that are shown: who has mended these checks again.
const SHOWN: usize = 40;

/// What texts have to know beside the groups.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    /// What the lines are of, as it is shown.
    pub file: &'a str,
    /// The command that shows every row.
    pub all: &'a str,
    /// How wide the text may be.
    pub columns: usize,
}

/// Shows what is wrong, the most frequent first, each with an example; then what only waits, and warnings. With colours, which
/// may be taken out. Empty where nothing is wrong.
#[must_use]
pub fn text(groups: &Groups, texts: Texts<'_>) -> String {
    let errors = groups.of(Kind::Error);
    let warnings = groups.of(Kind::Warning);
    let mut parts: Vec<_> = errors.iter().take(SHOWN).map(|group| of_group(group, texts)).collect();
    let more = errors.len().saturating_sub(SHOWN);
    if more > 0 || groups.other > 0 {
        let kinds = if groups.other > 0 { "many".to_owned() } else { more.to_string() };
        parts.push(wrap(&format!("And {kinds} more kinds of errors: {}", texts.all), texts.columns));
    }
    if groups.waiting > 0 {
        let only = match groups.waiting {
            1 => "1 line only waits for another and needs nothing itself.".to_owned(),
            lines => format!("{lines} lines only wait for others and need nothing themselves."),
        };
        parts.push(wrap(&only, texts.columns));
    }
    let warned = warnings.iter().take(SHOWN).map(|group| of_warning(group, texts));
    parts.extend(Some(warned.collect::<Vec<_>>().join("\n")).filter(|warned| !warned.is_empty()));
    let text = parts.join("\n\n");
    if text.is_empty() { text } else { text + "\n" }
}

/// One row in one line of text.
#[must_use]
pub fn listed(row: &Row<'_>, file: &str) -> String {
    let kind = if row.kind == Kind::Error { "error" } else { "warning" };
    let column = row.columns().map(|(begin, _)| format!(":{begin}")).unwrap_or_default();
    let place = if row.line == 0 { file.to_owned() } else { format!("{file}:{}{column}", row.line) };
    visible(&format!("{place}: {kind}[{}]: {}", row.code, row.error)).replace('\n', " ")
}

fn of_group(group: &Group, texts: Texts<'_>) -> String {
    let line = usize::try_from(group.example.line).unwrap_or(usize::MAX);
    let gutter = line.to_string().len();
    let within = texts.columns.saturating_sub(gutter + 3);
    let code = visible(&group.code);
    let mut elements: Vec<Element<'_>> = Vec::new();
    if let Some(excerpt) = &group.excerpt {
        let (text, culprit) = excerpt.fit(within);
        let snippet = Snippet::source(text).line_start(line).fold(false);
        let is_marked = !culprit.is_empty();
        elements
            .push(if is_marked { snippet.annotation(AnnotationKind::Primary.span(culprit)) } else { snippet }.into());
    }
    let said = [Some(visible(group.example.problem()).into_owned()), others(group, texts)];
    for text in said.into_iter().flatten() {
        elements.push(Level::NOTE.no_name().message(wrap(&text, within)).into());
    }
    let title = Level::ERROR.primary_title(title(group, texts.columns)).id(&*code);
    // What is shown is cut to the columns already.
    let shown = Renderer::styled().term_width(usize::MAX >> 1).render(&[title.elements(elements)]);
    if line == 0 {
        return shown;
    }
    // By itself: that of the renderer would have the column of the excerpt.
    let column = group.column.map(|column| format!(":{column}")).unwrap_or_default();
    let place = format!("{}--> {}:{line}{column}", " ".repeat(gutter), visible(texts.file).replace('\n', " "));
    let (title, rest) = shown.split_once('\n').unwrap_or((&shown, ""));
    format!("{title}\n{place}\n{rest}")
}

/// What is wrong, where, and how often. Where not all fits, where and how often; of a long path the end is shown.
fn title(group: &Group, columns: usize) -> String {
    let code: Option<RecordErrorCode> = serde_json::from_value(Value::from(group.code.as_str())).ok();
    let what = code.map_or("refused", RecordErrorCode::in_short);
    let lines = if group.lines > 1 { format!(", {} lines", group.lines) } else { String::new() };
    let field = visible(&group.field).replace('\n', " ");
    if field.is_empty() {
        return format!("{what}{lines}");
    }
    let room = columns.saturating_sub(display_width(&format!("error[{}]: {lines}", group.code)));
    if display_width(&field) + display_width(what) + 2 <= room {
        return format!("{what}: {field}{lines}");
    }
    if display_width(&field) <= room {
        return format!("{field}{lines}");
    }
    let ends = (0..field.len()).filter_map(|at| field.get(at..));
    format!("…{}{lines}", ends.into_iter().find(|end| display_width(end) < room).unwrap_or_default())
}

/// Which other lines are of the group.
fn others(group: &Group, texts: Texts<'_>) -> Option<String> {
    let named: Vec<_> = group.named.iter().skip(1).map(u32::to_string).collect();
    let more = group.lines.saturating_sub(group.named.len());
    match named.as_slice() {
        [] => None,
        [one] if more == 0 => Some(format!("also line {one}")),
        all if more == 0 => Some(format!("also lines {}", all.join(", "))),
        all => Some(format!("also lines {}, and {more} more: {}", all.join(", "), texts.all)),
    }
}

fn of_warning(group: &Group, texts: Texts<'_>) -> String {
    let lines = match group.lines {
        1 => format!("line {}", group.example.line),
        lines => format!("{lines} lines, the first {}", group.example.line),
    };
    wrap(&format!("warning[{}]: {lines}: {}", group.code, visible(&group.example.error)), texts.columns)
}

/// Breaks a text into lines between its words.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> String {
    let options = Options::new(columns.max(20))
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

/// The same with several lines, of which those that are indented stay whole: they are commands.
#[must_use]
pub fn wrap_around(text: &str, columns: usize) -> String {
    let line = |line: &str| if line.starts_with("  ") { line.to_owned() } else { wrap(line, columns) };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}
