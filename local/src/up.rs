//! The command that keeps a local stack running to try things on.

use crate::output::Output;
use crate::stack::STORE;
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
        "Starting an AWS on this machine with everything deployed: some seconds; the first time some minutes, to build it all.",
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
    let (api, page, token, bucket) = (&file.api_url, &file.page_url, &file.token, &file.bucket);
    let (endpoint, region, by_path) = (&file.endpoint_url, &file.region, &file.api_path_url);
    output.result(&format!(
        "\
API   {api}
      {by_path}
      (for clients that find no names under localhost)
page  {page}/
      (every call, to read and to try)

Upload a file, list the imports, get one, see its errors (the token is good for
12 hours, for the store {STORE}):
  IMPORTS={api}/v2/subscriptions/imports
  TOKEN={token}
  curl -H \"Authorization: Bearer $TOKEN\" -F import_file=@events/sample.jsonl $IMPORTS
  curl -H \"Authorization: Bearer $TOKEN\" $IMPORTS
  curl -H \"Authorization: Bearer $TOKEN\" $IMPORTS/ID
  curl -H \"Authorization: Bearer $TOKEN\" $IMPORTS/ID/errors

Stop it, or see what became of every line, and what is left to mend:
  curl -H \"Authorization: Bearer $TOKEN\" -X POST $IMPORTS/ID/cancel
  curl -H \"Authorization: Bearer $TOKEN\" -L $IMPORTS/ID/results
  curl -H \"Authorization: Bearer $TOKEN\" -L \"$IMPORTS/ID/results?only=failed\"
  curl -H \"Authorization: Bearer $TOKEN\" -L $IMPORTS/ID/failed-lines

Rehearse a file, replace what is stored already, ask for a form to upload a large one:
  curl -H \"Authorization: Bearer $TOKEN\" -F import_file=@events/sample.jsonl -F dry_run=true -F on_conflict=update $IMPORTS
  curl -H \"Authorization: Bearer $TOKEN\" -d '{{\"data\":{{\"type\":\"subscription_import_upload\"}}}}' $IMPORTS/uploads

Or drop it into the bucket, as a partner does:
  AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY={} aws s3 cp events/sample.jsonl s3://{bucket}/drops/{STORE}/sample.jsonl --endpoint-url {endpoint} --region {region}

All addresses and names are in {}; the log is {}.
Ctrl-C stops it.",
        file.access_key_id,
        file.secret_access_key,
        published.path().display(),
        stack.log().display(),
    ));
    stopped.await;
    output.progress("Stopping the local AWS …");
    drop(published);
    Ok(())
}
