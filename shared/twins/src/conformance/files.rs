//! What a [`Files`] promises. Every test has keys of its own.

use std::collections::HashMap;

use bytes::Bytes;
use uuid::Uuid;

use super::promises;
use imports::{
    import::ImportFile,
    ports::{FileRead, FileVersion, FileWriter, Files, PortError},
};

promises! { $ files_promises in files:
    a_file_is_read_as_it_was_put,
    a_file_is_put_over_whole,
    a_read_ends_where_asked,
    a_file_that_is_too_large_is_not_read,
    others_get_their_turn_between_the_pieces_of_a_file,
    a_missing_file_is_reported_as_such,
    nothing_is_said_of_a_file_put_plainly,
    a_file_is_put_over_the_version_that_was_seen_alone,
    a_range_is_read_to_the_byte,
    a_range_of_a_missing_file_is_not_there,
    a_key_may_hold_any_character,
    a_written_file_appears_when_it_is_finished,
    a_written_file_may_be_large,
    a_written_file_may_be_empty,
}

fn fresh_key() -> String {
    format!("conformance/{}", Uuid::new_v4())
}

fn newest(key: &str) -> ImportFile {
    ImportFile { key: key.to_owned(), version: None }
}

/// So many bytes of which no two stretches are alike.
fn content(bytes: usize) -> Vec<u8> {
    (0_u64..).flat_map(|number| (number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_be_bytes()).take(bytes).collect()
}

async fn read(files: &impl Files, file: &ImportFile) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let take = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        true
    };
    match files.read(file, u64::MAX, take).await.unwrap() {
        FileRead::Done => Some(bytes),
        FileRead::Missing | FileRead::TooLarge { .. } | FileRead::Archived { .. } | FileRead::Locked => None,
    }
}

async fn check(files: &impl Files, key: &str, expected: Option<&[u8]>) {
    let read = read(files, &newest(key)).await;
    // Not `assert_eq`: nobody reads a megabyte of numbers.
    assert!(read.as_deref() == expected, "{key} has {:?} bytes", read.map(|bytes| bytes.len()));
}

/// Reads a file by version, as drops are: to be called with one that was put before the other under the same key.
pub async fn check_versions(files: &impl Files, older: (&ImportFile, &[u8]), newer: (&ImportFile, &[u8])) {
    for (file, expected) in [older, newer, (&newest(&older.0.key), newer.1)] {
        assert_eq!(read(files, file).await.as_deref(), Some(expected));
    }
}

/// Compares what is said of a file, which ports of this kind can't put, with what was said as it was put.
pub async fn check_metadata(files: &impl Files, file: &ImportFile, expected: &[(&str, &str)]) {
    let expected = expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    assert_eq!(files.metadata(file).await, Ok(Some(expected)));
}

pub async fn a_file_is_read_as_it_was_put(files: &impl Files) {
    for bytes in [0, 1, 1_000, 3_000_000] {
        let key = fresh_key();
        files.put(&key, content(bytes).into()).await.unwrap();
        check(files, &key, Some(&content(bytes))).await;
    }
}

pub async fn a_file_is_put_over_whole(files: &impl Files) {
    let key = fresh_key();
    files.put(&key, Bytes::from_static(b"the first, which is longer")).await.unwrap();
    files.put(&key, Bytes::from_static(b"the second")).await.unwrap();
    check(files, &key, Some(b"the second")).await;
}

pub async fn a_read_ends_where_asked(files: &impl Files) {
    let key = fresh_key();
    files.put(&key, content(5_000_000).into()).await.unwrap();
    let mut pieces = 0;
    let take = |_: &[u8]| {
        pieces += 1;
        pieces < 2
    };
    assert_eq!(files.read(&newest(&key), u64::MAX, take).await, Ok(FileRead::Done));
    assert_eq!(pieces, 2);
}

pub async fn a_file_that_is_too_large_is_not_read(files: &impl Files) {
    let key = fresh_key();
    files.put(&key, content(1_000).into()).await.unwrap();
    let mut taken = 0;
    let mut take = |piece: &[u8]| {
        taken += piece.len();
        true
    };
    assert_eq!(files.read(&newest(&key), 999, &mut take).await, Ok(FileRead::TooLarge { bytes: 1_000 }));
    assert_eq!(files.read(&newest(&fresh_key()), 999, &mut take).await, Ok(FileRead::Missing));
    assert_eq!(files.read(&newest(&key), 1_000, &mut take).await, Ok(FileRead::Done));
    assert_eq!(taken, 1_000);
}

pub async fn others_get_their_turn_between_the_pieces_of_a_file(files: &impl Files) {
    let key = fresh_key();
    files.put(&key, content(5_000_000).into()).await.unwrap();
    let (mut pieces, mut turns) = (0, 0);
    let take = |_: &[u8]| {
        pieces += 1;
        true
    };
    let file = newest(&key);
    let read = files.read(&file, u64::MAX, take);
    let others = async {
        loop {
            turns += 1;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        read = read => assert_eq!(read, Ok(FileRead::Done)),
        () = others => {}
    }
    assert!(turns >= pieces, "{turns} turns of others, {pieces} pieces");
}

pub async fn a_missing_file_is_reported_as_such(files: &impl Files) {
    check(files, &fresh_key(), None).await;
}

pub async fn nothing_is_said_of_a_file_put_plainly(files: &impl Files) {
    let key = fresh_key();
    assert_eq!(files.metadata(&newest(&key)).await, Ok(None));
    files.put(&key, Bytes::from_static(b"{}")).await.unwrap();
    check_metadata(files, &newest(&key), &[]).await;
}

pub async fn a_file_is_put_over_the_version_that_was_seen_alone(files: &impl Files) {
    let key = fresh_key();
    assert_eq!(files.newest(&key).await, Ok(None));
    let metadata = |text: &str| HashMap::from([("put-by".to_owned(), text.to_owned())]);
    let put = async |over: Option<&FileVersion>, by: &str| {
        let put = files.put_over(&key, over, Bytes::copy_from_slice(by.as_bytes()), metadata(by)).await;
        assert!(matches!(put, Ok(()) | Err(PortError::Conflict(_))), "{put:?}");
        put.is_ok()
    };
    assert!(put(None, "first").await);
    assert!(!put(None, "none").await);
    let first = files.newest(&key).await.unwrap().unwrap();
    assert_eq!(first.metadata, metadata("first"));
    assert!(put(Some(&first), "second").await);
    assert!(!put(Some(&first), "none").await);
    let second = files.newest(&key).await.unwrap().unwrap();
    assert_eq!(second.metadata, metadata("second"));
    assert_ne!(first.tag, second.tag);
    check(files, &key, Some(b"second")).await;
}

pub async fn a_range_is_read_to_the_byte(files: &impl Files) {
    let (key, content) = (fresh_key(), content(1_000));
    files.put(&key, content.clone().into()).await.unwrap();
    for (start, end) in [(0, 1), (0, 1_000), (999, 1_000), (17, 18), (100, 900), (0, 0), (500, 500), (1_000, 1_000)] {
        let range = u64::try_from(start).unwrap()..u64::try_from(end).unwrap();
        let read = files.read_range(&key, range).await.unwrap().unwrap();
        assert_eq!(Some(read.as_ref()), content.get(start..end), "{start}..{end}");
    }
    assert_eq!(files.read_range(&key, 990..2_000).await.unwrap().unwrap().len(), 10);
    assert!(files.read_range(&key, 1_000..1_001).await.is_err());
}

pub async fn a_range_of_a_missing_file_is_not_there(files: &impl Files) {
    assert_eq!(files.read_range(&fresh_key(), 0..1).await, Ok(None));
}

pub async fn a_key_may_hold_any_character(files: &impl Files) {
    for name in ["a b+c.jsonl", "ä/é🌙.jsonl", "100%25=&?#.jsonl", "(a)'!*~;:@,.jsonl", "a//b"] {
        let key = format!("{}/{name}", fresh_key());
        files.put(&key, content(10).into()).await.unwrap();
        check(files, &key, Some(&content(10))).await;
        assert_eq!(files.read_range(&key, 0..10).await.unwrap().unwrap(), content(10));
    }
}

pub async fn a_written_file_appears_when_it_is_finished(files: &impl Files) {
    let key = fresh_key();
    let mut writer = files.writer(key.clone());
    writer.write(b"first, ").await.unwrap();
    writer.write(b"").await.unwrap();
    writer.write(b"second").await.unwrap();
    check(files, &key, None).await;
    writer.finish().await.unwrap();
    check(files, &key, Some(b"first, second")).await;
    // One that is given up leaves what was there.
    let mut writer = files.writer(key.clone());
    writer.write(&content(9_000_000)).await.unwrap();
    drop(writer);
    check(files, &key, Some(b"first, second")).await;
}

pub async fn a_written_file_may_be_large(files: &impl Files) {
    // Around the size of a part, 5 MiB: two full parts and a rest; exactly two; one piece larger than a part.
    for (bytes, piece) in [(12 << 20, 100_000), (10 << 20, 1 << 20), (14 << 20, 14 << 20)] {
        let (key, content) = (fresh_key(), content(bytes));
        let mut writer = files.writer(key.clone());
        for piece in content.chunks(piece) {
            writer.write(piece).await.unwrap();
        }
        check(files, &key, None).await;
        writer.finish().await.unwrap();
        check(files, &key, Some(&content)).await;
        let (start, end) = (5_242_870, 5_242_890);
        let range = u64::try_from(start).unwrap()..u64::try_from(end).unwrap();
        assert_eq!(Some(files.read_range(&key, range).await.unwrap().unwrap().as_ref()), content.get(start..end));
    }
}

pub async fn a_written_file_may_be_empty(files: &impl Files) {
    let key = fresh_key();
    files.writer(key.clone()).finish().await.unwrap();
    check(files, &key, Some(b"")).await;
}
