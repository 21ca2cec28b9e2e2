//! Python environments: programs that pip installs, at fixed versions, each set in an environment of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::{Error, workspace};

/// What runs the emulator; the SAM translator is in it.
pub const EMULATOR: Environment = Environment::new("python", include_str!("../requirements.txt"));

/// Names of the interpreter, the likeliest first. One is enough.
const INTERPRETERS: [&str; 8] =
    ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python", "py"];

/// Exits 0 where the interpreter is new enough, prints whether it can make environments.
const PROBE: &str = "import sys, importlib.util as u
print(all(u.find_spec(m) for m in ('venv', 'ensurepip')))
sys.exit(sys.version_info < (3, 10))";

/// A set of packages that get along.
#[derive(Clone, Copy, Debug)]
pub struct Environment {
    name: &'static str,
    requirements: &'static str,
}

impl Environment {
    /// Describes the environment that is to be `target/local/{name}`, by what pip calls a requirements file. Every package
    /// has a fixed version there, also those that others stand on.
    #[must_use]
    pub const fn new(name: &'static str, requirements: &'static str) -> Self {
        Self { name, requirements }
    }

    /// Gives the environment's interpreter, making the environment the first time.
    ///
    /// # Errors
    /// When there is no Python that can make it, or a package can't be had.
    pub fn interpreter(&self) -> Result<PathBuf, Error> {
        let local = workspace::local_dir()?;
        // Two processes may come here at once, tests above all: the second waits, then finds everything done.
        let lock_path = local.join(format!("{}.lock", self.name));
        let lock = File::create(&lock_path).map_err(|error| Error::file("create", &lock_path, &error))?;
        lock.lock().map_err(|error| Error::file("lock", &lock_path, &error))?;

        let folder = local.join(self.name);
        let interpreter = folder.join("bin").join("python");
        // Written last, so a half-made environment is never taken for a whole one; and one with other pins is made anew.
        let marker = folder.join("requirements.txt");
        if std::fs::read_to_string(&marker).is_ok_and(|made| made == self.requirements) && interpreter.exists() {
            return Ok(interpreter);
        }
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|error| Error::file("remove", &folder, &error))?;
        }
        create(find_python()?, &folder)?;
        self.install(&interpreter, &folder)?;
        std::fs::write(&marker, self.requirements).map_err(|error| Error::file("write", &marker, &error))?;
        Ok(interpreter)
    }

    fn install(&self, interpreter: &Path, folder: &Path) -> Result<(), Error> {
        let list = folder.join("wanted.txt");
        std::fs::write(&list, self.requirements).map_err(|error| Error::file("write", &list, &error))?;
        let mut pip = Command::new(interpreter);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--requirement"]);
        let output = run(pip.arg(&list))
            .map_err(|error| Error::new(format!("can't run pip: {error}"), "check the Python installation"))?;
        if output.status.success() {
            return Ok(());
        }
        Err(Error::new(
            format!("pip could not install the packages of {}:\n{}", folder.display(), tail(&said(&output))),
            "check the network, or point pip at a mirror with PIP_INDEX_URL, then run this again",
        ))
    }
}

fn find_python() -> Result<&'static str, Error> {
    let mut without_venv = None;
    for name in INTERPRETERS {
        let Ok(output) = run(Command::new(name).args(["-c", PROBE])) else { continue };
        if output.status.success() {
            if output.stdout.starts_with(b"True") {
                return Ok(name);
            }
            without_venv = Some(name);
        }
    }
    Err(match without_venv {
        Some(name) => no_venv(name),
        None => Error::new(
            "no Python 3.10 or newer was found; the local AWS runs on it",
            "install Python 3 (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python3), then run this again",
        ),
    })
}

fn no_venv(name: &str) -> Error {
    Error::new(
        format!("{name} can't make virtual environments: its venv or ensurepip module is missing"),
        "install it (Debian, Ubuntu: apt install python3-venv), then run this again",
    )
}

fn create(python: &str, folder: &Path) -> Result<(), Error> {
    let output = run(Command::new(python).args(["-m", "venv"]).arg(folder))
        .map_err(|error| Error::new(format!("can't run {python}: {error}"), "check the Python installation"))?;
    if output.status.success() {
        return Ok(());
    }
    if said(&output).contains("ensurepip") {
        return Err(no_venv(python));
    }
    Err(Error::new(
        format!("{python} could not make a virtual environment in {}:\n{}", folder.display(), tail(&said(&output))),
        "check that the disk has room and that you may write there",
    ))
}

/// Downloads the wheel of one package, at a fixed version, and gives its path. Nothing of it is installed.
pub(crate) fn download(package: &str, folder: &Path) -> Result<PathBuf, Error> {
    let interpreter = EMULATOR.interpreter()?;
    workspace::make_dir(folder)?;
    let mut pip = Command::new(interpreter);
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]);
    let output = run(pip.arg("--dest").arg(folder).arg(package))
        .map_err(|error| Error::new(format!("can't run pip: {error}"), "check the Python installation"))?;
    let wheel = std::fs::read_dir(folder).ok().and_then(|entries| {
        let name = package.split("==").next()?.replace('-', "_");
        entries
            .flatten()
            .map(|entry| entry.path())
            .find(|path| path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(&name)))
    });
    wheel.filter(|_| output.status.success()).ok_or_else(|| {
        Error::new(
            format!("pip could not download {package}:\n{}", tail(&said(&output))),
            "check the network, or point pip at a mirror with PIP_INDEX_URL, then run this again",
        )
    })
}

fn run(command: &mut Command) -> std::io::Result<Output> {
    command.stdin(Stdio::null()).output()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The last lines of a text, where programs say what went wrong.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(15);
    lines.iter().skip(from).map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
