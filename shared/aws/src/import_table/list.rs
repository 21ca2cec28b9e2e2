//! Listing a store's jobs, newest first. The index tells which jobs stand on the page and how many there are; only those
//! on the page are read whole.
//!
//! A list has two parts. The jobs that no worker has claimed yet are counted one by one, each a small entry of the index.
//! Those with a number are a range of numbers without a gap, so they are counted by subtraction, unless the filter asks
//! for more than a time of creation.

use std::{collections::HashMap, iter::once, time::Duration};

use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::KeysAndAttributes};
use backon::BackoffBuilder;
use chrono::{DateTime, Utc};
use futures_util::future::try_join;

use super::{ImportTable, matching::Selection, pause};
use crate::{
    error::{sort, unbuilt},
    import_item::{BY_POSITION, ImportItem, Item, key, number, read, text},
};
use imports::{
    back_off::BACK_OFF,
    filter::Filter,
    import::Import,
    page::Page,
    ports::{Listing, PortError, PortResult},
};
use records::StoreId;

/// The entries of the index that a list has met, newest first.
struct Met {
    page: Page,
    /// The sort keys of the jobs on the page.
    on_page: Vec<String>,
    count: u64,
}

impl Met {
    fn add(&mut self, entry: &Item) -> PortResult<()> {
        if self.page.holds(self.count) {
            self.on_page.push(sort_key(entry)?);
        }
        self.count += 1;
        Ok(())
    }

    /// Adds the jobs with the numbers `from..=to` unseen; answers the range of those that are on the page.
    fn add_range(&mut self, from: u64, to: u64) -> Option<(u64, u64)> {
        let offset = u64::from(self.page.offset());
        let skipped = offset.saturating_sub(self.count);
        let passed = (offset + u64::from(self.page.limit())).saturating_sub(self.count);
        self.count += to + 1 - from;
        let newest = to.checked_sub(skipped)?;
        let oldest = (to + 1).saturating_sub(passed).max(from);
        (oldest <= newest).then_some((oldest, newest))
    }
}

impl ImportTable {
    pub(super) async fn list_imports(
        &self,
        store: &StoreId,
        filter: &Filter,
        page: Page,
        now: DateTime<Utc>,
    ) -> PortResult<Listing> {
        let selection = Selection::of(filter);
        let mut met = Met { page, on_page: Vec::new(), count: 0 };
        let (oldest_waiting, horizon) =
            try_join(self.meet_waiting(store, &selection, &mut met), self.horizon()).await?;
        // After the waiting ones: a job that was claimed meanwhile has its number now. One that was met already is as old
        // as the oldest of them or younger.
        let numbers = self.numbers(store, &selection, oldest_waiting, |entry| entry.exists(now, horizon)).await?;
        if let Some((from, to)) = numbers {
            if selection.is_of_times_alone() {
                if let Some((oldest, newest)) = met.add_range(from, to) {
                    met.on_page.extend(self.sort_keys(store, oldest, newest).await?);
                }
            } else {
                self.meet(selection.narrow(self.by_position(store, from, to)), &mut met).await?;
            }
        }
        let mut imports = self.imports(store, &met.on_page).await?;
        // A job may be another by now than the index says.
        imports.retain(|import| filter.matches(import));
        let changed = u64::try_from(met.on_page.len() - imports.len()).unwrap_or_default();
        Ok(Listing { imports, total: met.count - changed })
    }

    /// Begins a query of the index.
    pub(super) fn by_position(&self, store: &StoreId, from: u64, to: u64) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .index_name(BY_POSITION)
            .key_condition_expression("pk = :store AND #position BETWEEN :from AND :to")
            .expression_attribute_names("#position", "position")
            .expression_attribute_values(":store", text(store.as_str()))
            .expression_attribute_values(":from", number(from))
            .expression_attribute_values(":to", number(to))
            .consistent_read(true)
    }

    /// Meets the jobs without a number, and tells when the oldest of them was created.
    async fn meet_waiting(
        &self,
        store: &StoreId,
        selection: &Selection,
        met: &mut Met,
    ) -> PortResult<Option<DateTime<Utc>>> {
        let Some((from, to)) = selection.waiting() else { return Ok(None) };
        let oldest = self.meet(selection.narrow(self.by_position(store, from, to)), met).await?;
        let created_at = oldest.as_ref().and_then(|entry| entry.get("created_at")?.as_s().ok()?.parse().ok());
        match (oldest, created_at) {
            (Some(_), None) => Err(PortError::Permanent("a job in the index has no time of creation".to_owned())),
            (_, created_at) => Ok(created_at),
        }
    }

    /// Meets all that a query finds, newest first; answers the last entry.
    async fn meet(&self, query: QueryFluentBuilder, met: &mut Met) -> PortResult<Option<Item>> {
        let query = query.projection_expression("sk, created_at").scan_index_forward(false);
        let mut entries = query.into_paginator().items().send();
        let mut last = None;
        while let Some(entry) = entries.try_next().await.map_err(sort)? {
            met.add(&entry)?;
            last = Some(entry);
        }
        Ok(last)
    }

    /// The sort keys of the jobs with these numbers, newest first. They are a page at most.
    async fn sort_keys(&self, store: &StoreId, from: u64, to: u64) -> PortResult<Vec<String>> {
        let query = self.by_position(store, from, to).projection_expression("sk").scan_index_forward(false);
        let entries = query.send().await.map_err(sort)?.items.unwrap_or_default();
        entries.iter().map(sort_key).collect()
    }

    /// Reads the jobs of a page, in the order of their keys. One that is gone by now is left out.
    async fn imports(&self, store: &StoreId, sort_keys: &[String]) -> PortResult<Vec<Import>> {
        let mut wanted: Vec<Item> = sort_keys.iter().map(|sort_key| key(store.as_str(), sort_key)).collect();
        let mut found = HashMap::new();
        let mut pauses = once(Duration::ZERO).chain(BACK_OFF.build());
        while !wanted.is_empty() {
            pause(&mut pauses).await?;
            let keys =
                KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build().map_err(unbuilt)?;
            let answer = self.client.batch_get_item().request_items(&self.table, keys).send().await.map_err(sort)?;
            for item in answer.responses.into_iter().flat_map(HashMap::into_values).flatten() {
                let item: ImportItem = read(item)?;
                found.insert(item.sk.clone(), item);
            }
            let left = answer.unprocessed_keys.into_iter().flat_map(HashMap::into_values);
            wanted = left.flat_map(|left| left.keys).collect();
        }
        let imports = sort_keys.iter().filter_map(|sort_key| found.remove(sort_key));
        imports.map(ImportItem::into_import).collect()
    }
}

fn sort_key(entry: &Item) -> PortResult<String> {
    let sort_key = entry.get("sk").and_then(|sort_key| sort_key.as_s().ok());
    sort_key.cloned().ok_or_else(|| PortError::Permanent("an entry of the index has no key".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(waiting: u64, numbered: u64, offset: u64, limit: u64) {
        let query = [("page[offset]", offset), ("page[limit]", limit)];
        let page = Page::from_query(&query.map(|(name, value)| (name.to_owned(), value.to_string()))).unwrap();
        let mut met = Met { page, on_page: Vec::new(), count: waiting };
        let (from, to) = (7, 6 + numbered);
        let range = met.add_range(from, to);
        let listed = range.map_or(Vec::new(), |(oldest, newest)| (oldest..=newest).rev().collect());
        let positions = (waiting..).zip((from..=to).rev());
        let expected: Vec<u64> = positions.filter(|(job, _)| page.holds(*job)).map(|(_, number)| number).collect();
        assert_eq!((listed, met.count), (expected, waiting + numbered), "{limit} from {offset}");
    }

    #[test]
    fn a_page_of_numbers_is_a_range_of_them() {
        for (waiting, numbered) in (0..4).flat_map(|waiting| (1..5).map(move |numbered| (waiting, numbered))) {
            for (offset, limit) in (0..20).flat_map(|offset| (0..10).map(move |limit| (offset, limit))) {
                check(waiting, numbered, offset, limit);
            }
        }
    }
}
