//! What S3 makes of metadata that is not ASCII.

use mail_parser::{HeaderValue, parsers::MessageStream};

/// Undoes it. S3 takes the bytes it is sent for Latin-1, whatever they are, and hands such a text back in the encoded
/// words of mail headers (RFC 2047). So "ö", which clients send as the two bytes of UTF-8, comes back as
/// `=?UTF-8?Q?=C3=83=C2=B6?=`, which reads "Ã¶".
pub(super) fn decode(value: String) -> String {
    if !value.contains("=?") {
        return value;
    }
    let line = value + "\n";
    let text = match MessageStream::new(line.as_bytes()).parse_unstructured() {
        HeaderValue::Text(text) => text.into_owned(),
        _ => line.trim_end().to_owned(),
    };
    let bytes: Option<Vec<u8>> = text.chars().map(|character| u8::try_from(character).ok()).collect();
    // What is no UTF-8 was meant as it reads: an encoded word of the client's own, or Latin-1 indeed.
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: &str) {
        assert_eq!(decode(value.to_owned()), expected);
    }

    #[test]
    fn a_text_that_s3_encoded_reads_as_it_was_sent() {
        check("=?UTF-8?Q?Mini=C3=83=C2=B6?=", "Miniö");
        check("=?UTF-8?B?w4PCtg==?=", "ö");
        // S3's own documentation.
        check("=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=", "ÄMÄZÕÑ S3");
        // A long one is several words, and a character may be torn between two.
        check("=?UTF-8?B?w7DCn8KM?= =?UTF-8?B?wpkgbW9vbg==?=", "🌙 moon");
    }

    #[test]
    fn a_word_that_the_client_encoded_reads_as_it_was_meant() {
        check("=?utf-8?q?n=C3=A4chtlich?=", "nächtlich");
        check("=?UTF-8?Q?=F0=9F=8C=99?=", "🌙");
        check("=?iso-8859-1?q?n=E4chtlich?=", "nächtlich");
    }

    #[test]
    fn a_text_that_is_not_encoded_stays() {
        for value in ["", "nightly  run", "nächtlich 🌙", "1+1=?", "=?", "=?UTF-8?Q?never", "a=?b?=c", "Ã¶"] {
            check(value, value);
        }
    }
}
