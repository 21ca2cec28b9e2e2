//! What is wrong with the lines of import files, shown to people and to other tools. Knows neither network nor terminal.

mod row;

pub use row::{Kind, Row};
