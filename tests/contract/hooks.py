# What the contract can't tell Schemathesis.
import itertools
import json
from urllib.parse import urlencode

import schemathesis

BODIES = {"ImportUpload", "UploadRequest"}
OPTIONS = {"external_ref", "dry_run", "on_conflict", "unknown"}
# What a gateway carries of an address and headers: it answers longer ones itself.
LONGEST_QUERY = 8 << 10
numbers = itertools.count()


@schemathesis.serializer("application/jsonl", "application/x-ndjson", "application/x-jsonlines")
def line(context, value):
    return {"data": value if isinstance(value, bytes) else json.dumps(value).encode()}


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.headers and case.headers.get("Idempotency-Key") == "0":
        # Most calls have the simplest key, and all but the first would be conflicts. So, each key comes twice.
        case.headers["Idempotency-Key"] = f"key {next(numbers) // 2}"
    if isinstance((case.query or {}).get("wait"), int):
        # Whoever waits longer for a job that does not change learns no more.
        case.query["wait"] %= 2
    if case.media_type != "multipart/form-data":
        return
    if OPTIONS & set(case.query or {}):
        # An option that is a part and stands in the query must say the same in both: no schema can say so.
        case.media_type = "application/jsonl"
        case.body = {}
    elif isinstance(case.body, dict):
        # A part's name stands in a header, where control characters make the form unreadable.
        case.body = {name: part for name, part in case.body.items() if name.isascii() and name.isprintable()}


@schemathesis.hook
def filter_query(context, query):
    return not query or len(urlencode(query, doseq=True)) <= LONGEST_QUERY


@schemathesis.hook
def before_load_schema(context, contract):
    # A client takes keys that it does not know. Here, a key in an answer that the contract does not name is a mistake.
    components = contract["components"]
    close(components["responses"])
    for name, schema in components["schemas"].items():
        if name not in BODIES:
            close(schema)


def close(schema):
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            close(part)
    elif isinstance(schema, list):
        for part in schema:
            close(part)
