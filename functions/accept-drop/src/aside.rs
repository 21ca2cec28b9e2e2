//! Files that partners' tools put beside those they mean: markers, checksums, files that are not whole yet.

/// How a name ends that a tool gives a file while it writes it, or to what it says about another file.
const SUFFIXES: [&str; 10] =
    ["_$folder$", ".part", ".partial", ".filepart", ".crdownload", ".tmp", ".crc", ".md5", ".sha256", "~"];

/// Why no file of this name, the key below the store's folder, is imported; `None` for a name that a file to import may have.
pub(crate) fn reason(name: &str) -> Option<String> {
    let hidden = name.split('/').find(|part| part.starts_with(['.', '_']));
    if let Some(part) = hidden {
        return Some(format!(
            "names that begin with \".\" or \"_\" are those of markers and hidden files: {part:?}; to import it, put it under \
             a name without that"
        ));
    }
    let lower = name.to_ascii_lowercase();
    let suffix = SUFFIXES.into_iter().find(|suffix| lower.ends_with(suffix))?;
    Some(format!(
        "names that end in \"{suffix}\" are those of files that are not whole yet or belong to others: to import it, \
                  put it, once it is whole, under a name without that"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_checksums_and_files_under_way_are_left_aside_and_nothing_else() {
        for name in [
            "_SUCCESS",
            "2026/_SUCCESS",
            "_temporary/0/part-0.jsonl",
            "nightly_$folder$",
            ".DS_Store",
            ".a.jsonl.part.crc",
            "a.jsonl.part",
            "a.jsonl.filepart",
            "a.jsonl.gz.TMP",
            "a.jsonl.crc",
            "a.jsonl.md5",
            "a.jsonl.sha256",
            "a.jsonl.partial",
            "a.jsonl.crdownload",
            "a.jsonl~",
        ] {
            assert!(reason(name).is_some(), "{name}");
        }
        for name in [
            "a.jsonl",
            "part",
            "a.parts",
            "a_b.jsonl",
            "a.tmp.jsonl",
            "crc",
            "md5/a.jsonl",
            "~a.jsonl",
            "no suffix",
            "",
        ] {
            assert_eq!(reason(name), None, "{name}");
        }
    }
}
