//! From the stored bytes to the file: gzip undone, even twice, size capped, other kinds of file recognised.

pub(crate) mod kind;

use std::io::{self, Write};

use flate2::write::GzDecoder;

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

/// Where a file goes as it is unpacked: into memory, or into a digest of it.
pub trait Sink {
    /// Takes the next bytes of the file.
    fn add(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn add(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Takes a file in piece by piece and holds no more of it than its sink does.
#[derive(Debug)]
pub struct Unpacker<S: Sink = Vec<u8>>(Layer<S>);

impl Default for Unpacker {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl<S: Sink> Unpacker<S> {
    /// Unpacks into a sink.
    pub const fn new(sink: S) -> Self {
        Self(Layer::new(MOST_LAYERS, sink))
    }

    /// Takes the next piece. `false` says that no more is wanted.
    pub fn take(&mut self, piece: &[u8]) -> bool {
        piece.chunks(PIECE).all(|piece| self.0.take(piece).is_ok())
    }

    /// The sink, which has the whole file.
    ///
    /// # Errors
    /// When it is too large once unpacked, can't be unpacked, or holds next to nothing.
    pub fn into_sink(self) -> Result<S, FileFault> {
        self.0.finish()
    }
}

impl Unpacker {
    /// The whole file.
    ///
    /// # Errors
    /// When it is too large once unpacked, can't be unpacked, holds next to nothing, or is of another kind.
    pub fn finish(self) -> Result<Vec<u8>, FileFault> {
        let file = self.into_sink()?;
        match other_kind(&file) {
            Some(kind) => Err(FileFault::OtherKind(kind)),
            None => Ok(file),
        }
    }
}

/// A file as it stands, or what is packed in it, which is a layer again.
#[derive(Debug)]
struct Layer<S: Sink> {
    state: State<S>,
    /// How often what comes may still be packed.
    layers: u8,
}

#[derive(Debug)]
enum State<S: Sink> {
    /// Too few bytes yet to see which.
    Unknown(Vec<u8>, S),
    /// So many bytes went into the sink.
    Plain(usize, S),
    Gzip(Box<Gzip<S>>),
    Failed(FileFault),
}

impl<S: Sink> Layer<S> {
    const fn new(layers: u8, sink: S) -> Self {
        Self { state: State::Unknown(Vec::new(), sink), layers }
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), FileFault> {
        if let State::Unknown(begin, _) = &mut self.state {
            begin.extend_from_slice(piece);
            if begin.len() < GZIP.len() {
                return Ok(());
            }
        }
        // What fails on the way leaves nothing to go on with.
        let before = std::mem::replace(&mut self.state, State::Failed(FileFault::DamagedGzip));
        let after = match before {
            State::Unknown(begin, sink) if begin.starts_with(GZIP) && self.layers > 0 => {
                let mut gzip = Box::new(Gzip::new(Self::new(self.layers - 1, sink)));
                gzip.take(&begin).map(|()| State::Gzip(gzip))
            }
            State::Unknown(begin, sink) => Self::plain(0, sink, &begin),
            State::Plain(bytes, sink) => Self::plain(bytes, sink, piece),
            State::Gzip(mut gzip) => gzip.take(piece).map(|()| State::Gzip(gzip)),
            State::Failed(fault) => Err(fault),
        };
        let taken = after.as_ref().map(|_| ()).map_err(Clone::clone);
        self.state = after.unwrap_or_else(State::Failed);
        taken
    }

    fn plain(before: usize, mut sink: S, piece: &[u8]) -> Result<State<S>, FileFault> {
        let bytes = before + piece.len();
        if bytes > MAX_FILE_BYTES {
            return Err(FileFault::TooLarge);
        }
        sink.add(piece);
        Ok(State::Plain(bytes, sink))
    }

    fn finish(self) -> Result<S, FileFault> {
        match self.state {
            State::Unknown(begin, mut sink) => {
                sink.add(&begin);
                Ok(sink)
            }
            State::Plain(_, sink) => Ok(sink),
            State::Gzip(gzip) => gzip.finish(),
            State::Failed(fault) => Err(fault),
        }
    }

    /// How many bytes there are, unpacked.
    fn unpacked(&self) -> usize {
        match &self.state {
            State::Unknown(begin, _) => begin.len(),
            State::Plain(bytes, _) => *bytes,
            State::Gzip(gzip) => gzip.unpacked(),
            State::Failed(_) => 0,
        }
    }
}

/// What a member is unpacked into.
impl<S: Sink> Write for Layer<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.take(bytes).map(|()| bytes.len()).map_err(|_| io::ErrorKind::Other.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A gzip file on its way: members, one behind the other.
#[derive(Debug)]
struct Gzip<S: Sink> {
    member: Member<S>,
    /// How many bytes of it were taken.
    packed: usize,
}

/// What is left behind NULs and white space.
fn without_padding(bytes: &[u8]) -> &[u8] {
    let padding = bytes.iter().take_while(|byte| **byte == 0 || byte.is_ascii_whitespace()).count();
    bytes.get(padding..).unwrap_or_default()
}

#[derive(Debug)]
enum Member<S: Sink> {
    Open(Box<GzDecoder<Layer<S>>>),
    /// All members so far are whole; what they held, and the first bytes of what follows.
    Whole(Layer<S>, Vec<u8>),
    /// In between: something failed.
    Gone,
}

impl<S: Sink> Gzip<S> {
    fn new(inner: Layer<S>) -> Self {
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
            Member::Whole(_, begin) => {
                // Tapes and disks pad with NUL, and editors end a file with a line end.
                let rest = if begin.is_empty() { without_padding(piece) } else { piece };
                let Some((first, rest)) = rest.split_first() else { return Ok(&[]) };
                begin.push(*first);
                if !GZIP.starts_with(begin) {
                    return Err(FileFault::BehindGzip);
                }
                if begin.len() == GZIP.len() {
                    self.open()?;
                }
                Ok(rest)
            }
            Member::Gone => Err(FileFault::CutGzip),
        }
    }

    /// Begins another member behind one that is whole.
    fn open(&mut self) -> Result<(), FileFault> {
        if let Member::Whole(inner, begin) = std::mem::replace(&mut self.member, Member::Gone) {
            let mut decoder = Box::new(GzDecoder::new(inner));
            decoder.write_all(&begin).map_err(|error| Self::fault(decoder.get_ref(), &error))?;
            self.member = Member::Open(decoder);
        }
        Ok(())
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

    fn finish(mut self) -> Result<S, FileFault> {
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
    fn fault(inner: &Layer<S>, error: &io::Error) -> FileFault {
        match &inner.state {
            State::Failed(fault) => fault.clone(),
            _ if error.kind() == io::ErrorKind::UnexpectedEof => FileFault::CutGzip,
            _ => FileFault::DamagedGzip,
        }
    }
}

#[cfg(test)]
mod tests;
