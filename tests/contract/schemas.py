# Holds openapi.yaml to itself and to the code: every body has examples, every example fits its schema, and the schema of
# an import file's lines lets through just the lines that the code lets through.
#
# usage: schemas.py OPENAPI LINES, where LINES has objects {"line": text, "good": what the code says}, one a line.
import json
import sys

import jsonschema_rs
import yaml

with open(sys.argv[1], encoding="utf-8") as file:
    contract = yaml.safe_load(file)
registry = jsonschema_rs.Registry([("urn:contract", contract)], draft=jsonschema_rs.Draft202012)


def validator(pointer):
    schema = {"$ref": f"urn:contract#{pointer}"}
    return jsonschema_rs.Draft202012Validator(schema, registry=registry, validate_formats=True)


def examples(node, pointer=""):
    """Yields where a schema is, and the values that are given as its examples."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from examples(item, f"{pointer}/{index}")
    elif isinstance(node, dict):
        given = node.get("examples", {})
        if "schema" in node:
            values = [node["example"]] if "example" in node else []
            yield f"{pointer}/schema", values + [example["value"] for example in given.values()]
        elif isinstance(given, list):
            yield pointer, given
        for key, value in node.items():
            if key not in ("example", "examples", "enum", "const", "default"):
                escaped = key.replace("~", "~0").replace("/", "~1").replace("%", "%25").replace("{", "%7B")
                yield from examples(value, f"{pointer}/{escaped.replace('}', '%7D')}")


problems, count = [], 0
for pointer, values in examples(contract):
    if "/content/" in pointer and not values:
        problems.append(f"{pointer} has no example")
    for value in values:
        count += 1
        problems += [f"an example of {pointer}: {error.message}" for error in validator(pointer).iter_errors(value)]

line_schema, lines = validator("/components/schemas/ImportLine"), {True: 0, False: 0}
with open(sys.argv[2], encoding="utf-8") as file:
    for row in map(json.loads, file):
        lines[row["good"]] += 1
        if line_schema.is_valid(json.loads(row["line"])) != row["good"]:
            says = "refuses" if row["good"] else "lets through"
            problems.append(f"ImportLine {says} what the code does not: {row['line'][:1000]}")

print(f"{count} examples, {lines[True]} good lines, {lines[False]} bad ones")
if not (count and lines[True] and lines[False]):
    problems.append("something was not tried")
if problems:
    sys.exit("\n".join(problems))
