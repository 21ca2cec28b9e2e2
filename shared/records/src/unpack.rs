//! From the stored bytes to the file: gzip undone, size capped, other kinds of file recognised.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use infer::MatcherType;

use crate::{
    fault::FileFault,
    limits::{MAX_FILE_BYTES, MAX_OVERHEAD},
};

const GZIP: &[u8] = &[0x1f, 0x8b];

/// How many packed bytes are unpacked before the overhead is looked at again.
const PIECE: usize = 64 << 10;

/// Takes a file in piece by piece and holds no more of it than its unpacked bytes.
#[derive(Debug, Default)]
pub struct Unpacker(State);

#[derive(Debug)]
enum State {
    /// Too few bytes yet to see which.
    Unknown(Vec<u8>),
    Plain(Capped),
    Gzip(Gzip),
    Failed(FileFault),
}

impl Default for State {
    fn default() -> Self {
        Self::Unknown(Vec::new())
    }
}

impl Unpacker {
    /// Takes the next piece. `false` says that no more is wanted.
    pub fn take(&mut self, piece: &[u8]) -> bool {
        if let State::Unknown(begin) = &mut self.0 {
            begin.extend_from_slice(piece);
            if begin.len() >= GZIP.len() {
                let begin = std::mem::take(begin);
                self.0 = State::of(&begin);
                return self.0.write(&begin);
            }
            return true;
        }
        self.0.write(piece)
    }

    /// The whole file.
    ///
    /// # Errors
    /// When it is too large once unpacked, can't be unpacked, holds next to nothing, or is of another kind.
    pub fn finish(self) -> Result<Vec<u8>, FileFault> {
        let file = match self.0 {
            State::Unknown(begin) => begin,
            State::Plain(plain) => plain.0,
            State::Gzip(gzip) => gzip.decoder.finish().map_err(|error| fault(&error))?.0,
            State::Failed(fault) => return Err(fault),
        };
        match other_kind(&file) {
            Some(kind) => Err(FileFault::OtherKind(kind)),
            None => Ok(file),
        }
    }
}

impl State {
    fn of(begin: &[u8]) -> Self {
        if begin.starts_with(GZIP) {
            Self::Gzip(Gzip { decoder: Box::new(MultiGzDecoder::new(Capped(Vec::new()))), packed: 0 })
        } else {
            Self::Plain(Capped(Vec::new()))
        }
    }

    fn write(&mut self, piece: &[u8]) -> bool {
        let written = match self {
            Self::Plain(plain) => plain.write_all(piece).map_err(|error| fault(&error)),
            Self::Gzip(gzip) => piece.chunks(PIECE).try_for_each(|piece| gzip.write(piece)),
            Self::Unknown(_) | Self::Failed(_) => return false,
        };
        if let Err(fault) = written {
            *self = Self::Failed(fault);
            return false;
        }
        true
    }
}

/// A gzip file on its way.
#[derive(Debug)]
struct Gzip {
    decoder: Box<MultiGzDecoder<Capped>>,
    /// How many bytes of it were taken.
    packed: usize,
}

impl Gzip {
    /// Unpacks a piece. Members and blocks of nothing cost time and give none of the bytes that are counted: a file that is
    /// mostly those is given up.
    fn write(&mut self, piece: &[u8]) -> Result<(), FileFault> {
        self.decoder.write_all(piece).map_err(|error| fault(&error))?;
        self.packed += piece.len();
        let (packed, unpacked) = (self.packed, self.decoder.get_ref().0.len());
        if packed > unpacked + MAX_OVERHEAD { Err(FileFault::HollowGzip { packed, unpacked }) } else { Ok(()) }
    }
}

fn fault(error: &io::Error) -> FileFault {
    match error.kind() {
        io::ErrorKind::FileTooLarge => FileFault::TooLarge,
        io::ErrorKind::UnexpectedEof => FileFault::DamagedGzip("it ends early".to_owned()),
        _ => FileFault::DamagedGzip(error.to_string()),
    }
}

/// Bytes, up to the limit of a file.
#[derive(Debug)]
struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_FILE_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The kind of a file that is certainly no JSON Lines: an image, an archive, a spreadsheet, text in UTF-16.
fn other_kind(file: &[u8]) -> Option<&'static str> {
    if file.starts_with(&[0xff, 0xfe]) || file.starts_with(&[0xfe, 0xff]) {
        return Some("text in UTF-16");
    }
    infer::get(file).filter(|kind| kind.matcher_type() != MatcherType::Text).map(|kind| kind.mime_type())
}

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn unpack(file: &[u8], piece: usize) -> Result<Vec<u8>, FileFault> {
        let mut unpacker = Unpacker::default();
        let is_wanted = file.chunks(piece).all(|piece| unpacker.take(piece));
        assert_eq!(is_wanted, !matches!(unpacker.0, State::Failed(_)), "no more is wanted of what has failed");
        unpacker.finish()
    }

    fn gzip(file: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(file).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_file_comes_out_as_it_went_in_whatever_the_pieces() {
        let file = b"{\"data\":{}}\n{\"data\":{}}\n";
        let two_members = [gzip(&file[..12]), gzip(&file[12..])].concat();
        for piece in [1, 2, 7, 1000] {
            assert_eq!(unpack(file, piece).unwrap(), file);
            assert_eq!(unpack(&gzip(file), piece).unwrap(), file);
            assert_eq!(unpack(&two_members, piece).unwrap(), file);
        }
        assert_eq!(unpack(b"", 1).unwrap(), b"");
        assert_eq!(unpack(b"{", 1).unwrap(), b"{");
    }

    #[test]
    fn a_damaged_gzip_file_is_called_so() {
        let packed = gzip(b"{\"data\":{}}\n");
        for end in 2..packed.len() {
            let cut = unpack(&packed[..end], 4);
            assert!(matches!(cut, Err(FileFault::DamagedGzip(_))), "{end}: {cut:?}");
        }
        let mut bent = packed;
        bent[12] ^= 0xff;
        assert!(matches!(unpack(&bent, 1000), Err(FileFault::DamagedGzip(_))));
    }

    #[test]
    fn a_file_over_the_limit_is_given_up_at_the_limit() {
        let bomb = gzip(&vec![b'\n'; MAX_FILE_BYTES + 1]);
        assert_eq!(unpack(&bomb, 1 << 16), Err(FileFault::TooLarge));
        assert_eq!(unpack(&gzip(&vec![b'\n'; MAX_FILE_BYTES]), 1 << 16).map(|file| file.len()), Ok(MAX_FILE_BYTES));
    }

    /// Unpacks a file that must be given up once so much more of it was read than it holds, and no more.
    fn check_hollow(file: &[u8]) {
        let unpacked = unpack(file, 8 << 10);
        let Err(FileFault::HollowGzip { packed, unpacked }) = unpacked else { panic!("{unpacked:?}") };
        assert!((MAX_OVERHEAD..MAX_OVERHEAD + PIECE).contains(&(packed - unpacked)), "{packed} {unpacked}");
    }

    #[test]
    fn a_gzip_file_of_nothing_is_given_up() {
        let line = gzip(b"{}\n");
        check_hollow(&gzip(b"").repeat(1_000_000));
        check_hollow(&[line.clone(), gzip(b"").repeat(1_000_000), line.clone()].concat());
        // A name, or a comment, that never ends, by flags 8 and 16: no more than 64 KiB of it is kept.
        for flag in [8, 16] {
            let head = [0x1f, 0x8b, 8, flag, 0, 0, 0, 0, 0, 3];
            let endless = unpack(&[&head[..], &b"n".repeat(30 << 20)].concat(), 8 << 10);
            assert!(matches!(endless, Err(FileFault::DamagedGzip(_))), "{endless:?}");
        }
        // Members that have long names each.
        let named = |name: &[u8]| [&line[..3], &[8], &line[4..10], name, b"\0", &line[10..]].concat();
        assert_eq!(unpack(&named(b"a.jsonl"), 7).unwrap(), b"{}\n");
        check_hollow(&named(&b"n".repeat(60_000)).repeat(500));
        // Stored blocks without a byte.
        check_hollow(&[&line[..10], &[0, 0, 0, 0xff, 0xff].repeat(6 << 20)].concat());
    }

    #[test]
    fn a_gzip_file_of_lines_packed_each_by_itself_is_read() {
        let line = |number: u32| format!("{number}\n");
        let packed: Vec<u8> = (0..50_000).flat_map(|number| gzip(line(number).as_bytes())).collect();
        let lines: String = (0..50_000).map(line).collect();
        assert_eq!(unpack(&packed, 8 << 10).unwrap(), lines.as_bytes());
    }

    #[test]
    fn files_of_other_kinds_are_named() {
        assert_eq!(unpack(b"\x89PNG\r\n\x1a\n\0\0", 100), Err(FileFault::OtherKind("image/png")));
        assert_eq!(unpack(b"PK\x03\x04\x14\0\0\0\x08\0", 100), Err(FileFault::OtherKind("application/zip")));
        assert_eq!(unpack(b"\xff\xfe{\0", 100), Err(FileFault::OtherKind("text in UTF-16")));
        assert!(unpack(b"name,price\nCoffee,7", 100).is_ok());
        assert!(unpack("\u{feff}{\"data\":{}}".as_bytes(), 100).is_ok());
    }
}
