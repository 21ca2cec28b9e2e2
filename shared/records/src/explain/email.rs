//! Email addresses as they come out of address books.

use super::{unseen, visible, write_instead};
use crate::{
    format::is_email,
    limits::MAX_EMAIL,
    quote::{Shown, character},
};

/// What is wrong with a text that should be an email address.
pub(crate) fn email(text: &str) -> String {
    let clean = visible(text);
    if let Some(problem) = unseen(text) {
        return write_instead([clean], is_email).map_or_else(|| problem.clone(), |write| format!("{problem}, {write}"));
    }
    if text.is_empty() {
        return "it is empty: write one".to_owned();
    }
    let addresses: Vec<&str> = text.split([';', ',', ' ']).map(str::trim).filter(|part| is_email(part)).collect();
    if let [first, _, ..] = addresses.as_slice() {
        return format!("it holds more than one address: write one, such as {}", Shown(first));
    }
    let within = |begin: char, end: char| Some(text.split_once(begin)?.1.split_once(end)?.0.to_owned());
    let bare = [
        within('<', '>'),
        within('[', ']'),
        text.get(..7).filter(|start| start.eq_ignore_ascii_case("mailto:")).and(text.get(7..)).map(str::to_owned),
        Some(text.trim_end_matches(['.', ',', ';']).to_owned()),
    ];
    write_instead(bare.into_iter().flatten(), is_email)
        .map_or_else(|| parts(text), |write| format!("it holds more than the address: {write}"))
}

fn parts(text: &str) -> String {
    match text.split_once('@') {
        None => "it has no @".to_owned(),
        Some((_, domain)) if domain.contains('@') => "it has more than one @".to_owned(),
        Some(("", _)) => "nothing stands before the @".to_owned(),
        Some((_, "")) => "nothing stands behind the @".to_owned(),
        Some(_) if text.len() > MAX_EMAIL => format!("it is {} bytes long, at most {MAX_EMAIL} are taken", text.len()),
        Some((local, domain)) => local_part(local).unwrap_or_else(|| domain_part(domain)),
    }
}

fn local_part(local: &str) -> Option<String> {
    let odd = |other: &char| other.is_whitespace() || other.is_control() || r#",;:<>()[]\""#.contains(*other);
    if local.len() > 64 {
        Some(format!("{} bytes stand before the @, at most 64 are taken", local.len()))
    } else if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        Some("before the @ a dot stands at an end, or two follow each other".to_owned())
    } else {
        local.chars().find(odd).map(|odd| format!("{} can't stand before the @", character(odd)))
    }
}

fn domain_part(domain: &str) -> String {
    if domain.starts_with('[') {
        return "behind the @ stands an IP address, where a domain is wanted".to_owned();
    }
    if domain.starts_with('.') || domain.ends_with('.') || domain.contains("..") {
        return "behind the @ a dot stands at an end, or two follow each other".to_owned();
    }
    match domain.chars().find(|other| !other.is_alphanumeric() && !"-.".contains(*other)) {
        Some(other) => format!("{} can't stand in the domain behind the @", character(other)),
        None => format!("{} is no domain", Shown(domain)),
    }
}
