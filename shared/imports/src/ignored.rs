//! The names that came with a file or a call and mean nothing: an answer shows them, so that nothing goes unheard.

/// The most names that are shown.
pub const MOST_IGNORED: usize = 20;

/// The most characters that are shown of a name.
const SHOWN: usize = 64;

/// Notes a name once. Of many the first are kept.
pub fn note(names: &mut Vec<String>, name: &str) {
    let shown: String = name.chars().take(SHOWN).collect();
    if names.len() < MOST_IGNORED && !names.contains(&shown) {
        names.push(shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_noted_once_and_names_not_without_end() {
        let mut names = Vec::new();
        for name in ["colour", "mtime", "colour"] {
            note(&mut names, name);
        }
        assert_eq!(names, ["colour", "mtime"]);
        (0..100).for_each(|number| note(&mut names, &format!("{}{number}", "é".repeat(62))));
        assert_eq!(names.len(), MOST_IGNORED);
        assert!(names.iter().all(|name| name.chars().count() <= SHOWN));
    }
}
