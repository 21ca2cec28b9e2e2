//! The functions' processes, children of their emulator's.

use std::{fs, thread, time::Duration};

use rustix::process::{Pid, Signal, kill_process};

/// The ids of an emulator's children.
pub(crate) fn children(emulator: u32) -> impl Iterator<Item = String> {
    let threads = fs::read_dir(format!("/proc/{emulator}/task")).unwrap();
    let children = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("children")).unwrap_or_default();
    let children: Vec<_> = threads.map(|thread| children(thread.unwrap())).collect();
    children.join(" ").split_whitespace().map(str::to_owned).collect::<Vec<_>>().into_iter()
}

/// The environment of a process; empty when it is dead.
pub(crate) fn environment(pid: &str) -> String {
    let bytes = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a process holds the connection from one port of the loopback interface to another.
pub(crate) fn holds(pid: &str, from: u16, to: u16) -> bool {
    let connections = fs::read_to_string("/proc/net/tcp").unwrap();
    let ends = [from, to].map(|port| format!("0100007F:{port:04X}"));
    let columns = connections.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let Some(connection) = columns.into_iter().find(|columns| columns[1..3] == ends) else { return false };
    let socket = format!("socket:[{}]", connection[9]);
    let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    files.into_iter().any(|file| fs::read_link(file.path()).is_ok_and(|link| link.as_os_str() == socket.as_str()))
}

/// Sends SIGKILL to a process and waits until it is dead. `false` when it was dead already.
pub(crate) fn kill(pid: &str) -> bool {
    let is_killed = kill_process(Pid::from_raw(pid.parse().unwrap()).unwrap(), Signal::KILL).is_ok();
    while !environment(pid).is_empty() {
        thread::sleep(Duration::from_millis(1));
    }
    is_killed
}

/// Kills an emulator's workers: only they have the objects table in their environment.
pub(crate) fn kill_workers(emulator: u32) -> bool {
    let workers = children(emulator).filter(|pid| environment(pid).contains("OBJECTS_TABLE="));
    workers.filter(|pid| kill(pid)).count() > 0
}
