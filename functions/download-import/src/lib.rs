//! `GET /v2/subscriptions/imports/{id}/results` and `/failed-lines`: redirects to the result of every line or of the
//! failed ones, and to the lines to correct.

use std::time::Duration;

use chrono::{DateTime, Utc};
use imports::{
    api::{ApiError, Call, Reply},
    import::ImportId,
    parameters::{Parameter, none_other},
    ports::{DownloadLinks, Imports},
    report::Report,
};

/// How long an address is valid. Nobody needs it longer: to ask again is one call.
const GOOD_FOR: Duration = Duration::from_mins(15);

/// Redirects to the file that the path names.
///
/// # Errors
/// [`ApiError::NotFound`] when the caller's store has no such job, [`ApiError::Validation`] when `only` is given and not
/// `failed`, or anything else is given, [`ApiError::Conflict`] when the job has not ended.
pub async fn handle(
    imports: &impl Imports,
    links: &impl DownloadLinks,
    now: DateTime<Utc>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let id = call.import_id()?;
    let file = File::of(call)?;
    let import = imports.get(&call.store, id, now).await?.ok_or(ApiError::NotFound)?;
    let Some(report) = &import.report else {
        let status = import.status.as_str();
        return Err(ApiError::Conflict(format!(
            "The import has not ended yet ({status}); its results and failed lines are there once it has."
        )));
    };
    let link = links.download_link(&file.key(report), &file.name(id), GOOD_FOR).await?;
    Reply::redirect(link)
}

/// The files that can be fetched.
#[derive(Clone, Copy, Debug)]
enum File {
    Results,
    FailedResults,
    FailedLines,
}

impl File {
    fn of(call: &Call) -> Result<Self, ApiError> {
        match call.path.rsplit('/').next() {
            Some("results") => Self::of_results(&call.query),
            Some("failed-lines") => none_other(&call.query, &[]).map(|()| Self::FailedLines),
            _ => Err(ApiError::NotFound),
        }
    }

    fn of_results(query: &[(String, String)]) -> Result<Self, ApiError> {
        none_other(query, &[Parameter::Only])?;
        let mut only = query.iter().filter(|(name, _)| name == "only").map(|(_, value)| value.as_str());
        match (only.next(), only.next()) {
            (None, _) => Ok(Self::Results),
            (Some("failed"), None) => Ok(Self::FailedResults),
            _ => Err(ApiError::Validation("only: \"only\" must be failed, given once, or left out".to_owned())),
        }
    }

    fn key(self, report: &Report) -> String {
        match self {
            Self::Results => Report::results_key(&report.prefix),
            Self::FailedResults => Report::failed_results_key(&report.prefix),
            Self::FailedLines => Report::failed_lines_key(&report.prefix),
        }
    }

    /// The name under which a browser saves it.
    fn name(self, id: ImportId) -> String {
        match self {
            Self::Results => format!("{id}-results.jsonl"),
            Self::FailedResults => format!("{id}-failed-results.jsonl"),
            Self::FailedLines => format!("{id}-failed-lines.jsonl"),
        }
    }
}

#[cfg(test)]
mod tests {
    use imports::{api::FAILED_RESULTS, import::Ending, report::ReportWriter};
    use insta::assert_snapshot;
    use twins::fixture::{World, call_for, id, noon, outcome, query};

    use super::*;

    /// A world in which job 7 has ended.
    async fn ended() -> World {
        let world = World::with_job(7).await;
        let (import, lease) = world.claim().await;
        let report = ReportWriter::begin(&world.files, &import, lease.epoch).finish(None).await.unwrap();
        world.imports.finish(&lease, &outcome(Ending::Success, report), noon()).await.unwrap();
        world
    }

    async fn get(world: &World, store: &str, id: &str, file: &str) -> Result<Reply, ApiError> {
        let (file, only) = file.split_once("?only=").map_or((file, None), |(file, only)| (file, Some(only)));
        let query = only.map(|only| query(&[("only", only)])).unwrap_or_default();
        let call = Call { path: format!("/v2/subscriptions/imports/{id}/{file}"), query, ..call_for(store, id) };
        handle(&world.imports, &world.files, noon(), &call).await
    }

    const SEVEN: &str = "00000000-0000-0000-0000-000000000007";

    #[tokio::test]
    async fn an_ended_job_leads_to_its_files() {
        let world = ended().await;
        for (file, key) in [
            ("results", "results.jsonl"),
            (FAILED_RESULTS, "failed-results.jsonl"),
            ("failed-lines", "failed-lines.jsonl"),
        ] {
            let reply = get(&world, "main", SEVEN, file).await.unwrap();
            let link = format!("memory://files/reports/main/{SEVEN}/1/{key}?as={SEVEN}-{key}&for=900s");
            assert_eq!((reply.status, reply.location.as_deref()), (307, Some(link.as_str())));
            assert_eq!(reply.body, format!("{{\"links\":{{\"download\":\"{link}\"}}}}"));
        }
    }

    #[tokio::test]
    async fn no_other_results_can_be_asked_for() {
        let world = ended().await;
        for only in ["", "Failed", "imported"] {
            let refused = get(&world, "main", SEVEN, &format!("results?only={only}")).await.unwrap_err();
            let problem = "only: \"only\" must be failed, given once, or left out";
            assert_eq!(refused, ApiError::Validation(problem.to_owned()), "{only}");
        }
        let twice = Call {
            path: "/v2/subscriptions/imports/7/results".to_owned(),
            query: query(&[("only", "failed"), ("only", "failed")]),
            ..call_for("main", SEVEN)
        };
        assert_eq!(handle(&world.imports, &world.files, noon(), &twice).await.unwrap_err().status(), 400);
    }

    #[tokio::test]
    async fn what_a_redirect_could_not_name_is_refused() {
        let world = ended().await;
        for (file, name) in
            [("results", "onyl"), ("results", "status"), ("failed-lines", "only"), ("failed-lines", "x")]
        {
            let path = format!("/v2/subscriptions/imports/{SEVEN}/{file}");
            let call = Call { path, query: query(&[(name, "failed")]), ..call_for("main", SEVEN) };
            let refused = handle(&world.imports, &world.files, noon(), &call).await.unwrap_err();
            assert!(matches!(&refused, ApiError::Validation(detail) if detail.starts_with(name)), "{refused:?}");
        }
    }

    #[tokio::test]
    async fn a_job_that_has_not_ended_has_no_files_yet() {
        let world = World::with_job(7).await;
        let pending = get(&world, "main", SEVEN, "results").await.unwrap_err();
        assert_snapshot!(pending.reply("request-1").body, @r#"{"errors":[{"status":"409","title":"Write Conflict","detail":"The import has not ended yet (pending); its results and failed lines are there once it has."}]}"#);
        world.claim().await;
        assert_eq!(get(&world, "main", SEVEN, "failed-lines").await.unwrap_err().status(), 409);
    }

    #[tokio::test]
    async fn a_foreign_a_missing_and_an_impossible_job_are_answered_alike() {
        let world = ended().await;
        for (store, id) in [("other", SEVEN), ("main", &id(0).to_string()), ("main", "no uuid")] {
            assert_eq!(get(&world, store, id, "results").await.unwrap_err(), ApiError::NotFound);
        }
    }
}
