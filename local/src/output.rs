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

#[cfg(test)]
mod tests {
    use std::io::Result;
    use std::sync::{Arc, Mutex};

    use indicatif::{ProgressDrawTarget, TermLike};

    use super::*;

    /// A terminal of 80 columns: what is written to it.
    #[derive(Clone, Debug, Default)]
    struct Terminal(Arc<Mutex<Vec<String>>>);

    impl TermLike for Terminal {
        fn width(&self) -> u16 {
            80
        }
        fn move_cursor_up(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn write_line(&self, line: &str) -> Result<()> {
            self.write_str(line)
        }
        fn write_str(&self, text: &str) -> Result<()> {
            self.0.lock().unwrap().push(text.trim_end().to_owned());
            Ok(())
        }
        fn clear_line(&self) -> Result<()> {
            Ok(())
        }
        fn flush(&self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_bar_fits_into_80_columns() {
        let terminal = Terminal::default();
        let bar = Output::new(false).bar("subscription_subscriber");
        bar.set_draw_target(ProgressDrawTarget::term_like(Box::new(terminal.clone())));
        bar.set_length(50_000);
        bar.set_position(49_999);
        bar.tick();
        let written = terminal.0.lock().unwrap();
        assert!(written.iter().any(|text| text.ends_with("█░ 49,999 of 50,000")), "{written:?}");
        assert!(written.iter().all(|text| text.chars().count() <= 80), "{written:?}");
    }
}
