//! Listing a store's jobs newest first, at the same cost whatever the offset: waiting jobs are few, claimed ones have
//! dense numbers, so a page is a range of numbers.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use chrono::{DateTime, Utc};

use super::ImportTable;
use crate::{
    aws::{
        error::sort,
        import_item::{BY_POSITION, COUNTER, CounterItem, FIRST_UNNUMBERED, ImportItem, number, read, text},
    },
    import::Import,
    owner::StoreId,
    page::Page,
    ports::{Listing, Outside},
};

/// Says of a job that it is not forgotten at `:now`, a number of seconds.
pub(super) const UNEXPIRED: &str = "attribute_not_exists(expires_at) OR expires_at > :now";
/// No position is higher.
pub(super) const LAST_POSITION: u64 = i64::MAX.unsigned_abs();

/// The jobs no worker has claimed yet, newest first, and the number of the newest claimed one.
struct Waiting {
    imports: Vec<Import>,
    last_number: u64,
}

impl ImportTable {
    pub(super) async fn list_imports(&self, store: &StoreId, page: Page, now: DateTime<Utc>) -> Outside<Listing> {
        // One after the other: a job claimed in between has its number already when the numbers are asked for.
        let waiting = self.waiting(store).await?;
        let first_number = self.first_number(store, now).await?;
        let last_number = waiting.last_number;
        // Numbers below the first have expired; none may be left.
        let numbered = first_number.map_or(0, |first| (last_number + 1).saturating_sub(first));
        let (offset, limit) = (u64::from(page.offset()), u64::from(page.limit()));
        let count = u64::try_from(waiting.imports.len()).unwrap_or(u64::MAX);
        let total = count + numbered;

        let mut imports: Vec<Import> =
            (0..).zip(waiting.imports).filter(|(place, _)| page.holds(*place)).map(|(_, import)| import).collect();
        let skip = offset.saturating_sub(count);
        let take = (offset + limit).saturating_sub(count).saturating_sub(skip);
        let newest = last_number.saturating_sub(skip);
        let oldest = (newest + 1).saturating_sub(take).max(first_number.unwrap_or(u64::MAX));
        if take > 0 && oldest <= newest {
            imports.extend(self.numbered(store, oldest, newest, now).await?);
        }
        Ok(Listing { imports, total })
    }

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

    async fn waiting(&self, store: &StoreId) -> Outside<Waiting> {
        let query = self.by_position(store, FIRST_UNNUMBERED, LAST_POSITION).scan_index_forward(false);
        let mut items = query.into_paginator().items().send();
        let mut waiting = Waiting { imports: Vec::new(), last_number: 0 };
        while let Some(item) = items.try_next().await.map_err(sort)? {
            if item.get("sk").is_some_and(|sort_key| sort_key == &text(COUNTER)) {
                waiting.last_number = read::<CounterItem>(item)?.last_number;
            } else {
                waiting.imports.push(read::<ImportItem>(item)?.into_import()?);
            }
        }
        Ok(waiting)
    }

    /// The lowest number that has not expired.
    async fn first_number(&self, store: &StoreId, now: DateTime<Utc>) -> Outside<Option<u64>> {
        // Mostly the first item is the one; only expired jobs that the database has yet to delete come before it.
        let query = unexpired(self.by_position(store, 1, FIRST_UNNUMBERED - 1), now).limit(5);
        let mut items = query.into_paginator().items().send();
        let first = items.try_next().await.map_err(sort)?;
        Ok(first.map(read::<ImportItem>).transpose()?.map(|item| item.position))
    }

    async fn numbered(&self, store: &StoreId, from: u64, to: u64, now: DateTime<Utc>) -> Outside<Vec<Import>> {
        let query = unexpired(self.by_position(store, from, to), now).scan_index_forward(false);
        let mut items = query.into_paginator().items().send();
        let mut imports = Vec::new();
        while let Some(item) = items.try_next().await.map_err(sort)? {
            imports.push(read::<ImportItem>(item)?.into_import()?);
        }
        Ok(imports)
    }
}

fn unexpired(query: QueryFluentBuilder, now: DateTime<Utc>) -> QueryFluentBuilder {
    query.filter_expression(UNEXPIRED).expression_attribute_values(":now", number(now.timestamp()))
}
