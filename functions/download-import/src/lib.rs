//! `GET /v2/subscriptions/imports/{id}/results` and `/failed-lines`: redirects to the result of every line or of the
//! failed ones, and to the lines to correct.

use chrono::{DateTime, TimeDelta, Utc};
use imports::{
    api::{ApiError, Call, Reply},
    import::ImportId,
    options::flag,
    parameters::{Parameter, given, none_other},
    ports::{DownloadLinks, Imports},
    report::Report,
    times::duration,
};

/// How long an address is valid. Nobody needs it longer: to ask again is one call.
const GOOD_FOR: TimeDelta = TimeDelta::minutes(15);

/// Redirects to the file that the path names, or says where it is to those who would take their token along.
///
/// # Errors
/// [`ApiError::NotFound`] when the caller's store has no such job, [`ApiError::Validation`] when `only` is given and not
/// `failed`, `redirect` and neither `true` nor `false`, or anything else is given, [`ApiError::Conflict`] when the job has
/// not ended.
pub async fn handle(
    imports: &impl Imports,
    links: &impl DownloadLinks,
    now: DateTime<Utc>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let id = call.import_id()?;
    let (file, redirect) = (File::of(call)?, redirects(&call.query)?);
    let import = imports.get(&call.store, id, now).await?.ok_or(ApiError::NotFound)?;
    let Some(report) = &import.report else {
        let status = import.status.as_str();
        return Err(ApiError::Conflict(format!(
            "The import has not ended yet ({status}); its results and failed lines are there once it has."
        )));
    };
    let link = links.download_link(&file.key(report), &file.name(id), duration(GOOD_FOR)).await?;
    Reply::download(link, now + GOOD_FOR, redirect)
}

/// Whether the caller is to be redirected: a page can't send a token along a link, and a client that keeps its token over
/// a redirect is refused by S3, which takes one signature alone.
fn redirects(query: &[(String, String)]) -> Result<bool, ApiError> {
    let problem = |error| ApiError::Validation(format!("redirect: \"redirect\" {error}"));
    given(query, Parameter::Redirect)?.map_or(Ok(true), |text| flag(text).map_err(problem))
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
            Some("failed-lines") => none_other(&call.query, &[Parameter::Redirect]).map(|()| Self::FailedLines),
            _ => Err(ApiError::NotFound),
        }
    }

    fn of_results(query: &[(String, String)]) -> Result<Self, ApiError> {
        none_other(query, &[Parameter::Only, Parameter::Redirect])?;
        match given(query, Parameter::Only)? {
            None => Ok(Self::Results),
            Some("failed") => Ok(Self::FailedResults),
            Some(_) => Err(ApiError::Validation("only: \"only\" must be failed, or left out".to_owned())),
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
        let (file, text) = file.split_once('?').unwrap_or((file, ""));
        let pairs: Vec<_> = text.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let path = format!("/v2/subscriptions/imports/{id}/{file}");
        let call = Call { path, query: query(&pairs), ..call_for(store, id) };
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
            let body = format!(
                "{{\"links\":{{\"download\":\"{link}\"}},\"meta\":{{\"expires_at\":\"2026-05-29T12:15:00.000000Z\"}}}}"
            );
            assert_eq!(reply.body, body);

            let and = if file.contains('?') { '&' } else { '?' };
            assert_eq!(get(&world, "main", SEVEN, &format!("{file}{and}redirect=true")).await, Ok(reply));
            let told = get(&world, "main", SEVEN, &format!("{file}{and}redirect=false")).await;
            assert_eq!(told, Ok(Reply::new(200, body)));
        }
    }

    #[tokio::test]
    async fn what_a_redirect_could_not_name_and_what_is_no_answer_is_refused() {
        let world = ended().await;
        for (file, detail) in [
            ("results?only=", "only: \"only\" must be failed, or left out"),
            ("results?only=Failed", "only: \"only\" must be failed, or left out"),
            ("results?only=failed&only=failed", "only: \"only\" must be given once"),
            ("failed-lines?redirect=no", "redirect: \"redirect\" must be true or false, not \"no\": write false"),
            ("results?redirect=hunter2", "redirect: \"redirect\" must be true or false"),
            ("results?redirect=false&redirect=true", "redirect: \"redirect\" must be given once"),
            ("results?onyl=failed", "onyl: \"onyl\" is no parameter of this call: write only=failed"),
            (
                "results?status=x",
                "status: \"status\" is no parameter of this call: leave it out; it reads only, redirect",
            ),
            ("failed-lines?only=x", "only: \"only\" is no parameter of this call: leave it out; it reads redirect"),
        ] {
            let refused = get(&world, "main", SEVEN, file).await;
            assert_eq!(refused, Err(ApiError::Validation(detail.to_owned())), "{file}");
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
