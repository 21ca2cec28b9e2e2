//! The same lines as another program would have written them: other line ends, blank lines between, a byte order mark,
//! no end at the end, compressed.

use std::{collections::BTreeMap, io::Write};

use flate2::{Compression, write::GzEncoder};
use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

/// A file whose lines stand elsewhere than they did.
pub(crate) struct Disguised {
    /// Each line with its end, in order, the blank ones as well.
    pieces: Vec<Vec<u8>>,
    has_mark: bool,
    is_packed: bool,
    /// The numbers of the lines that are not blank, by those they had.
    pub(crate) numbers: BTreeMap<u32, u32>,
}

impl Disguised {
    pub(crate) fn new(rng: &mut ChaCha8Rng, file: &[u8]) -> Self {
        let mut disguised = Self {
            pieces: Vec::new(),
            has_mark: rng.random_ratio(1, 3),
            is_packed: rng.random_ratio(1, 4),
            numbers: BTreeMap::new(),
        };
        let windows = rng.random_ratio(1, 2);
        let lines = file.strip_suffix(b"\n").unwrap_or(file).split(|byte| *byte == b'\n');
        for (number, line) in (1..).zip(lines) {
            while rng.random_ratio(1, 10) {
                let blank: &[u8] = [&b"\n"[..], b"\r\n", b" \t \n", b"\x0c\n"].choose(rng).unwrap();
                disguised.pieces.push(blank.to_vec());
            }
            let end: &[u8] = if windows && rng.random_ratio(9, 10) { b"\r\n" } else { b"\n" };
            disguised.pieces.push([line, end].concat());
            disguised.numbers.insert(number, u32::try_from(disguised.pieces.len()).unwrap());
        }
        if rng.random_ratio(1, 3)
            && let Some(last) = disguised.pieces.last_mut()
        {
            last.pop();
        }
        disguised
    }

    /// The file.
    pub(crate) fn file(&self) -> Vec<u8> {
        self.file_without::<bool>(&BTreeMap::new())
    }

    /// The file with the lines of these (new) numbers left blank.
    pub(crate) fn file_without<T>(&self, left_out: &BTreeMap<u32, T>) -> Vec<u8> {
        let mut file = if self.has_mark { b"\xEF\xBB\xBF".to_vec() } else { Vec::new() };
        for (number, piece) in (1..).zip(&self.pieces) {
            file.extend_from_slice(if left_out.contains_key(&number) { b"\n" } else { piece });
        }
        if self.is_packed { gzip(&file) } else { file }
    }

    /// A line as it stands in the file, without its line feed.
    pub(crate) fn line(&self, number: u32) -> &[u8] {
        let piece = &self.pieces[usize::try_from(number).unwrap() - 1];
        piece.strip_suffix(b"\n").unwrap_or(piece)
    }
}

pub(crate) fn gzip(file: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(file).unwrap();
    encoder.finish().unwrap()
}
