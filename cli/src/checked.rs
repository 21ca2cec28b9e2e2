//! Files checked here, by the service's own rules.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::fs::FileTypeExt,
    path::Path,
};

use findings::{Format, Groups, Kind, Row, Texts, Writer, text, visible, wrap, wrap_around};
use records::{Checked, Counts, FileFault, check, check_strictly, unpack::Unpacker};
use serde_json::{Value, json};

use crate::{
    error::Error,
    exit::Exit,
    output::{Output, unwritten, written},
};

/// So much of a file is read in one go.
const PIECE: usize = 64 << 10;

/// What a file came to: small, whatever the file.
#[derive(Debug)]
pub(crate) struct CheckedFile {
    /// As it is typed.
    pub(crate) name: String,
    counts: Counts,
    pub(crate) groups: Groups,
    /// What is wrong with the file as a whole.
    fault: Option<FileFault>,
}

/// What to look for in a file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    /// What nothing reads is an error, as `unknown=refuse` has it.
    pub(crate) refuse_unknown: bool,
}

impl CheckedFile {
    /// Checks a file that is still packed, or is not, and hands each row on as it comes.
    pub(crate) fn of(
        name: String,
        rules: Rules,
        file: &mut impl Read,
        rows: &mut Writer<impl Write>,
    ) -> Result<Self, Error> {
        let file = unpacked(file).map_err(|error| unread(&name, &error))?;
        let mut this = Self { name, counts: Counts::default(), groups: Groups::default(), fault: None };
        let check = if rules.refuse_unknown { check_strictly } else { check };
        let told = match file.as_deref().map_err(FileFault::clone).and_then(check) {
            Ok(checked) => this.take(&checked, rows),
            Err(fault) => this.take_fault(fault, rows),
        };
        written(told)?;
        Ok(this)
    }

    fn take(&mut self, checked: &Checked<'_>, out: &mut Writer<impl Write>) -> io::Result<()> {
        self.counts = checked.total();
        self.fault = checked.fault();
        for line in checked.rows() {
            let rows = Row::of_line(&line);
            self.groups.add(&rows);
            rows.iter().try_for_each(|row| out.add(row, &self.name))?;
        }
        Ok(())
    }

    fn take_fault(&mut self, fault: FileFault, out: &mut Writer<impl Write>) -> io::Result<()> {
        let row = Row::of_fault(&fault);
        self.groups.add(std::slice::from_ref(&row));
        self.fault = Some(fault);
        out.add(&row, &self.name)
    }

    /// Whether all is well, as far as the file alone shows.
    pub(crate) fn exit(&self) -> Exit {
        if self.counts.bad == 0 && self.fault.is_none() { Exit::Success } else { Exit::Refused }
    }

    /// Whether a job would take none of it, for it has more objects than a job may have.
    pub(crate) fn is_too_long(&self) -> bool {
        matches!(self.fault, Some(FileFault::TooManyObjects(_)))
    }

    /// Whether a line of it may be imported.
    fn has_good_lines(&self) -> bool {
        self.counts.good + self.counts.unchecked > 0
    }

    /// What is wrong, for people: grouped, with examples.
    pub(crate) fn findings(&self, columns: usize) -> String {
        let all = format!("imports check {} --all", self.typed());
        text(&self.groups, Texts { file: &self.name, all: &all, columns })
    }

    /// How many lines are good and how many are not.
    pub(crate) fn summary(&self, columns: usize) -> String {
        let name = visible(&self.name);
        let Counts { total, good, bad, unchecked } = self.counts;
        if total == 0 {
            return wrap(&format!("{name}: refused as a whole"), columns);
        }
        let waiting = match self.groups.waiting {
            0 => String::new(),
            1 => " (1 of them only waits for another)".to_owned(),
            waiting => format!(" ({waiting} of them only wait for others)"),
        };
        let parts = [
            (bad, format!("{bad} refused{waiting}")),
            (unchecked, format!("{unchecked} unchecked")),
            (good, format!("{good} good")),
        ];
        let parts: Vec<_> = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, part)| part).collect();
        let lines = if total == 1 { "1 line".to_owned() } else { format!("{total} lines") };
        let counts = wrap(&format!("{name}: {lines}: {}.", parts.join(", ")), columns);
        let open =
            "Unchecked is what names objects that are not in the file: only the service knows whether they are stored.";
        if unchecked > 0 { format!("{counts}\n{}", wrap(open, columns)) } else { counts }
    }

    /// The same as a document.
    pub(crate) fn document(&self) -> Value {
        let Counts { total, good, bad, unchecked } = self.counts;
        let groups: Vec<_> = [Kind::Error, Kind::Warning].into_iter().flat_map(|kind| self.groups.of(kind)).collect();
        let groups: Vec<_> = groups.iter().map(|group| group.document()).collect();
        let fault = self.fault.as_ref().map(FileFault::error);
        let mut document = json!({"file": self.name, "groups": groups,
            "lines": {"total": total, "good": good, "refused": bad, "waiting": self.groups.waiting,
                "unchecked": unchecked, "warned": self.groups.warned}});
        if let (Some(fault), Some(members)) = (fault, document.as_object_mut()) {
            members.insert("fault".to_owned(), json!({"code": fault.code, "error": fault.detail()}));
        }
        document
    }

    /// The name as it is typed in a later command.
    pub(crate) fn typed(&self) -> String {
        typed(&self.name)
    }
}

/// Checks files before they are sent: those with lines that can never be good.
pub(crate) fn never_good<'f>(
    files: impl IntoIterator<Item = (String, &'f [u8])>,
    rules: Rules,
) -> Result<Vec<CheckedFile>, Error> {
    let mut silent = Writer::begin(Format::Text, false, io::sink()).map_err(unwritten)?;
    let checked = files.into_iter().map(|(name, mut bytes)| CheckedFile::of(name, rules, &mut bytes, &mut silent));
    let is_refused =
        |file: &Result<CheckedFile, Error>| file.as_ref().map_or(true, |file| file.exit() != Exit::Success);
    checked.filter(is_refused).collect()
}

/// Says why nothing is sent, not even other files that are good; `again` is the command as it was typed, `note` what it needs.
pub(crate) fn tell_unsent(
    files: &[CheckedFile],
    are_others_good: bool,
    (again, note): (&str, &str),
    output: Output,
) -> Result<Exit, Error> {
    let is_long = files.iter().any(CheckedFile::is_too_long);
    let has_good = are_others_good || files.iter().any(CheckedFile::has_good_lines);
    let or = if has_good { format!("Or send the good lines:\n  {again} --send-anyway\n") } else { String::new() };
    let next = if is_long {
        format!("Nothing was sent. {note}To send it as several jobs, type:\n  {again} --split\n")
    } else {
        format!("Nothing was sent. {note}Mend it, then type:\n  {again}\n{or}")
    };
    if output.json {
        let files: Vec<_> = files.iter().map(CheckedFile::document).collect();
        return output.document(json!({"sent": false, "files": files, "next": next.trim_end()}), Exit::Refused);
    }
    for file in files.iter().filter(|file| file.is_too_long() || !is_long) {
        let summary = if is_long { String::new() } else { format!("\n{}\n\n", file.summary(output.columns)) };
        output.answer(&(file.findings(output.columns) + &summary))?;
    }
    output.answer(&wrap_around(&next, output.columns)).map(|()| Exit::Refused)
}

/// Stands in commands for a file that is not there yet: what was piped in is gone once it was read.
const KEPT_INPUT: &str = "piped-in.jsonl";

/// Whether what is read there is gone once it was read: standard input, or a pipe that a shell gives a name (`<(zcat a.gz)`).
fn is_piped(path: &Path) -> bool {
    path.as_os_str() == "-" || fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo())
}

/// A file as it is typed in a later command.
pub(crate) fn typed(name: &str) -> String {
    if is_piped(Path::new(name)) { KEPT_INPUT.to_owned() } else { quoted(name) }
}

/// Standard input is read once.
pub(crate) fn named_once<'p>(paths: impl Iterator<Item = &'p Path>) -> Result<(), Error> {
    if paths.filter(|path| path.as_os_str() == "-").count() < 2 {
        return Ok(());
    }
    let problem = "standard input is named twice, and can be read once";
    Err(Error::new(Exit::Usage, problem, "name - once, and keep what comes second in a file"))
}

/// What has to be done before such a command is typed.
pub(crate) fn note<'n>(mut names: impl Iterator<Item = &'n Path>) -> String {
    if names.any(is_piped) { format!("What was piped in is gone: keep it as {KEPT_INPUT}. ") } else { String::new() }
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./+,@%".contains(letter);
    if word.len() > 1 && word.starts_with('-') {
        // Else it is an option.
        quoted(&format!("./{word}"))
    } else if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", visible(word).replace('\'', r"'\''"))
    }
}

/// Opens a file, or standard input for `-`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, Error> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = fs::File::open(path)
        .and_then(|file| if path.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { Ok(file) });
    let file = file.map_err(|error| unread(&path.display().to_string(), &error))?;
    Ok(Box::new(file))
}

/// Reads a file and unpacks it on the way, so that memory holds it once.
fn unpacked(file: &mut impl Read) -> io::Result<Result<Vec<u8>, FileFault>> {
    let (mut unpacker, mut piece) = (Unpacker::default(), vec![0; PIECE]);
    loop {
        let read = match file.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if read == 0 || !unpacker.take(piece.get(..read).unwrap_or_default()) {
            return Ok(unpacker.finish());
        }
    }
}

/// A file that can't be read, and what to give in its place.
pub(crate) fn unread(name: &str, error: &io::Error) -> Error {
    let (problem, folder) = (format!("{} can't be read: {error}", visible(name)), name.trim_end_matches('/'));
    let next = if error.kind() == io::ErrorKind::IsADirectory {
        format!("give the files in it: {}/*.jsonl", quoted(folder))
    } else {
        "give the path of a file of JSON lines, or - for standard input".to_owned()
    };
    Error::new(Exit::Trouble, problem, next)
}
