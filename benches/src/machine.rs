//! What figures depend on: the machine, the commit, the date.

use std::{fs, process::Command, thread};

use chrono::{SecondsFormat, Utc};
use serde::Serialize;

use crate::{Outcome, programs::is_release};

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Circumstances {
    pub(crate) date: String,
    pub(crate) machine: String,
    pub(crate) commit: String,
    pub(crate) profile: &'static str,
}

impl Circumstances {
    pub(crate) fn now() -> Outcome<Self> {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let field = |name: &str| cpu.lines().find_map(|line| line.strip_prefix(name)?.split_once(": "));
        let model = field("model name").map_or(std::env::consts::ARCH, |(_, model)| model.trim());
        let flags = field("flags").map_or("", |(_, flags)| flags);
        let sha = if flags.contains("sha_ni") { "with" } else { "without" };
        let processors = thread::available_parallelism()?;
        let commit = Command::new("git").args(["describe", "--always", "--dirty"]).output();
        let commit = commit.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        Ok(Self {
            date: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
            machine: format!("{processors} processors, {model}, {sha} SHA instructions"),
            commit: commit.unwrap_or_default(),
            profile: profile(),
        })
    }
}

pub(crate) const fn profile() -> &'static str {
    if is_release() { "release" } else { "dev" }
}
