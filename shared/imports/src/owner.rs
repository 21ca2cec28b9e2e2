//! What owns an import.

use serde::{Deserialize, Serialize};

/// What owns an import: the public API knows stores and organizations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    #[default]
    Store,
    Organization,
}
