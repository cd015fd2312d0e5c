"""Checks definition files against the JSON Schemas that they name in "$schema", as an editor does, and records against the
schema of records. Usage: check_files.py [<definition.json>...] [--record <record.json>]..."""
import argparse
import json
import os
import sys

import jsonschema

SCHEMAS = os.path.join(os.path.dirname(__file__), "..", "..", "harness", "schema")


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def problems_with(document, schema):
    return ["/%s: %s" % ("/".join(map(str, error.absolute_path)), error.message)
            for error in jsonschema.Draft7Validator(schema).iter_errors(document)]


def check_definition(path):
    document = read(path)
    if not isinstance(document.get("$schema"), str):
        return ['there is no "$schema"']
    schema = os.path.join(os.path.dirname(path), document["$schema"])
    if not os.path.isfile(schema):
        return ['"$schema" names no file: %s' % schema]
    return problems_with(document, read(schema))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("definitions", nargs="*")
    parser.add_argument("--record", action="append", default=[])
    arguments = parser.parse_args()
    found = []
    for path in arguments.definitions:
        found += ["%s %s" % (path, problem) for problem in check_definition(path)]
    record = read(os.path.join(SCHEMAS, "record.schema.json"))
    for path in arguments.record:
        found += ["%s %s" % (path, problem) for problem in problems_with(read(path), record)]
    for problem in found:
        print(problem)
    return 1 if found or not arguments.definitions + arguments.record else 0


sys.exit(main())
