//! Everything this package prints goes through here.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Where and how much to print.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    quiet: bool,
    terminal: bool,
}

impl Output {
    /// Prints progress and results, or, when quiet, results alone.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        // Bars and spinners are drawn on standard error.
        Self { quiet, terminal: std::io::stderr().is_terminal() }
    }

    /// Whether bars and spinners can be drawn.
    #[must_use]
    pub fn animated(self) -> bool {
        self.terminal && !self.quiet
    }

    /// Prints a line of progress.
    pub fn progress(self, line: &str) {
        if !self.quiet {
            self.result(line);
        }
    }

    /// Prints a line of what was asked for.
    #[expect(clippy::print_stdout, reason = "the one place that prints")]
    pub fn result(self, line: &str) {
        println!("{line}");
    }

    /// Prints what went wrong.
    #[expect(clippy::print_stderr, reason = "the one place that prints errors")]
    pub fn error(self, error: &crate::Error) {
        eprintln!("error: {error}");
    }

    /// Starts a step that takes a while: a spinner on a terminal, a line otherwise.
    #[must_use]
    pub fn step(self, doing: &str) -> Step {
        let spinner = self.animated().then(|| {
            let spinner = ProgressBar::new_spinner().with_message(doing.to_owned());
            spinner.enable_steady_tick(Duration::from_millis(100));
            spinner
        });
        if spinner.is_none() {
            self.progress(&format!("{doing} …"));
        }
        Step { output: self, doing: doing.to_owned(), begun: Instant::now(), spinner }
    }

    /// Makes a bar of one record type's records, as wide as the terminal.
    #[must_use]
    pub fn bar(self, label: &str) -> ProgressBar {
        let style = ProgressStyle::with_template("{prefix:23} {wide_bar:.green} {human_pos:>6} of {human_len:>6}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::new(0).with_style(style).with_prefix(label.to_owned())
    }
}

/// A step under way.
#[derive(Debug)]
pub struct Step {
    output: Output,
    doing: String,
    begun: Instant,
    spinner: Option<ProgressBar>,
}

impl Step {
    /// Ends the step well.
    pub fn done(self) {
        if let Some(spinner) = self.spinner {
            spinner.finish_and_clear();
            self.output.progress(&format!("{} … done in {:.1} s", self.doing, self.begun.elapsed().as_secs_f32()));
        }
    }
}
