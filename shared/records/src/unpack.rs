//! From the stored bytes to the file: gzip undone, even twice, size capped, other kinds of file recognised.

mod kind;

use std::io::{self, Write};

use flate2::write::GzDecoder;

pub(crate) use self::kind::cure;
use self::kind::other_kind;
use crate::{
    fault::FileFault,
    limits::{MAX_FILE_BYTES, MAX_OVERHEAD},
};

const GZIP: &[u8] = &[0x1f, 0x8b];

/// How many packed bytes are unpacked before the overhead is looked at again.
const PIECE: usize = 64 << 10;

/// How often a file may be packed: some clients pack what is packed already.
const MOST_LAYERS: u8 = 2;

/// Takes a file in piece by piece and holds no more of it than its unpacked bytes.
#[derive(Debug)]
pub struct Unpacker(Layer);

impl Default for Unpacker {
    fn default() -> Self {
        Self(Layer::new(MOST_LAYERS))
    }
}

impl Unpacker {
    /// Takes the next piece. `false` says that no more is wanted.
    pub fn take(&mut self, piece: &[u8]) -> bool {
        piece.chunks(PIECE).all(|piece| self.0.take(piece).is_ok())
    }

    /// The whole file.
    ///
    /// # Errors
    /// When it is too large once unpacked, can't be unpacked, holds next to nothing, or is of another kind.
    pub fn finish(self) -> Result<Vec<u8>, FileFault> {
        let file = self.0.finish()?;
        match other_kind(&file) {
            Some(kind) => Err(FileFault::OtherKind(kind)),
            None => Ok(file),
        }
    }
}

/// A file as it stands, or what is packed in it, which is a layer again.
#[derive(Debug)]
struct Layer {
    state: State,
    /// How often what comes may still be packed.
    layers: u8,
}

#[derive(Debug)]
enum State {
    /// Too few bytes yet to see which.
    Unknown(Vec<u8>),
    Plain(Vec<u8>),
    Gzip(Box<Gzip>),
    Failed(FileFault),
}

impl Layer {
    const fn new(layers: u8) -> Self {
        Self { state: State::Unknown(Vec::new()), layers }
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), FileFault> {
        let taken = match &mut self.state {
            State::Unknown(begin) => {
                begin.extend_from_slice(piece);
                if begin.len() < GZIP.len() {
                    return Ok(());
                }
                let begin = std::mem::take(begin);
                self.state = if begin.starts_with(GZIP) && self.layers > 0 {
                    State::Gzip(Box::new(Gzip::new(Self::new(self.layers - 1))))
                } else {
                    State::Plain(Vec::new())
                };
                return self.take(&begin);
            }
            State::Plain(plain) if plain.len() + piece.len() > MAX_FILE_BYTES => Err(FileFault::TooLarge),
            State::Plain(plain) => {
                plain.extend_from_slice(piece);
                Ok(())
            }
            State::Gzip(gzip) => gzip.take(piece),
            State::Failed(fault) => return Err(fault.clone()),
        };
        if let Err(fault) = &taken {
            self.state = State::Failed(fault.clone());
        }
        taken
    }

    fn finish(self) -> Result<Vec<u8>, FileFault> {
        match self.state {
            State::Unknown(file) | State::Plain(file) => Ok(file),
            State::Gzip(gzip) => gzip.finish(),
            State::Failed(fault) => Err(fault),
        }
    }

    /// How many bytes there are, unpacked.
    fn unpacked(&self) -> usize {
        match &self.state {
            State::Unknown(file) | State::Plain(file) => file.len(),
            State::Gzip(gzip) => gzip.unpacked(),
            State::Failed(_) => 0,
        }
    }
}

/// What a member is unpacked into.
impl Write for Layer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.take(bytes).map(|()| bytes.len()).map_err(|_| io::ErrorKind::Other.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A gzip file on its way: members, one behind the other.
#[derive(Debug)]
struct Gzip {
    member: Member,
    /// How many bytes of it were taken.
    packed: usize,
}

/// What is left behind NULs and white space.
fn without_padding(bytes: &[u8]) -> &[u8] {
    let padding = bytes.iter().take_while(|byte| **byte == 0 || byte.is_ascii_whitespace()).count();
    bytes.get(padding..).unwrap_or_default()
}

#[derive(Debug)]
enum Member {
    Open(Box<GzDecoder<Layer>>),
    /// All members so far are whole; what they held, and the first bytes of what follows.
    Whole(Layer, Vec<u8>),
    /// In between: something failed.
    Gone,
}

impl Gzip {
    fn new(inner: Layer) -> Self {
        Self { member: Member::Open(Box::new(GzDecoder::new(inner))), packed: 0 }
    }

    /// Unpacks a piece. Members and blocks of nothing cost time and give none of the bytes that are counted: a file that is
    /// mostly those is given up.
    fn take(&mut self, piece: &[u8]) -> Result<(), FileFault> {
        let mut rest = piece;
        while !rest.is_empty() {
            rest = self.step(rest)?;
        }
        self.packed += piece.len();
        let (packed, unpacked) = (self.packed, self.unpacked());
        if packed > unpacked + MAX_OVERHEAD { Err(FileFault::HollowGzip { packed, unpacked }) } else { Ok(()) }
    }

    /// Unpacks a part of a piece, and returns what is left of it.
    fn step<'p>(&mut self, piece: &'p [u8]) -> Result<&'p [u8], FileFault> {
        match &mut self.member {
            Member::Open(decoder) => {
                let taken = decoder.write(piece);
                let taken = taken.map_err(|error| Self::fault(decoder.get_ref(), &error))?;
                // A member takes nothing that stands behind it.
                if taken == 0 {
                    self.close()?;
                }
                Ok(piece.get(taken..).unwrap_or_default())
            }
            Member::Whole(inner, begin) => {
                // Tapes and disks pad with NUL, and editors end a file with a line end.
                let rest = if begin.is_empty() { without_padding(piece) } else { piece };
                let Some((first, rest)) = rest.split_first() else { return Ok(&[]) };
                begin.push(*first);
                if !GZIP.starts_with(begin) {
                    return Err(FileFault::BehindGzip);
                }
                if begin.len() == GZIP.len() {
                    let inner = std::mem::replace(inner, Layer::new(0));
                    let mut decoder = Box::new(GzDecoder::new(inner));
                    decoder.write_all(GZIP).map_err(|error| Self::fault(decoder.get_ref(), &error))?;
                    self.member = Member::Open(decoder);
                }
                Ok(rest)
            }
            Member::Gone => Err(FileFault::CutGzip),
        }
    }

    /// Ends a member, whose checksum must be right.
    fn close(&mut self) -> Result<(), FileFault> {
        self.member = match std::mem::replace(&mut self.member, Member::Gone) {
            Member::Open(mut decoder) => {
                decoder.try_finish().map_err(|error| Self::fault(decoder.get_ref(), &error))?;
                let inner = decoder.finish().map_err(|_| FileFault::DamagedGzip)?;
                Member::Whole(inner, Vec::new())
            }
            other @ (Member::Whole(..) | Member::Gone) => other,
        };
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<u8>, FileFault> {
        // A member that would take one byte more is not whole.
        if let Member::Open(decoder) = &mut self.member
            && decoder.write(&[0]).map_err(|error| Self::fault(decoder.get_ref(), &error))? > 0
        {
            return Err(FileFault::CutGzip);
        }
        self.close()?;
        match self.member {
            Member::Whole(inner, begin) if begin.is_empty() => inner.finish(),
            Member::Whole(..) => Err(FileFault::BehindGzip),
            Member::Open(_) | Member::Gone => Err(FileFault::CutGzip),
        }
    }

    fn unpacked(&self) -> usize {
        match &self.member {
            Member::Open(decoder) => decoder.get_ref().unpacked(),
            Member::Whole(inner, _) => inner.unpacked(),
            Member::Gone => 0,
        }
    }

    /// What went wrong: inside of what was unpacked, or with the packed bytes.
    fn fault(inner: &Layer, error: &io::Error) -> FileFault {
        match &inner.state {
            State::Failed(fault) => fault.clone(),
            _ if error.kind() == io::ErrorKind::UnexpectedEof => FileFault::CutGzip,
            _ => FileFault::DamagedGzip,
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn unpack(file: &[u8], piece: usize) -> Result<Vec<u8>, FileFault> {
        let mut unpacker = Unpacker::default();
        let is_wanted = file.chunks(piece).all(|piece| unpacker.take(piece));
        assert_eq!(is_wanted, !matches!(unpacker.0.state, State::Failed(_)), "no more is wanted of what has failed");
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
            assert_eq!(cut, Err(FileFault::CutGzip), "{end}");
        }
        let mut bent = packed;
        bent[12] ^= 0xff;
        assert_eq!(unpack(&bent, 1000), Err(FileFault::DamagedGzip));
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
            assert_eq!(endless, Err(FileFault::DamagedGzip));
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
    fn what_pads_a_gzip_file_is_no_part_of_it() {
        let packed = gzip(b"{}\n");
        for padding in [&b"\n"[..], b"\r\n", &[0; 512], b" \0\n\0", &vec![0; 100_000]] {
            for piece in [1, 7, 1 << 20] {
                let padded = [&packed, padding].concat();
                assert_eq!(unpack(&padded, piece).as_deref(), Ok(&b"{}\n"[..]), "{padding:?}");
                // Between two members as well.
                let twice = [&packed, padding, &packed].concat();
                assert_eq!(unpack(&twice, piece).as_deref(), Ok(&b"{}\n{}\n"[..]), "{padding:?}");
            }
        }
        for other in [&b"x"[..], b"\0\0{}", b"\x1f", b"\x1f\x8c", b"{\"data\":1}"] {
            assert_eq!(unpack(&[&packed, other].concat(), 5), Err(FileFault::BehindGzip), "{other:?}");
        }
    }

    #[test]
    fn a_file_that_was_packed_twice_is_unpacked_twice() {
        let (once, lines) = (gzip(b"{}\n"), b"{}\n{}\n");
        for piece in [1, 3, 1 << 20] {
            assert_eq!(unpack(&gzip(&[once.clone(), once.clone()].concat()), piece).as_deref(), Ok(&lines[..]));
            assert_eq!(unpack(&[gzip(&once), gzip(&once)].concat(), piece).as_deref(), Ok(&lines[..]));
        }
        assert_eq!(unpack(&gzip(&gzip(&once)), 9), Err(FileFault::OtherKind("application/gzip")));
        assert_eq!(unpack(&gzip(&once[..once.len() - 3]), 9), Err(FileFault::CutGzip));
        let bomb = gzip(&gzip(&vec![b'\n'; MAX_FILE_BYTES + 1]));
        assert_eq!(unpack(&bomb, 1 << 16), Err(FileFault::TooLarge));
        let hollow = unpack(&gzip(&gzip(b"").repeat(1_000_000)), 1 << 16);
        assert!(matches!(hollow, Err(FileFault::HollowGzip { .. })), "{hollow:?}");
    }

    #[test]
    fn files_of_other_kinds_are_named() {
        assert_eq!(unpack(b"\x89PNG\r\n\x1a\n\0\0", 100), Err(FileFault::OtherKind("image/png")));
        assert_eq!(unpack(b"PK\x03\x04\x14\0\0\0\x08\0", 100), Err(FileFault::OtherKind("application/zip")));
        assert_eq!(unpack(b"\xff\xfe{\0", 100), Err(FileFault::OtherKind("text in UTF-16LE")));
        assert_eq!(unpack(b"\xff\xfe\0\0{\0\0\0", 100), Err(FileFault::OtherKind("text in UTF-32LE")));
        assert_eq!(unpack(b"{\0\"\0d\0", 100), Err(FileFault::OtherKind("text in UTF-16LE")));
        assert_eq!(unpack(b"\0{\0\"\0d", 100), Err(FileFault::OtherKind("text in UTF-16BE")));
        assert_eq!(unpack(b"\0\0\0{\0\0\0\"", 100), Err(FileFault::OtherKind("text in UTF-32BE")));
        assert_eq!(unpack(b"x\x9c\xab\x56\x4a\x49\x2c", 100), Err(FileFault::OtherKind("zlib")));
        assert!(unpack(b"name,price\nCoffee,7", 100).is_ok());
        assert!(unpack("\u{feff}{\"data\":{}}".as_bytes(), 100).is_ok());
    }

    #[test]
    fn a_text_that_has_a_magic_word_at_its_place_by_chance_is_text() {
        for (word, place) in
            [("ustar", 257), ("WEBP", 8), ("ftypM4V", 4), ("mp42", 8), ("BZh", 0), ("x^", 0), ("avif", 8)]
        {
            for length in [300, 5_000] {
                let text = format!("{}{word}{}", "x".repeat(place), "é".repeat(length));
                assert_eq!(unpack(text.as_bytes(), 64).as_deref(), Ok(text.as_bytes()), "{word}");
            }
        }
    }
}
