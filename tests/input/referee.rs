//! A second reader's opinion: Python's `json` says of thousands of lines whether each is one JSON object. Where it and this
//! service disagree, one of the reasons below must hold.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    process::{Command, Stdio},
    thread,
};

use rand::{Rng, RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use records::{RecordErrorCode, RecordId, Resolution, jsonl::lines, read};
use samples::{FaultKind, generate};

/// How many lines are made of others by changing a few bytes.
const MUTATED: usize = 6_000;

/// Why a line is refused here that Python takes, by the code that tells it first.
const STRICTER: [(RecordErrorCode, &str); 7] = [
    (RecordErrorCode::NotJson, "NaN, Infinity and -Infinity, which Python takes and JSON does not have"),
    (RecordErrorCode::DuplicateKey, "of a key given twice Python keeps the last value, and loses the first"),
    (RecordErrorCode::InvalidKey, "the database takes no empty key, none with a NUL and none over 65,535 bytes"),
    (RecordErrorCode::LoneSurrogate, "half of a surrogate pair is no Unicode; Python keeps it in its strings"),
    (
        RecordErrorCode::NumberOutOfRange,
        "the database takes 38 digits and 1E-130 to 9.9E+125; Python rounds, or gives inf",
    ),
    (RecordErrorCode::TooDeep, "the database takes 32 levels; Python some thousand"),
    (RecordErrorCode::LineTooLong, "a line has a MiB at most; Python has no limit"),
];

/// Why a line is taken here that Python refuses.
const LOOSER: [(&str, &str); 3] = [
    ("byte order mark", "one at the start of a line is no part of it; Python asks for another codec"),
    ("zero-width character", "one around a line is no part of it; Python takes it for text behind the object"),
    ("carriage return", "alone it ends a line where the file has no line feed; Python takes two lines for one"),
];

/// What this service's reader says of the one line of a file; nothing where the file holds none.
fn ours(file: &[u8]) -> Option<Result<(), RecordErrorCode>> {
    let line = lines(file).next()?;
    let id = RecordId::parse("00000000-0000-4000-8000-000000000000").unwrap();
    let errors =
        read(line.bytes).and_then(|draft| draft.look_up(|_| Resolution::Missing).resolve(id)).err().unwrap_or_default();
    // What is reported of the reading comes before what is reported of the rules.
    let of_reading = |code: &RecordErrorCode| {
        let reading = [RecordErrorCode::NotUtf8, RecordErrorCode::NotAnObject];
        reading.contains(code) || STRICTER.iter().any(|(stricter, _)| stricter == code)
    };
    Some(errors.iter().map(|error| error.code).find(of_reading).map_or(Ok(()), Err))
}

/// Values that readers have been known to stumble over, and what is none.
const NASTY: &[&str] = &[
    "0",
    "-0",
    "0.0",
    "1e5",
    "1E+5",
    "1e-5",
    "-1.5e+300",
    "01",
    "-01",
    "1.",
    ".5",
    "-.5",
    "+1",
    "1e",
    "1e+",
    "0x1F",
    "1_000",
    "--1",
    "-",
    "1.2.3",
    "１",
    "NaN",
    "Infinity",
    "-Infinity",
    "nan",
    "inf",
    "-NaN",
    "1e400",
    "-1e400",
    "1e-400",
    "1e125",
    "1e126",
    "99999999999999999999999999999999999999",
    "999999999999999999999999999999999999999",
    "0e999999",
    "1e99999999999999999999",
    "true",
    "false",
    "null",
    "True",
    "nul",
    "truefalse",
    "\"\"",
    "\"a\"",
    "'a'",
    "\"a",
    "a\"",
    "\"\\\"\"",
    "\"\\a\"",
    "\"\\x41\"",
    "\"\\u00e9\"",
    "\"\\u00E\"",
    "\"\\u\"",
    "\"\\uD83D\\uDE00\"",
    "\"\\uD83D\"",
    "\"\\uDE00\\uD83D\"",
    "\"\\uD83D\\u0041\"",
    "\"\\u0000\"",
    "\"\u{0}\"",
    "\"\u{1f}\"",
    "\"\u{7f}\"",
    "\"\u{80}\"",
    "\"\u{2028}\u{2029}\"",
    "\"\u{feff}\"",
    "\"\u{fffe}\u{ffff}\"",
    "\"\t\"",
    "\"\\t\"",
    "\"\\/\"",
    "\"/\"",
    "\"\u{10ffff}\"",
    "[]",
    "[ ]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1,,2]",
    "[",
    "]",
    "[[]",
    "[]]",
    "{}",
    "{\"a\"}",
    "{\"a\":}",
    "{:1}",
    "{\"a\":1,}",
    "{,}",
    "{\"a\":1 \"b\":2}",
    "{\"a\" 1}",
    "{1:2}",
    "{a:1}",
    "{'a':1}",
    "{\"a\":1,\"a\":2}",
    "{\"a\":1,\"\\u0061\":2}",
    "{\"\":1}",
    "{\"\\u0000\":1}",
    "{\"\\ud800\":1}",
    "{\"a\":{\"a\":{\"a\":1}}}",
    "1/*c*/",
    "1//c",
    "#",
    "undefined",
    "\u{a0}1",
    "\u{b}1",
    "\u{c}1",
    "\u{85}1",
    "\u{3000}1",
    "\u{feff}1",
    "\u{200b}",
    "\u{2060}",
    "\u{a0}",
    " 1 ",
    "\t1\t",
    "\r1\r",
    "1;",
    "1\u{0}",
    "(1)",
    "<1>",
    "1e5e5",
    "1ee5",
    "2.",
];

/// Nasty values within an object, by themselves, and behind a mark or an object; and what is nasty by its size or its bytes.
fn nasty() -> Vec<Vec<u8>> {
    let mut cases: Vec<Vec<u8>> = NASTY.iter().map(|value| format!("{{\"k\":{value}}}").into_bytes()).collect();
    cases.extend(NASTY.iter().map(|value| value.as_bytes().to_vec()));
    cases.extend(NASTY.iter().map(|value| format!("\u{feff}{{\"k\":{value}}}").into_bytes()));
    cases.extend(NASTY.iter().map(|value| format!("{{\"k\":1}}{value}").into_bytes()));
    for depth in [1, 30, 31, 32, 33, 64, 500, 5_000, 100_000] {
        cases.push(format!("{{\"k\":{}{}}}", "[".repeat(depth), "]".repeat(depth)).into_bytes());
        cases.push(format!("{}1{}", "{\"k\":".repeat(depth), "}".repeat(depth)).into_bytes());
        cases.push("[".repeat(depth).into_bytes());
    }
    for digits in [1, 15, 16, 17, 38, 39, 100, 126, 127, 4_300, 4_301, 20_000] {
        cases.push(format!("{{\"k\":{}}}", "9".repeat(digits)).into_bytes());
        cases.push(format!("{{\"k\":1{}}}", "0".repeat(digits)).into_bytes());
        cases.push(format!("{{\"k\":0.{}1}}", "0".repeat(digits)).into_bytes());
    }
    for length in [65_535, 65_536, (1 << 20) - 8, (1 << 20) - 7] {
        cases.push(format!("{{\"{}\":1}}", "k".repeat(length)).into_bytes());
        cases.push(format!("{{\"k\":\"{}\"}}", "x".repeat(length)).into_bytes());
    }
    let bytes: [&[u8]; 14] = [
        b"\xff",
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\xc3",
        b"\x80",
        b"\xe2\x82",
        b"\xf0\x9f\x98",
        b"\xfe\xff",
        b"\xc3\xa9",
        b"\xf0\x9f\x98\x80",
    ];
    cases.extend(bytes.iter().map(|bytes| [b"{\"k\":\"", *bytes, b"\"}"].concat()));
    cases.extend(bytes.iter().map(|bytes| [*bytes, b"{}"].concat()));
    cases
}

/// A line with a few bytes changed.
fn mutated(rng: &mut ChaCha8Rng, line: &[u8]) -> Vec<u8> {
    const PIECES: &[&[u8]] = &[
        b"\"",
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"0",
        b"-",
        b"+",
        b".",
        b"e9",
        b"NaN",
        b"-Infinity",
        b"null",
        b"\\ud800",
        b"\\u0000",
        b"\xff",
        b"\xc3",
        b"\t",
        b"\r",
        b" ",
        b"\x0c",
        b"\x01",
        b"\"\":1,",
        b"\xef\xbb\xbf",
        b"1e999",
        b"'",
        b"//",
        b"\"name\":1,",
        b"[[[[[[[[",
    ];
    let mut line = line.to_vec();
    for _ in 0..rng.random_range(1..4) {
        let place = rng.random_range(0..=line.len());
        let end = (place + rng.random_range(0..4)).min(line.len());
        match rng.random_range(0..3) {
            0 => drop(line.splice(place..end, [])),
            1 => drop(line.splice(place..place, PIECES.choose(rng).unwrap().iter().copied())),
            _ => drop(line.splice(place..end, [u8::try_from(rng.next_u32() % 256).unwrap()])),
        }
    }
    line
}

/// All lines that are judged; none holds a line feed.
fn cases() -> Vec<Vec<u8>> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut file = Vec::new();
    generate(1_200, 5, 3 * FaultKind::ALL.len(), &mut file).unwrap();
    let mut cases: Vec<Vec<u8>> = file.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let short: Vec<Vec<u8>> = cases.iter().filter(|line| line.len() < 10_000).cloned().collect();
    for _ in 0..MUTATED {
        let line = short.choose(&mut rng).unwrap();
        cases.push(mutated(&mut rng, line));
    }
    cases.extend(nasty());
    for case in &mut cases {
        case.retain(|byte| *byte != b'\n');
    }
    cases
}

/// What Python says of each.
fn referee(cases: &[Vec<u8>]) -> Vec<bool> {
    let mut text = String::new();
    for case in cases {
        for byte in case {
            write!(text, "{byte:02x}").unwrap();
        }
        text.push('\n');
    }
    let mut python = Command::new("python3")
        .args(["-c", include_str!("referee.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = python.stdin.take().unwrap();
    let writing = thread::spawn(move || std::io::Write::write_all(&mut stdin, text.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(|verdict| verdict == "accepted").collect()
}

#[test]
fn where_python_reads_a_line_otherwise_there_is_a_reason() {
    let cases = cases();
    let theirs = referee(&cases);
    assert_eq!(theirs.len(), cases.len());
    let mut figures: BTreeMap<String, usize> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for (case, theirs) in cases.iter().zip(theirs) {
        let has_constant = ["NaN", "Infinity"].iter().any(|word| String::from_utf8_lossy(case).contains(word));
        let class = match (ours(case), theirs) {
            (Some(Ok(())), true) => "both take it".to_owned(),
            (Some(Err(_)), false) => "both refuse it".to_owned(),
            (None, false) => "a blank line, which is none".to_owned(),
            (Some(Ok(())), false) if case.starts_with(b"\xef\xbb\xbf") => LOOSER[0].0.to_owned(),
            (Some(Ok(())), false) if lines(case).any(|line| line.bytes.len() < line.raw.len()) => {
                LOOSER[1].0.to_owned()
            }
            (Some(Ok(())), false) if lines(case).count() > 1 && !case.contains(&b'\n') => LOOSER[2].0.to_owned(),
            (Some(Err(code)), true) if code != RecordErrorCode::NotJson || has_constant => format!("{code:?}"),
            (ours, theirs) => {
                unexplained.push(format!("{ours:?} against {theirs}: {:?}", String::from_utf8_lossy(case)));
                continue;
            }
        };
        *figures.entry(class).or_default() += 1;
    }
    println!("{} lines judged twice: {figures:#?}", cases.len());
    let shown: Vec<String> = unexplained.iter().take(10).map(|case| case.chars().take(300).collect()).collect();
    assert!(shown.is_empty(), "{} without a reason: {shown:#?}", unexplained.len());
    let reasons =
        STRICTER.iter().map(|(code, _)| format!("{code:?}")).chain(LOOSER.iter().map(|(name, _)| (*name).to_owned()));
    for reason in reasons {
        assert!(figures.remove(&reason).is_some(), "a reason that never applies: {reason}");
    }
    let agreed = ["both take it", "both refuse it", "a blank line, which is none"];
    assert!(figures.keys().all(|class| agreed.contains(&class.as_str())), "no reason is given for one of {figures:#?}");
}
