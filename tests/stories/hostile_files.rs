//! Files made to bring the worker down: each is refused in words, within the memory that the template gives the function.

use std::{
    fs,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use records::limits::{MAX_FILE_BYTES, MAX_OBJECTS};

use crate::world::{ROOT, World, sum};

const MIB: usize = 1 << 20;

/// The most that the worker's processes have held at once, while it looks.
struct Memory {
    ended: Arc<AtomicBool>,
    watcher: std::thread::JoinHandle<usize>,
}

impl Memory {
    /// Begins to watch the worker of a stack.
    fn watch(world: &World) -> Self {
        let (ended, emulator) = (Arc::new(AtomicBool::new(false)), world.stack.pid());
        let until = Arc::clone(&ended);
        let watcher = std::thread::spawn(move || {
            let mut most = 0;
            while !until.load(Ordering::Relaxed) {
                most = most.max(worker_peak(emulator));
                std::thread::sleep(Duration::from_millis(50));
            }
            most
        });
        Self { ended, watcher }
    }

    /// The peak, in MiB.
    fn peak(self) -> usize {
        self.ended.store(true, Ordering::Relaxed);
        self.watcher.join().unwrap() / MIB
    }
}

/// The peak of resident memory of the worker, a child of the emulator: of all functions it alone knows the objects' table.
fn worker_peak(emulator: u32) -> usize {
    let field = |status: &str, name: &str| {
        status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse::<usize>().ok())
    };
    let peak = |process: fs::DirEntry| {
        let status = fs::read_to_string(process.path().join("status")).ok()?;
        let is_child = field(&status, "PPid:")? == usize::try_from(emulator).ok()?;
        let environment = fs::read(process.path().join("environ")).ok()?;
        let is_worker = String::from_utf8_lossy(&environment).contains("OBJECTS_TABLE=");
        (is_child && is_worker).then(|| field(&status, "VmHWM:").map(|kibibytes| kibibytes * 1024))?
    };
    fs::read_dir("/proc").unwrap().flatten().filter_map(peak).max().unwrap_or_default()
}

/// What the template gives the worker, in MiB.
fn memory_size() -> usize {
    let template = fs::read_to_string(format!("{ROOT}/template.yaml")).unwrap();
    let function = template.split("\n  ProcessImportFunction:\n").nth(1).unwrap();
    let size = function.split("MemorySize: ").nth(1).unwrap().lines().next().unwrap();
    size.parse().unwrap()
}

fn gzip(file: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(file).unwrap();
    encoder.finish().unwrap()
}

/// A gzip file that unpacks to so many times a piece: gzip files one behind the other are one.
fn bomb(piece: &[u8], times: usize) -> Vec<u8> {
    gzip(piece).repeat(times)
}

/// Runs a file that is put into the bucket; tells how it ended, and the first row of its errors.
async fn run(world: &World, name: &str, file: Vec<u8>) -> (serde_json::Value, (u64, String, String)) {
    world.drop_file(name, file).await;
    let id = world.job_of_drop(name).await;
    let job = world.ended_within(&id, Duration::from_mins(4)).await;
    let mut errors = world.errors(&id).await;
    (job, errors.remove(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_unpacks_to_gigabytes_is_refused_at_the_cap_and_within_memory() {
    let world = World::own().await;
    let memory = Memory::watch(&world);
    let line = [&vec![b'x'; 400 * 1024][..], b"\n"].concat();
    let nested = gzip(&bomb(&vec![0; 16 * MIB], 64));
    let files = [
        ("ten gigabytes of nothing", bomb(&vec![0; 16 * MIB], 640), "file_too_large"),
        ("ten gigabytes of blank lines", bomb(&vec![b'\n'; 16 * MIB], 640), "file_too_large"),
        ("a line of a gigabyte", bomb(&vec![b'x'; 16 * MIB], 64), "file_too_large"),
        ("50,000 lines of 400 KB", bomb(&line.repeat(50), 1_000), "file_too_large"),
        ("a gigabyte, packed twice", nested, "file_too_large"),
    ];
    for (name, file, code) in files {
        let (packed, began) = (file.len(), Instant::now());
        let (job, (line, found, field)) = run(&world, name, file).await;
        println!("{name}, {packed} bytes packed: {found} after {:.1} s", began.elapsed().as_secs_f64());
        assert_eq!((line, found.as_str(), field.as_str()), (0, code, ""), "{name}");
        assert_eq!((&job["attributes"]["status"], &job["meta"]["errors"]), (&"failed".into(), &1.into()), "{name}");
    }
    let (peak, size) = (memory.peak(), memory_size());
    println!("the worker held {peak} MiB at most, of {size}");
    assert!(peak > 200 && peak < size, "{peak} MiB of {size}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_million_gzip_members_of_nothing_are_refused_within_seconds() {
    let world = World::shared().await;
    let file = bomb(b"", 10_000_000);
    let packed = file.len();
    world.drop_file("members of nothing", file).await;
    let began = Instant::now();
    let id = world.job_of_drop("members of nothing").await;
    let job = world.ended_within(&id, Duration::from_mins(1)).await;
    println!("{packed} bytes packed, of nothing: refused after {:.1} s", began.elapsed().as_secs_f64());
    assert_eq!(job["attributes"]["status"], "failed");
    assert_eq!(world.errors(&id).await, [(0, "file_unreadable".to_owned(), String::new())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_brackets_fail_their_line_alone() {
    let world = World::shared().await;
    let closed = format!("{}{}\n", "[".repeat(500_000), "]".repeat(500_000));
    let objects = format!("{}1{}\n", "{\"a\":".repeat(170_000), "}".repeat(170_000));
    let good = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}\n";
    let file = ["[".repeat(1_000_000) + "\n", good.to_owned(), closed, objects].concat();
    let job = world.run(gzip(file.as_bytes())).await;
    assert_eq!((&job["attributes"]["status"], sum(&job, "imported")), (&"success".into(), 1));
    let codes: Vec<_> = world
        .errors(job["id"].as_str().unwrap())
        .await
        .into_iter()
        .map(|(line, code, _)| format!("{line} {code}"))
        .collect();
    assert_eq!(codes, ["1 not_json", "3 too_deep", "3 not_an_object", "4 too_deep", "4 required"]);
}

/// Lines that each have `errors` errors in a place whose path is long. All of them have to be kept until the first line is
/// done, whose turn comes last.
fn wordy(errors: usize, lines: usize) -> Vec<u8> {
    let first = "{\"type\":\"subscription\"}\n";
    let deep = format!("{{\"{}\":", "k".repeat(78)).repeat(26);
    let line = format!(
        "{{\"type\":\"subscription_product\",\"name\":\"Tea\",\"a\":{deep}{{{}\"b\":0}}{}}}\n",
        "\"\":0,".repeat(errors),
        "}".repeat(26)
    );
    [first.as_bytes(), line.repeat(lines - 1).as_bytes()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_that_wait_to_be_reported_do_not_outgrow_the_worker() {
    // A tenth of the lines that a file may have, and so a tenth of what they need: the whole takes a minute.
    const PART: usize = 10;
    let world = World::own().await;
    let memory = Memory::watch(&world);
    let began = Instant::now();
    let (job, (line, code, _)) = run(&world, "wordy", gzip(&wordy(25, MAX_OBJECTS / PART))).await;
    assert_eq!((line, code.as_str()), (0, "nothing_imported"));
    let errors = job["meta"]["errors"].as_u64().unwrap();
    assert!(errors > 10_000, "{errors}");
    let (peak, size) = (memory.peak(), memory_size());
    let whole = peak * PART + MAX_FILE_BYTES / MIB;
    println!(
        "{errors} errors held: {peak} MiB, {:.1} s; a whole file would take {whole}",
        began.elapsed().as_secs_f64()
    );
    assert!(whole < size, "{whole} MiB of {size}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_swell_as_they_are_read_do_not_outgrow_the_worker() {
    let world = World::own().await;
    let memory = Memory::watch(&world);
    let head = "{\"type\":\"subscription_product\",\"name\":\"Tea\",\"a\":[0";
    let line = format!("{head}{}]}}\n", ",0".repeat((MIB - head.len() - 3) / 2));
    let (copies, began) = (60, Instant::now());
    let (job, (line, code, _)) = run(&world, "swelling", gzip(line.repeat(copies).as_bytes())).await;
    assert_eq!((line, code.as_str(), sum(&job, "imported")), (0, "nothing_imported", 0));
    assert_eq!(job["meta"]["errors"], copies + 1);
    let (peak, size) = (memory.peak(), memory_size());
    let whole = peak + MAX_FILE_BYTES / MIB - copies;
    println!(
        "{copies} lines of a MiB: {peak} MiB, {:.1} s; a whole file would take {whole}",
        began.elapsed().as_secs_f64()
    );
    assert!(whole < size, "{whole} MiB of {size}");
}
