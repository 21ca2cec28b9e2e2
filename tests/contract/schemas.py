# Holds openapi.yaml to itself and to what was made elsewhere: every body has examples, every example fits its schema, and
# the schemas let through just the values that they should. What the service answers has no key that its schema does not name.
#
# usage: schemas.py OPENAPI VALUES, where VALUES has objects {"schema": name, "value": …, "good": true or false}, one a line. A
# name that ends in .json is that of a file with a schema of its own.
import copy
import json
import sys

import jsonschema_rs
import yaml

from hooks import close

with open(sys.argv[1], encoding="utf-8") as file:
    contract = yaml.safe_load(file)
answers = copy.deepcopy(contract)
close(answers["components"])
registry = jsonschema_rs.Registry([("urn:contract", contract), ("urn:answers", answers)], draft=jsonschema_rs.Draft202012)


def validator(pointer, of="contract"):
    schema = {"$ref": f"urn:{of}#{pointer}"}
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

validators, values = {}, 0
with open(sys.argv[2], encoding="utf-8") as file:
    for row in map(json.loads, file):
        values += 1
        name, value, good = row["schema"], row["value"], row["good"]
        if name not in validators and name.endswith(".json"):
            with open(name, encoding="utf-8") as schema:
                # Of whichever draft it says it is.
                validators[name] = jsonschema_rs.validator_for(json.load(schema), validate_formats=True)
        if name not in validators:
            # A line may have attributes of its sender's own.
            of = "contract" if name == "ImportLine" else "answers"
            validators[name] = validator(f"/components/schemas/{name}", of)
        if validators[name].is_valid(value) != good:
            said = "refuses the good" if good else "lets through the bad"
            problems.append(f"{name} {said} {json.dumps(value)[:1000]}")

print(f"{count} examples, {values} values, {len(problems)} problems")
if problems or not (count and values):
    sys.exit("\n".join(problems) or "nothing was tried")
