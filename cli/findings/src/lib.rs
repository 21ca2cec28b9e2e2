//! What is wrong with the lines of import files, shown to people and to other tools. Knows neither network nor terminal.

mod excerpt;
mod format;
mod groups;
mod row;
mod text;

pub use excerpt::{Excerpt, visible};
pub use format::{Format, Writer};
pub use groups::{Group, Groups};
pub use row::{Kind, Row};
pub use text::{Texts, listed, text, wrap, wrap_around};

#[cfg(test)]
mod tests;
