"""Writes a JSON document with numbers of five digits after the point and no spaces, small enough to be kept with the docs.

python scripts/rounded_json.py path/to/results.json docs/reproduction-small.json
"""

import json
import sys
from pathlib import Path


def rounded(value: object) -> object:
    """The same document with its numbers rounded."""
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return value


if __name__ == "__main__":
    source, target = (Path(name) for name in sys.argv[1:3])
    target.write_text(json.dumps(rounded(json.loads(source.read_text("utf-8"))), separators=(",", ":"), ensure_ascii=False) + "\n", "utf-8")
