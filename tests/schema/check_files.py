"""Checks definition files against the JSON Schemas that they name in "$schema", as an editor does; bundled probe.json files, which
name none, and records against theirs. Usage: check_files.py [<definition.json>...] [--probe <file>]... [--record <file>]..."""
import argparse
import json
import os
import sys

import jsonschema

SCHEMAS = os.path.join(os.path.dirname(__file__), "..", "..", "harness", "schema")


KINDS = ("probe", "record")


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
    for kind in KINDS:
        parser.add_argument("--" + kind, nargs="+", action="extend", default=[])
    arguments = vars(parser.parse_args())
    found = []
    for path in arguments["definitions"]:
        found += ["%s %s" % (path, problem) for problem in check_definition(path)]
    for kind in KINDS:
        schema = read(os.path.join(SCHEMAS, kind + ".schema.json"))
        for path in arguments[kind]:
            found += ["%s %s" % (path, problem) for problem in problems_with(read(path), schema)]
    for problem in found:
        print(problem)
    return 1 if found or not any(arguments.values()) else 0


sys.exit(main())
