//! The command that keeps a local stack running to try things on.

use std::path::Path;

use crate::output::Output;
use crate::stack::STORE;
use crate::stack_file::StackFile;
use crate::{Error, Options, Stack, page};

/// A working day: longer than anyone tries things at a stretch.
const TOKEN_SECONDS: i64 = 12 * 60 * 60;

/// Starts a stack, prints how to use it, and runs until the process gets a signal to stop.
///
/// # Errors
/// When a part of the system does not work.
pub async fn run(options: Options, stopped: impl Future<Output = ()>) -> Result<(), Error> {
    let output = Output::new(options.quiet);
    output.progress(
        "Starting an AWS on this machine with everything deployed:\nsome seconds; the first time some minutes, to build it all.",
    );
    let mut stopped = std::pin::pin!(stopped);
    let stack = tokio::select! {
        stack = Stack::start(options) => stack?,
        () = &mut stopped => return Ok(()),
    };
    let token = stack.token(STORE, TOKEN_SECONDS)?;
    let page = page::start(&stack, &token)?;
    let file = stack.file(token, page);
    let published = file.publish()?;
    output.result(&how_to(&file, &stack.import_page(), published.path(), stack.log()));
    stopped.await;
    output.progress("Stopping the local AWS …");
    drop(published);
    Ok(())
}

/// How to use a stack. Fits into 80 columns, but for the token and paths.
fn how_to(file: &StackFile, import_page: &str, published: &Path, log: &Path) -> String {
    let StackFile { api_url, page_url, token, endpoint_url, region, bucket, access_key_id, secret_access_key, .. } =
        file;
    format!(
        r#"API        {api_url}
reference  {page_url}/ (every call, to read and to try)
The page for people who import (sign in with any name, which is the store's):
  {import_page}

These two are for the commands below, and for those of the README. The token is
good for 12 hours, for the store {STORE}:
  IMPORTS={api_url}/v2/subscriptions/imports
  AUTH="Authorization: Bearer {token}"

With the command `imports` (cargo install --path cli), from this folder:
  imports --local run events/sample.jsonl

Upload a file, list the imports, get one, see its errors:
  curl -H "$AUTH" -F import_file=@events/sample.jsonl $IMPORTS
  curl -H "$AUTH" $IMPORTS
  curl -H "$AUTH" $IMPORTS/ID
  curl -gH "$AUTH" "$IMPORTS/ID/errors?page[limit]=100"

Stop it, or see what became of every line, and what is left to mend:
  curl -H "$AUTH" -X POST $IMPORTS/ID/cancel
  curl -H "$AUTH" -L $IMPORTS/ID/results
  curl -H "$AUTH" -L "$IMPORTS/ID/results?only=failed"
  curl -H "$AUTH" -L $IMPORTS/ID/failed-lines

Rehearse a file, replace what is stored already, ask for a form to upload a
large one:
  curl -H "$AUTH" -F import_file=@events/sample.jsonl -F dry_run=true $IMPORTS
  curl -H "$AUTH" -F import_file=@events/sample.jsonl -F on_conflict=update \
    $IMPORTS
  curl -H "$AUTH" -d '{{"data":{{"type":"subscription_import_upload"}}}}' \
    $IMPORTS/uploads

Or drop it into the bucket, as a partner does:
  export AWS_ACCESS_KEY_ID={access_key_id} AWS_SECRET_ACCESS_KEY={secret_access_key}
  aws s3 cp events/sample.jsonl \
    s3://{bucket}/drops/{STORE}/sample.jsonl \
    --endpoint-url {endpoint_url} --region {region}

All addresses and names are in
  {published}
The log is
  {log}
Ctrl-C stops it."#,
        published = published.display(),
        log = log.display(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_up_prints_fits_into_80_columns_and_has_the_token_once() {
        let file = StackFile {
            api_url: "http://127.0.0.1:45678".to_owned(),
            page_url: "http://127.0.0.1:45679".to_owned(),
            token: "x".repeat(600),
            endpoint_url: "http://127.0.0.1:45678".to_owned(),
            region: "us-east-1".to_owned(),
            access_key_id: "test".to_owned(),
            secret_access_key: "test".to_owned(),
            bucket: "subscriptions-import-000000000000-f38a5e4a".to_owned(),
            imports_table: String::new(),
            objects_table: String::new(),
            queue_url: String::new(),
            pid: 1,
        };
        let log = Path::new("target/local/logs/emulator-45678.log");
        let import_page = "http://f38a5e4a.execute-api.localhost:45678/imports-ui";
        let printed = how_to(&file, import_page, Path::new("target/local/stack.json"), log);
        assert_eq!(printed.matches(&file.token).count(), 1);
        for line in printed.lines().filter(|line| !line.contains(&file.token)) {
            assert!(line.chars().count() <= 80, "{line}");
        }
        insta::assert_snapshot!(printed.replace(&file.token, "TOKEN"));
    }
}
