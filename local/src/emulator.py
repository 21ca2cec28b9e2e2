# Runs the emulator, and ends it with its parent: the parent holds the other end of standard input, which closes
# when the parent is gone, however it went. The emulator then stops as on SIGTERM, saving its state.
import base64
import functools
import gc
import json
import os
import shutil
import signal
import socketserver
import sys
import threading


def follow_parent():
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=follow_parent, daemon=True).start()

# Functions are handed their events by a server that writes heads and bodies apart: without this each waits 40 ms for the other.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True

# Tables are trees of dictionaries, which are never garbage: to look for some at every 700 new ones takes longer than to read
# them.
gc.set_threshold(200_000, 20, 100)

import ministack.app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.services import apigateway, dynamodb, s3

drain_log = lambda_runtime.Worker._drain_stderr_bounded


def drain_log_soon(worker, first_line_wait=0.01):
    # After each call the emulator waits for its log: 50 ms where there is none. What a function wrote before its answer is
    # in the pipe by then.
    return drain_log(worker, first_line_wait)


lambda_runtime.Worker._drain_stderr_bounded = drain_log_soon

serve = ministack.app.app


async def serve_by_own_name(scope, receive, send):
    # A page of another site may let its own name lead here: it must not act for this AWS, whose root anybody can be.
    host = dict(scope.get("headers", [])).get(b"host", b"").decode("latin-1").lower()
    name = host.rsplit(":", 1)[0]
    if scope["type"] == "lifespan" or name in ("localhost", "127.0.0.1") or name.endswith(".localhost"):
        await serve(scope, receive, send)
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"This AWS answers to names of this machine alone.\n"})
    else:
        await send({"type": "websocket.close"})


ministack.app.app = serve_by_own_name

parse_api_url = ministack.app._parse_execute_api_url


def parse_api_url_by_path(host, path):
    # The API answers at the emulator's own address, too: Python and Node find no names under `localhost`, and the links in
    # answers begin with the host that was called. No bucket is called `v2`, which is too short, nor `imports-ui`.
    apis = [api for *_, api in apigateway._apis._data]
    is_ours = path.startswith(("/v2/subscriptions/", "/imports-ui/")) or path == "/imports-ui"
    if apis and is_ours and not parse_api_url(host, path):
        return apis[0], "$default", path
    return parse_api_url(host, path)


ministack.app._parse_execute_api_url = parse_api_url_by_path

scan, page_of = dynamodb._scan, dynamodb._paginate_evaluated_items


def scan_as_one_page(request):
    # For each page the emulator sorts the whole table, and weighs each item. The service never scans; people and tests do, and
    # want all of it. Nobody asks while another does.
    whole = "Limit" not in request
    dynamodb._paginate_evaluated_items = (lambda items, *_: (list(items), False)) if whole else page_of
    try:
        return scan(request)
    finally:
        dynamodb._paginate_evaluated_items = page_of


dynamodb._scan = scan_as_one_page

# A condition is read anew for each item that it is held against: all items of a partition, at each query.
dynamodb._condition_syntax_error = functools.lru_cache(dynamodb._condition_syntax_error)
tokens_of = functools.lru_cache(dynamodb._tokenize)
dynamodb._tokenize = lambda expression: list(tokens_of(expression))

user_metadata = s3._extract_user_metadata


def user_metadata_as_on_aws(headers):
    # S3 takes the bytes of metadata for Latin-1, and hands a text that is not ASCII back as a mail header's encoded word.
    # The emulator alone would answer with bytes that AWS clients can't read.
    encoded = lambda text: base64.b64encode(text.encode().decode("latin-1").encode()).decode()
    metadata = user_metadata(headers)
    return {name: text if text.isascii() else f"=?UTF-8?B?{encoded(text)}?=" for name, text in metadata.items()}


s3._extract_user_metadata = user_metadata_as_on_aws

context_of_object = iam_actions._s3_object_context


def context_of_object_as_on_aws(action, query_params, path, headers):
    # S3 lets policies ask for the class and the key of what is put; the emulator does not know these.
    names = ("x-amz-storage-class", "x-amz-server-side-encryption-customer-algorithm", "x-amz-server-side-encryption-aws-kms-key-id")
    asked_for = [name for name in names if action == "s3:PutObject" and headers.get(name)]
    return context_of_object(action, query_params, path, headers) | {f"s3:{name}": headers[name] for name in asked_for}


iam_actions._s3_object_context = context_of_object_as_on_aws

enforce, evaluate = iam_evaluator.enforce, iam_evaluator.evaluate
asked = []


def evaluate_and_keep(request, *policies):
    asked.append(request)
    return evaluate(request, *policies)


def enforce_and_note(*args, **kwargs):
    # Which role asked for what, and whether it was let: a line each. Nobody asks while another does.
    asked.clear()
    refused = enforce(*args, **kwargs)
    for request in asked[:1]:
        line = {"principal": request.principal_arn, "action": request.action, "resource": request.resource_arn}
        decisions.write(json.dumps(line | {"allowed": refused is None}) + "\n")
    return refused


if path := os.environ.get("LOCAL_DECISIONS"):
    decisions = open(path, "a", buffering=1)
    iam_evaluator.enforce, iam_evaluator.evaluate = enforce_and_note, evaluate_and_keep

try:
    ministack.app.main()
finally:
    # The functions run in this process group, their code is unpacked in this folder: neither stays behind.
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    sys.stdout.flush()
    os.killpg(0, signal.SIGKILL)
