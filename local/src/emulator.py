# Runs the emulator, and ends it with its parent: the parent holds the other end of standard input, which closes
# when the parent is gone, however it went. The emulator then stops as on SIGTERM, saving its state.
import base64
import contextvars
import functools
import gc
import json
import os
import re
import shutil
import signal
import socketserver
import sys
import threading
import time
import types
import uuid


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
from ministack.services import apigateway, dynamodb, lambda_svc, s3, sqs
from ministack.services.cloudformation import provisioners

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

# Every number is taken apart three times, and most are the same few.
for name in ("_ddb_canonicalize_number", "_number_error", "_number_size_bytes"):
    setattr(dynamodb, name, functools.lru_cache(maxsize=4096)(getattr(dynamodb, name)))

# Whether a request is allowed is asked in three places, and each reads its body anew.
read_body = functools.lru_cache(maxsize=4)(json.loads)
iam_actions.json = types.SimpleNamespace(**vars(json) | {"loads": read_body})

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

evaluate_resource_policy = iam_evaluator.evaluate_resource_policy


def evaluate_resource_policy_of_account(policy, request, *args, **kwargs):
    # A bucket's policy may name a folder by the account of whoever asks. The emulator takes that variable for a part of the name.
    text = policy if isinstance(policy, str) else json.dumps(policy)
    policy = text.replace("${aws:PrincipalAccount}", request.principal_account)
    return evaluate_resource_policy(policy, request, *args, **kwargs)


iam_evaluator.evaluate_resource_policy = evaluate_resource_policy_of_account

# Lambda stops a function after about sixteen rounds through a queue that it is woken by, unless it may loop. How many rounds led
# to a message is in the trace that each request of a function carries: the queue hands it on with the message.
trace_of_request = contextvars.ContextVar("trace_of_request", default="")
rounds_so_far = contextvars.ContextVar("rounds_so_far", default=None)
handle_queue_request, attributes_of_message = sqs.handle_request, sqs._build_send_sys_attrs
run_queue_batch, trace_of_invocation = lambda_svc._run_sqs_batch, lambda_svc._xray_trace_id_for_invocation


async def handle_queue_request_with_trace(method, path, headers, body, query):
    trace_of_request.set(headers.get("x-amzn-trace-id", ""))
    return await handle_queue_request(method, path, headers, body, query)


def attributes_of_message_with_trace(now, given):
    trace = trace_of_request.get()
    return ({"AWSTraceHeader": trace} if trace else {}) | attributes_of_message(now, given)


def run_queue_batch_as_on_aws(mapping, function, event, batch, url, queue):
    name = mapping["FunctionName"]
    lineage = re.search(f"Lineage=1:{re.escape(name)}:([0-9]+)", batch[0]["sys"].get("AWSTraceHeader", ""))
    rounds = 1 + int(lineage[1]) if lineage else 1
    if rounds > lambda_svc.MAX_INVOKE_DEPTH and function.get("recursive_loop") != "Allow":
        # The message comes back when its time is up, in vain, until it is put away.
        print(f"{name} is in a loop: it is not run for the round {rounds}", flush=True)
        return
    rounds_so_far.set((name, rounds))
    run_queue_batch(mapping, function, event, batch, url, queue)


def trace_of_invocation_with_lineage(*args):
    trace, so_far = trace_of_invocation(*args), rounds_so_far.get()
    return f"{trace};Lineage=1:{so_far[0]}:{so_far[1]}" if trace and so_far else trace


sqs.handle_request, sqs._build_send_sys_attrs = handle_queue_request_with_trace, attributes_of_message_with_trace
lambda_svc._run_sqs_batch = run_queue_batch_as_on_aws
lambda_svc._xray_trace_id_for_invocation = trace_of_invocation_with_lineage


def heed_recursive_loop(provision, properties_at):
    # A function's template says whether it may loop; the emulator heeds its own call for that alone.
    def provision_and_heed(*args, **kwargs):
        name, attributes = provision(*args, **kwargs)
        lambda_svc._functions[name]["recursive_loop"] = args[properties_at].get("RecursiveLoop", "Terminate")
        return name, attributes

    return provision_and_heed


of_functions = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
of_functions["create"] = heed_recursive_loop(of_functions["create"], 1)
of_functions["update"] = heed_recursive_loop(of_functions["update"], 2)


def start_message_move_task(request, _):
    # The emulator has no such call: dead letters go back to the queue that put them away, at once.
    with sqs._queues_lock:
        queues = list(sqs._queues.values())
        [source] = [queue for queue in queues if queue["attributes"]["QueueArn"] == request["SourceArn"]]
        puts_away = lambda queue: json.loads(queue["attributes"].get("RedrivePolicy") or "{}").get("deadLetterTargetArn")
        [target] = [queue for queue in queues if puts_away(queue) == request["SourceArn"]]
        for letter in source["messages"]:
            target["messages"].append(letter | {"receive_count": 0, "receipt_handle": None, "visible_at": time.time()})
        source["messages"] = []
    sqs.esm_wake.set()
    return {"TaskHandle": base64.b64encode(uuid.uuid4().bytes).decode()}


sqs._HANDLERS["StartMessageMoveTask"] = start_message_move_task

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
