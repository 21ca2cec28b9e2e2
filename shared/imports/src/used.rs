//! What work costs: what the database asked for it.

use std::ops::{AddAssign, Sub};

/// What calls to the table of objects have used up, in the units that the database bills.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Used {
    pub write_units: f64,
    pub read_units: f64,
    /// Calls, each counted once however often the SDK tried it.
    pub calls: u32,
}

impl AddAssign for Used {
    fn add_assign(&mut self, more: Self) {
        self.write_units += more.write_units;
        self.read_units += more.read_units;
        self.calls = self.calls.saturating_add(more.calls);
    }
}

impl Sub for Used {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            write_units: self.write_units - before.write_units,
            read_units: self.read_units - before.read_units,
            calls: self.calls.saturating_sub(before.calls),
        }
    }
}
