//! Files as they come, packed well and badly, in pieces of any size.

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
    for (word, place) in [("ustar", 257), ("WEBP", 8), ("ftypM4V", 4), ("mp42", 8), ("BZh", 0), ("x^", 0), ("avif", 8)]
    {
        for length in [300, 5_000] {
            let text = format!("{}{word}{}", "x".repeat(place), "é".repeat(length));
            assert_eq!(unpack(text.as_bytes(), 64).as_deref(), Ok(text.as_bytes()), "{word}");
        }
    }
}
