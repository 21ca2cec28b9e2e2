//! `GET /v2/subscriptions/imports`: a store's jobs, newest first, all or those that match a filter.

use chrono::{DateTime, Utc};
use imports::{
    api::{ApiError, Call, IMPORTS_PATH, ImportDocument, ListDocument, Reply},
    filter::Filter,
    page::Page,
    parameters::{Parameter, unread},
    ports::Imports,
    queue_position::Turns,
};

/// Answers one page of the caller's jobs.
///
/// # Errors
/// [`ApiError::Validation`] when the page can't be read or is out of bounds, or a parameter is nearly one that is read,
/// [`ApiError::Filter`] when the filter can't be
/// read.
pub async fn handle(imports: &impl Imports, now: DateTime<Utc>, call: &Call) -> Result<Reply, ApiError> {
    let ignored = unread(&call.query, Parameter::OF_FILTERED_PAGES)?;
    let page = Page::from_query(&call.query)?;
    let filter = Filter::from_query(&call.query)?;
    let listing = imports.list(&call.store, &filter, page, now).await?;
    let turns = Turns::read(imports, &listing.imports).await?;
    let show = |import| {
        let position = turns.position(&import);
        ImportDocument::new(import, position, &call.origin)
    };
    Reply::ok(&ListDocument {
        data: listing.imports.into_iter().map(show).collect(),
        links: page.links(&format!("{}{IMPORTS_PATH}", call.origin), &call.query, listing.total),
        meta: page.meta(listing.total, ignored),
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use imports::import::NewImport;
    use insta::{assert_json_snapshot, assert_snapshot};
    use twins::{
        Call as Port, Fault,
        fixture::{World, call, job, noon, query, store_named},
    };

    use super::*;

    /// A world in which jobs 1 to 4 wait, the second of them of another store.
    async fn with_jobs() -> World {
        let world = World::new();
        for (number, seconds, store) in [(1, 1, "main"), (2, 2, "other"), (3, 3, "main"), (4, 4, "main")] {
            let new = NewImport { store: store_named(store), ..job(number) };
            world.imports.create(new, noon() + TimeDelta::seconds(seconds)).await.unwrap();
        }
        world
    }

    async fn list(world: &World, store: &str, parameters: &[(&str, &str)]) -> Result<Reply, ApiError> {
        let call = Call { store: store_named(store), query: query(parameters), ..call() };
        handle(&world.imports, noon(), &call).await
    }

    #[tokio::test]
    async fn a_page_of_the_stores_own_jobs_is_listed_newest_first() {
        let world = with_jobs().await;
        let page = [("page[offset]", "1"), ("page[limit]", "1")];
        assert_snapshot!(list(&world, "main", &page).await.unwrap().body);
    }

    #[tokio::test]
    async fn a_store_without_jobs_has_an_empty_list() {
        let reply = list(&with_jobs().await, "third", &[]).await.unwrap();
        assert_snapshot!(reply.body, @r#"{"data":[],"links":{"current":"https://api.example.com/v2/subscriptions/imports?page%5Boffset%5D=0&page%5Blimit%5D=25","first":"https://api.example.com/v2/subscriptions/imports?page%5Boffset%5D=0&page%5Blimit%5D=25","last":null,"prev":null,"next":null},"meta":{"page":{"limit":25,"offset":0,"current":1,"total":0},"results":{"total":0}}}"#);
    }

    #[tokio::test]
    async fn a_page_out_of_bounds_is_refused() {
        let world = with_jobs().await;
        let error = list(&world, "main", &[("page[limit]", "101")]).await.unwrap_err();
        assert_eq!(error.status(), 400);
        assert_snapshot!(error.reply("request-1").body, @r#"{"errors":[{"status":"400","title":"Validation Error","detail":"page[limit]: \"page[limit]\" must be a whole number from 0 to 100, given once: write page[limit]=100, which is the most"}]}"#);
    }

    #[tokio::test]
    async fn a_filter_narrows_the_list_and_stays_in_its_links() {
        let world = with_jobs().await;
        let filter = "lt(created_at,2026-05-29T12:00:04Z):eq(status,pending)";
        let body = list(&world, "main", &[("filter", filter), ("page[limit]", "1")]).await.unwrap().body;
        let document: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_json_snapshot!([&document["data"][0]["id"], &document["links"], &document["meta"]["results"]], @r#"
    [
      "00000000-0000-0000-0000-000000000003",
      {
        "current": "https://api.example.com/v2/subscriptions/imports?filter=lt%28created_at%2C2026-05-29T12%3A00%3A04Z%29%3Aeq%28status%2Cpending%29&page%5Boffset%5D=0&page%5Blimit%5D=1",
        "first": "https://api.example.com/v2/subscriptions/imports?filter=lt%28created_at%2C2026-05-29T12%3A00%3A04Z%29%3Aeq%28status%2Cpending%29&page%5Boffset%5D=0&page%5Blimit%5D=1",
        "last": "https://api.example.com/v2/subscriptions/imports?filter=lt%28created_at%2C2026-05-29T12%3A00%3A04Z%29%3Aeq%28status%2Cpending%29&page%5Boffset%5D=1&page%5Blimit%5D=1",
        "next": "https://api.example.com/v2/subscriptions/imports?filter=lt%28created_at%2C2026-05-29T12%3A00%3A04Z%29%3Aeq%28status%2Cpending%29&page%5Boffset%5D=1&page%5Blimit%5D=1",
        "prev": null
      },
      {
        "total": 2
      }
    ]
    "#);
    }

    #[tokio::test]
    async fn a_filter_that_can_t_be_read_is_refused() {
        let world = with_jobs().await;
        let error = list(&world, "main", &[("filter", "eq(status,done)")]).await.unwrap_err();
        assert_eq!(error.status(), 400);
        assert_snapshot!(error.reply("request-1").body, @r#"{"errors":[{"status":"400","title":"Validation Error","detail":"Could not parse the supplied filter","meta":{"reason":"at character 11: expected a status: pending, started, success or failed, found \"done)\"; write filter=eq(status,success)"}}]}"#);
    }

    #[tokio::test]
    async fn a_parameter_that_is_nearly_read_is_refused_and_any_other_is_named() {
        let world = with_jobs().await;
        let error = list(&world, "main", &[("status", "failed")]).await.unwrap_err();
        assert_snapshot!(error.reply("").body, @r#"{"errors":[{"status":"400","title":"Validation Error","detail":"status: \"status\" is no parameter of this call: write filter=eq(status,failed)"}]}"#);
        let body =
            list(&world, "main", &[("page[limit]", "1"), ("sort", "name"), ("store", "other")]).await.unwrap().body;
        let document: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(document["meta"]["ignored"], serde_json::json!(["sort", "store"]));
    }

    #[tokio::test]
    async fn a_table_that_fails_is_no_empty_list() {
        let world = with_jobs().await;
        world.faults.plan(Port::List, Fault::transient());
        let error = list(&world, "main", &[]).await.unwrap_err();
        assert_eq!(error.status(), 503);
    }
}
