//! A person's own folder, and the command run in it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// The token that nothing may print.
pub(crate) const TOKEN: &str = "t0p-s3cret";

/// A folder, with nobody's configuration in it.
pub(crate) struct Home {
    folder: PathBuf,
    api: String,
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

impl Ran {
    pub(crate) fn of(command: &mut Command) -> Self {
        command.output().unwrap().into()
    }
}

impl Home {
    pub(crate) fn new(name: &str, api: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("home-{name}-{}-{count}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self { folder, api: api.to_owned() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Sets up a command to run here.
    pub(crate) fn prepare<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let path = std::env::var_os("PATH").unwrap();
        command.current_dir(&self.folder).env_clear().env("PATH", path).env("HOME", &self.folder);
        command.env("TERM", "xterm").env("IMPORTS_API", &self.api).env("IMPORTS_TOKEN", TOKEN)
    }

    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_imports"));
        self.prepare(command.args(words.split_whitespace()));
        command
    }

    pub(crate) fn run(&self, words: &str) -> Ran {
        Ran::of(&mut self.command(words))
    }

    pub(crate) fn run_words(&self, words: &[&str]) -> Ran {
        Ran::of(self.command("").args(words))
    }

    pub(crate) fn run_bytes(&self, words: &str) -> Vec<u8> {
        self.command(words).output().unwrap().stdout
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).unwrap();
    }
}
