"""Holds flag files against a copy of flagd's public schema.

usage: validate_flags.py SCHEMA-FOLDER FILE ...

The folder holds flags.json and targeting.json as https://flagd.dev/schema/v0/ serves them. Prints a line for each file, "ok"
or what is wrong with it.
"""

import json
import sys

from jsonschema import Draft7Validator
from referencing import Registry, Resource


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main():
    flags, targeting = (load(f"{sys.argv[1]}/{name}.json") for name in ("flags", "targeting"))
    # In draft 7 nothing next to a $ref counts, the $id that the others are found by among it.
    flags["allOf"] = [{"$ref": flags.pop("$ref")}]
    registry = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in (flags, targeting)
    )
    validator = Draft7Validator(flags, registry=registry)
    for path in sys.argv[2:]:
        errors = [error.message[:200] for error in validator.iter_errors(load(path))]
        print("; ".join(errors) or "ok")


main()
