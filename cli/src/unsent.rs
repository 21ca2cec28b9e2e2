//! Files that go one after the other: which were sent, which were not, and what to type for those.

use client::Job;

use crate::{
    checked::note,
    error::Error,
    exit::Exit,
    input::Input,
    needs::refers_to,
    outcome::{self, Outcome},
};

/// What of some files was sent, in order.
#[derive(Default)]
pub(crate) struct Progress<'i> {
    sent: Vec<&'i Input>,
    pub(crate) unsent: Vec<&'i Input>,
    /// What is missing of what they were to import: files whose jobs failed, and files that need those.
    missing: Vec<&'i Input>,
    /// Whether nothing more is sent, whatever it needs.
    is_over: bool,
    /// Whether the first that was not sent perhaps was.
    is_in_doubt: bool,
    /// Whether the job before goes on.
    goes_on: bool,
}

impl<'i> Progress<'i> {
    /// Whether a file is to be sent; one that is not is noted.
    pub(crate) fn admits(&mut self, input: &'i Input) -> bool {
        let needs = |missing: &&Input| {
            input.path == missing.path && input.is_later_part() || refers_to(&input.bytes, &missing.bytes)
        };
        if self.is_over {
            self.unsent.push(input);
            return false;
        }
        if self.missing.iter().any(needs) {
            self.missing.push(input);
            self.unsent.push(input);
            return false;
        }
        true
    }

    /// Takes note of a file that was to be sent: one that has come is sent, even where its job is not there yet.
    pub(crate) fn notes(&mut self, input: &'i Input, has_come: bool) {
        if has_come { &mut self.sent } else { &mut self.unsent }.push(input);
    }

    /// Takes note of how the job of a file ended. What needs a file whose job failed is held back, unless all of the file is
    /// stored already, or a dry run was not to store it anyway. A job that goes on or was cancelled stops everything.
    pub(crate) fn takes(&mut self, input: &'i Input, outcome: &Outcome, is_dry_run: bool) {
        let job = &outcome.job;
        self.is_over = !job.ended() || outcome::is_cancelled(job);
        if outcome::exit(job) == Exit::Failed && !is_dry_run && !outcome.is_stored_already() {
            self.missing.push(input);
        }
    }

    /// Takes note of what keeps the others from being sent, perhaps while a job is followed.
    pub(crate) fn stops(&mut self, error: &Error, is_followed: bool) {
        self.is_over = true;
        self.is_in_doubt = error.in_doubt;
        self.goes_on = is_followed && error.job.is_some();
    }

    /// Whether any file was not sent of which it has to be said: of one alone that could not be, the error says enough.
    pub(crate) fn is_to_be_told(&self) -> bool {
        !self.unsent.is_empty() && self.sent.len() + self.unsent.len() > 1
    }

    /// Whether parts of a file were sent and others were not: what they import is skipped when it is sent again.
    pub(crate) fn resumes(&self) -> bool {
        self.sent.iter().any(|sent| self.unsent.iter().any(|part| part.is_later_part() && part.path == sent.path))
    }

    /// Says which files were not sent, and why, so that a command to send them can follow. `last` is the job that was sent
    /// last, where no trouble stopped it.
    pub(crate) fn text(&self, last: Option<&Job>) -> String {
        let names: Vec<_> = self.unsent.iter().map(|input| input.label()).collect();
        let is_nameless = |of: &&&Input| self.unsent.iter().any(|part| part.is_later_part() && part.path == of.path);
        let nameless: usize = self.sent.iter().filter(is_nameless).map(|of| of.nameless).sum();
        let again = match nameless {
            0 => String::new(),
            nameless => format!(
                " Of what was sent {nameless} lines have no external_ref: those that were imported are imported again, so \
                 take them out first."
            ),
        };
        let note = note(self.unsent.iter().map(|input| &*input.path));
        let when = match last {
            None if self.goes_on => "Once the job before has ended",
            Some(job) if !job.ended() => "Once the job before has ended",
            Some(job) if outcome::is_cancelled(job) => "The job before was cancelled. To go on",
            _ if !self.missing.is_empty() && !self.is_over => &self.needing(),
            _ => "To go on",
        };
        let unsent = if self.is_in_doubt { "Not sent, as far as is known" } else { "Not sent" };
        format!("{unsent}: {}.{again} {note}{when}, type:", names.join("; "))
    }

    /// Why files are held back that nothing else stops.
    fn needing(&self) -> String {
        let mut failed: Vec<_> = self
            .missing
            .iter()
            .filter(|input| self.sent.iter().any(|sent| std::ptr::eq(*sent, **input)))
            .map(|input| input.name())
            .collect();
        failed.dedup();
        format!("What is in {}, whose job failed, is needed there. To go on all the same", failed.join(", "))
    }
}
