//! The backlog: the jobs of all stores that wait, earliest first.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use chrono::{DateTime, Utc};

use super::ImportTable;
use crate::{
    error::sort,
    import_item::{LANE, LEASE, LeaseItem, OPEN, OpenItem, read, text},
};
use imports::{
    api::time,
    ports::{ImportRef, PortResult},
};

impl ImportTable {
    pub(super) async fn open_imports(&self, limit: u32) -> PortResult<Vec<ImportRef>> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut items = self.stretch(OPEN, &format!("{OPEN}~")).into_paginator().items().send();
        let mut open = Vec::new();
        while open.len() < limit
            && let Some(item) = items.try_next().await.map_err(sort)?
        {
            let item = read::<OpenItem>(item)?;
            if !item.cancelled {
                open.push(item.into_ref()?);
            }
        }
        Ok(open)
    }

    pub(super) async fn pending_backlog(&self, until: DateTime<Utc>) -> PortResult<Vec<DateTime<Utc>>> {
        // The lease sorts just before the open entries: one query tells which job runs, and which wait.
        let query = self.stretch(LEASE, &format!("{OPEN}{}#~", time(until)));
        let mut items = query.into_paginator().items().send();
        let (mut running, mut backlog) = (None, Vec::new());
        while let Some(item) = items.try_next().await.map_err(sort)? {
            if item.get("sk") == Some(&text(LEASE)) {
                running = read::<LeaseItem>(item)?.running.map(|running| running.created_at);
            } else {
                let OpenItem { created_at, cancelled, .. } = read(item)?;
                if !cancelled && running != Some(created_at) {
                    backlog.push(created_at);
                }
            }
        }
        Ok(backlog)
    }

    fn stretch(&self, from: &str, to: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :lane AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":lane", text(LANE))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
            .consistent_read(true)
    }
}
