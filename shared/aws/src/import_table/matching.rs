//! What a filter asks of the index: a range of it, and what the database lets through of that.

use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::AttributeValue};
use chrono::{DateTime, Utc};

use crate::import_item::{ref_digest, text, unnumbered};
use imports::{
    filter::{Condition, Filter},
    import::ImportStatus,
};

/// No position is higher.
const LAST_POSITION: u64 = i64::MAX.unsigned_abs();

/// A filter, taken apart. What several conditions ask of one field is put together.
pub(super) struct Selection {
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    /// One of these; `None` when any will do.
    statuses: Option<Vec<ImportStatus>>,
    external_refs: Option<Vec<String>>,
}

impl Selection {
    pub(super) fn of(filter: &Filter) -> Self {
        let (since, until) = filter.created_between();
        let mut selection = Self { since, until, statuses: None, external_refs: None };
        for condition in filter.conditions() {
            match condition {
                Condition::Status(any) => narrow_to(&mut selection.statuses, any),
                Condition::ExternalRef(any) => narrow_to(&mut selection.external_refs, any),
                Condition::CreatedAt(..) => {}
            }
        }
        selection
    }

    pub(super) const fn since(&self) -> Option<DateTime<Utc>> {
        self.since
    }

    pub(super) const fn until(&self) -> Option<DateTime<Utc>> {
        self.until
    }

    /// Whether times of creation are all that is asked for.
    pub(super) const fn is_of_times_alone(&self) -> bool {
        self.statuses.is_none() && self.external_refs.is_none()
    }

    /// Whether a claimed job may be selected: none is pending.
    pub(super) fn is_of_claimed(&self) -> bool {
        self.takes(&[ImportStatus::Started, ImportStatus::Success, ImportStatus::Failed])
    }

    /// Whether of the claimed jobs only the one that runs may be selected.
    pub(super) fn is_of_running_alone(&self) -> bool {
        !self.takes(&[ImportStatus::Success, ImportStatus::Failed])
    }

    /// The positions of the jobs without a number that may be selected: such a job is pending, or was cancelled.
    pub(super) fn waiting(&self) -> Option<(u64, u64)> {
        let from = self.since.map_or(unnumbered(DateTime::UNIX_EPOCH), unnumbered);
        let to = self.until.map_or(LAST_POSITION, unnumbered);
        (self.takes(&[ImportStatus::Pending, ImportStatus::Failed]) && from <= to).then_some((from, to))
    }

    fn takes(&self, any: &[ImportStatus]) -> bool {
        let names_exist = self.external_refs.as_ref().is_none_or(|names| !names.is_empty());
        names_exist && self.statuses.as_ref().is_none_or(|statuses| any.iter().any(|one| statuses.contains(one)))
    }

    /// Has the database let through only what is selected, of entries within the times.
    pub(super) fn narrow(&self, query: QueryFluentBuilder) -> QueryFluentBuilder {
        let (condition, values) = self.expression();
        let query = match condition {
            Some(condition) => query.filter_expression(condition),
            None => query,
        };
        let query = if self.statuses.is_some() { query.expression_attribute_names("#status", "status") } else { query };
        values.into_iter().fold(query, |query, (name, value)| query.expression_attribute_values(name, value))
    }

    /// The same in the database's words; the values go by `:v0`, `:v1` and so on.
    fn expression(&self) -> (Option<String>, Vec<(String, AttributeValue)>) {
        let mut values = Vec::new();
        let mut place = |value: String| {
            let name = format!(":v{}", values.len());
            values.push((name.clone(), text(value)));
            name
        };
        let mut conditions = Vec::new();
        if let Some(statuses) = &self.statuses {
            let statuses: Vec<_> = statuses.iter().map(|status| place(status.as_str().to_owned())).collect();
            conditions.push(format!("#status IN ({})", statuses.join(", ")));
        }
        if let Some(names) = &self.external_refs {
            let names: Vec<_> = names.iter().map(|name| place(ref_digest(name))).collect();
            conditions.push(format!("ref_digest IN ({})", names.join(", ")));
        }
        ((!conditions.is_empty()).then(|| conditions.join(" AND ")), values)
    }
}

/// Keeps of the values so far those that are among `any`, each once.
fn narrow_to<T: Clone + PartialEq>(so_far: &mut Option<Vec<T>>, any: &[T]) {
    let mut narrowed: Vec<T> = Vec::new();
    for value in any {
        if !narrowed.contains(value) && so_far.as_ref().is_none_or(|so_far| so_far.contains(value)) {
            narrowed.push(value.clone());
        }
    }
    *so_far = Some(narrowed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use imports::filter::MAX_VALUES;

    fn selection(filter: &str) -> Selection {
        Selection::of(&Filter::parse(filter).unwrap())
    }

    #[test]
    fn a_filter_is_written_with_a_value_for_each_of_its_own() {
        let filter = "in(status,success,failed,success):ge(created_at,2026-01-31T10:30:00.5+01:00):eq(external_ref,a)";
        let (condition, values) = selection(filter).expression();
        assert_eq!(condition.unwrap(), "#status IN (:v0, :v1) AND ref_digest IN (:v2)");
        let values: Vec<_> =
            values.iter().map(|(name, value)| (name.as_str(), value.as_s().unwrap().as_str())).collect();
        assert_eq!(values, [(":v0", "success"), (":v1", "failed"), (":v2", ref_digest("a").as_str())]);
    }

    #[test]
    fn the_largest_filter_is_within_what_the_database_takes() {
        let (condition, values) = selection(&format!(
            "in(external_ref{})",
            (0..MAX_VALUES).fold(String::new(), |all, number| { all + &format!(",a{number}") })
        ))
        .expression();
        assert_eq!(values.len(), MAX_VALUES);
        // 4 KB, with some room for the rest of the expression.
        assert!(condition.unwrap().len() < 4_000);
    }

    #[test]
    fn a_filter_reads_no_part_of_the_index_that_can_hold_nothing_for_it() {
        let parts = |filter: &str| {
            let selection = selection(filter);
            (selection.waiting().is_some(), selection.is_of_claimed(), selection.is_of_running_alone())
        };
        assert_eq!(parts("eq(status,pending)"), (true, false, true));
        assert_eq!(parts("eq(status,started)"), (false, true, true));
        assert_eq!(parts("eq(status,success)"), (false, true, false));
        // One that was cancelled may wait for its number.
        assert_eq!(parts("eq(status,failed)"), (true, true, false));
        assert_eq!(parts("eq(status,success):eq(status,failed)"), (false, false, true));
        assert_eq!(parts("eq(external_ref,a):eq(external_ref,b)"), (false, false, true));
        assert!(
            selection("gt(created_at,2026-01-31T00:00:00Z):lt(created_at,2026-01-01T00:00:00Z)").waiting().is_none()
        );
    }

    #[test]
    fn times_of_creation_are_a_range_of_the_waiting_jobs() {
        let filter = "gt(created_at,2026-01-01T00:00:00Z):ge(created_at,2025-01-01T00:00:00Z):le(created_at,2026-01-02T00:00:00Z)";
        assert_eq!(selection(filter).waiting(), Some((1_767_225_600_000_001, 1_767_312_000_000_000)));
    }
}
