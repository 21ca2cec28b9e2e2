//! Listing the jobs that a filter lets through. Which these are is not known beforehand, so this walks over all jobs of
//! the store, newest first; the database leaves out what does not match, but reads and counts it.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};

use super::{
    ImportTable,
    list::{LAST_POSITION, UNEXPIRED},
};
use crate::{
    api::time,
    aws::{
        error::sort,
        import_item::{ImportItem, number, read, text},
    },
    filter::{Comparison, Condition, Filter},
    import::Import,
    owner::StoreId,
    page::Page,
    ports::{Listing, Outside},
};

impl ImportTable {
    pub(super) async fn list_matching(
        &self,
        store: &StoreId,
        filter: &Filter,
        page: Page,
        now: DateTime<Utc>,
    ) -> Outside<Listing> {
        let (condition, values) = expression(filter);
        let mut query = self
            .by_position(store, 1, LAST_POSITION)
            .scan_index_forward(false)
            // Of the items there, jobs alone have a status.
            .filter_expression(format!("attribute_exists(#status) AND {condition} AND ({UNEXPIRED})"))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":now", number(now.timestamp()));
        for (name, value) in values {
            query = query.expression_attribute_values(name, value);
        }
        let mut items = query.into_paginator().items().send();
        let mut walk = Walk::new(page);
        while let Some(item) = items.try_next().await.map_err(sort)? {
            walk.meet(read::<ImportItem>(item)?.into_import()?);
        }
        Ok(walk.listing)
    }
}

/// Says in the database's words that all conditions hold; the values go by `:v0`, `:v1` and so on.
fn expression(filter: &Filter) -> (String, Vec<(String, AttributeValue)>) {
    let mut values = Vec::new();
    let mut place = |value: String| {
        let name = format!(":v{}", values.len());
        values.push((name.clone(), text(value)));
        name
    };
    let conditions = filter.conditions().iter().map(|condition| match condition {
        Condition::Status(any) => one_of("#status", any.iter().map(|status| place(status.as_str().to_owned()))),
        Condition::ExternalRef(any) => one_of("external_ref", any.iter().map(|name| place(name.clone()))),
        Condition::CreatedAt(comparison, moment) => {
            let sign = match comparison {
                Comparison::Gt => ">",
                Comparison::Ge => ">=",
                Comparison::Lt => "<",
                Comparison::Le => "<=",
            };
            format!("created_at {sign} {}", place(time(*moment)))
        }
    });
    let conditions: Vec<String> = conditions.collect();
    (conditions.join(" AND "), values)
}

fn one_of(field: &str, values: impl Iterator<Item = String>) -> String {
    format!("{field} IN ({})", values.collect::<Vec<_>>().join(", "))
}

/// What a walk has met so far.
struct Walk {
    page: Page,
    listing: Listing,
    last: Option<DateTime<Utc>>,
}

impl Walk {
    fn new(page: Page) -> Self {
        Self { page, listing: Listing { imports: Vec::new(), total: 0 }, last: None }
    }

    /// Counts a job, if it is older than the one before. One that is claimed while the walk goes on gets a number, and may
    /// be met again under it.
    fn meet(&mut self, import: Import) {
        if self.last.is_some_and(|last| last <= import.created_at) {
            return;
        }
        self.last = Some(import.created_at);
        if self.page.holds(self.listing.total) {
            self.listing.imports.push(import);
        }
        self.listing.total += 1;
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;
    use crate::{
        filter::MAX_VALUES,
        import::{ImportFile, ImportId, NewImport},
    };

    #[test]
    fn a_filter_is_written_with_a_value_for_each_of_its_own() {
        let filter = "in(status,success,failed):ge(created_at,2026-01-31T10:30:00.5+01:00):eq(external_ref,a)";
        let (condition, values) = expression(&Filter::parse(filter).unwrap());
        assert_eq!(condition, "#status IN (:v0, :v1) AND created_at >= :v2 AND external_ref IN (:v3)");
        let values: Vec<_> =
            values.iter().map(|(name, value)| (name.as_str(), value.as_s().unwrap().as_str())).collect();
        let time = "2026-01-31T09:30:00.500000Z";
        assert_eq!(values, [(":v0", "success"), (":v1", "failed"), (":v2", time), (":v3", "a")]);
    }

    #[test]
    fn the_largest_filter_is_within_what_the_database_takes() {
        let condition = ["gt(created_at,2026-01-31T09:30:00Z)", "eq(external_ref,a)", "eq(status,failed)"];
        let listed = format!("in(external_ref{})", ",a".repeat(MAX_VALUES));
        for filter in condition.map(|condition| vec![condition; MAX_VALUES].join(":")).into_iter().chain([listed]) {
            let (condition, values) = expression(&Filter::parse(&filter).unwrap());
            assert_eq!(values.len(), MAX_VALUES);
            // 4 KB, and 300 operators, with some room for the rest of the expression.
            assert!(condition.len() < 4_000, "{}", condition.len());
            assert!(condition.matches(" AND ").count() + condition.matches(" IN ").count() < 290);
        }
    }

    #[test]
    fn a_job_met_again_under_its_number_is_counted_once() {
        let start = DateTime::UNIX_EPOCH;
        let job = |seconds| {
            let store = StoreId::from_configuration("main").unwrap();
            let file = ImportFile { key: String::new(), version: None };
            let new = NewImport::new(ImportId::new(Uuid::from_u128(1)), store, file);
            Import::pending(new, start + TimeDelta::seconds(seconds))
        };
        let mut walk = Walk::new(Page::default());
        // Two wait; then the older of them has a number, and so has one made meanwhile.
        for seconds in [9, 8, 10, 8, 7, 3] {
            walk.meet(job(seconds));
        }
        let met: Vec<_> = walk.listing.imports.iter().map(|import| (import.created_at - start).num_seconds()).collect();
        assert_eq!((met, walk.listing.total), (vec![9, 8, 7, 3], 4));
    }
}
