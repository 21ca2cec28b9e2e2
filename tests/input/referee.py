"""Tells of each line whether Python's own reader takes it for one JSON object. Lines come as hexadecimal digits."""

import json
import sys


def verdict(line: bytes) -> str:
    try:
        value = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        return f"refused {type(error).__name__}"
    return "accepted" if isinstance(value, dict) else "refused other"


for digits in sys.stdin:
    print(verdict(bytes.fromhex(digits)))
