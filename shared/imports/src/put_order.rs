//! Which of several puts of one dropped file came later. S3 announces puts in any order.

/// As long as a sequencer is at least once it can be compared. S3's are far shorter.
const WIDTH: usize = 64;

/// S3's `sequencer` of a put as a text that is greater for a later put of the same key: hexadecimal digits, the shorter one
/// filled up with zeros at its end, as S3 says.
#[must_use]
pub fn comparable(sequencer: &str) -> String {
    format!("{:0<WIDTH$}", sequencer.to_ascii_uppercase())
}
