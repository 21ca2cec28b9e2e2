//! The numbers of a store's claimed jobs. They rise with the time of creation, and those that exist are the highest ones
//! ([`imports::retention`]), so each bound of a list is found in the index by halves: some fourteen reads for ten thousand jobs,
//! and none beyond the first two where the lowest and the highest number are the bounds.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::try_join;

use super::{ImportTable, matching::Selection};
use crate::{
    error::sort,
    import_item::{FIRST_UNNUMBERED, NumberedItem, read},
};
use imports::ports::PortResult;
use records::StoreId;

/// What is read of an entry of the index.
const ENTRY: &str = "#position, created_at, kept_from, expires_at";

impl ImportTable {
    /// The lowest and the highest number of the jobs that may be on a list: that exist, within the times that the selection
    /// asks for, and older than `before`.
    pub(super) async fn numbers(
        &self,
        store: &StoreId,
        selection: &Selection,
        before: Option<DateTime<Utc>>,
        exists: impl Fn(&NumberedItem) -> bool,
    ) -> PortResult<Option<(u64, u64)>> {
        if !selection.is_of_claimed() {
            return Ok(None);
        }
        let highest = FIRST_UNNUMBERED - 1;
        let ends = try_join(self.outermost(store, 1, highest, true), self.outermost(store, 1, highest, false)).await?;
        let (Some(oldest), Some(newest)) = ends else { return Ok(None) };
        let is_in =
            |entry: &NumberedItem| selection.since().is_none_or(|since| entry.created_at >= since) && exists(entry);
        let before = before.map(|before| before - TimeDelta::microseconds(1));
        let until = [before, selection.until()].into_iter().flatten().min();
        let is_beyond = |entry: &NumberedItem| until.is_some_and(|until| entry.created_at > until);
        // Of the claimed jobs all have ended but the newest, which may run.
        let from = if selection.is_of_running_alone() { newest.number } else { oldest.number };
        let end = newest.number + 1;
        let first = async { if is_in(&oldest) { Ok(from) } else { self.first(store, from, end, is_in).await } };
        let beyond = async { if is_beyond(&newest) { self.first(store, from, end, is_beyond).await } else { Ok(end) } };
        let (first, beyond) = try_join(first, beyond).await?;
        Ok((first < beyond).then(|| (first, beyond - 1)))
    }

    /// The first of the numbers `from..end` of which, as of all after it, something holds; `end` when of none. A number
    /// whose job is deleted is like the next one.
    async fn first(
        &self,
        store: &StoreId,
        mut from: u64,
        mut end: u64,
        holds: impl Fn(&NumberedItem) -> bool,
    ) -> PortResult<u64> {
        while from < end {
            let middle = from.midpoint(end);
            match self.outermost(store, middle, end - 1, true).await? {
                Some(entry) if !holds(&entry) => from = entry.number + 1,
                Some(_) | None => end = middle,
            }
        }
        Ok(from)
    }

    /// The lowest number in a range, or the highest.
    async fn outermost(&self, store: &StoreId, from: u64, to: u64, lowest: bool) -> PortResult<Option<NumberedItem>> {
        let query = self.by_position(store, from, to).projection_expression(ENTRY).scan_index_forward(lowest).limit(1);
        let entries = query.send().await.map_err(sort)?.items.unwrap_or_default();
        entries.into_iter().next().map(read).transpose()
    }
}
