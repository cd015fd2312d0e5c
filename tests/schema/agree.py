"""The JSON Schemas and the strict loaders agree: what is bundled fits both, and each broken definition of the table is refused
by both. Usage: agree.py <readiness> <empty folder>

Not in the table is what only a loader can know: references between definitions, parameters of probes, unique keys.
"""
import copy
import json
import os
import subprocess
import sys

import jsonschema

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
CONSUMER = os.path.join(ROOT, "tests", "cmake", "consumers", "with_find_package")
GONE = object()

# kind, path of a value, what to put there (GONE: remove it). Every path but the last element of a new key exists.
BROKEN = [
    ("suite", "$schema", 7), ("suite", "$schema", ["a"]), ("suite", "$schema", {}), ("suite", "$schema", None),
    ("target", "$schema", 7), ("deployment", "$schema", True),
    ("suite", "suite", GONE), ("suite", "suite", ""), ("suite", "suite", "my-readiness"), ("suite", "title", GONE),
    ("suite", "title", 3), ("suite", "target", GONE), ("suite", "target", "a b"), ("suite", "audits", {}),
    ("suite", "audit", GONE), ("suite", "audit/document", "docs/till.md"), ("suite", "audit/items", 0),
    ("suite", "audit/items", "2"), ("suite", "audit/items", 1.5), ("suite", "audit/verdict", ""),
    ("suite", "audit/author", "me"), ("suite", "severity_weights", GONE), ("suite", "severity_weights", {}),
    ("suite", "severity_weights/critical", -1), ("suite", "severity_weights/critical", "10"),
    ("suite", "severity_weights/info", 1), ("suite", "gating_severities", []), ("suite", "gating_severities", "critical"),
    ("suite", "gating_severities", ["critical", "critical"]), ("suite", "items", GONE), ("suite", "items", []),
    ("suite", "items", {}), ("suite", "items/0", "T1"), ("suite", "items/1/id", GONE), ("suite", "items/1/id", "up"),
    ("suite", "items/1/id", "a b"), ("suite", "items/1/id", 2), ("suite", "items/1/title", ""),
    ("suite", "items/1/severity", GONE), ("suite", "items/1/category", "readiness"), ("suite", "items/1/section", GONE),
    ("suite", "items/1/source", GONE), ("suite", "items/1/source/line", 0), ("suite", "items/1/source/line", "4"),
    ("suite", "items/1/source/sha256", "00"), ("suite", "items/1/source/sha256", "X" * 64),
    ("suite", "items/1/source/document", "a/b.md"), ("suite", "items/1/probe", GONE), ("suite", "items/1/parameters", []),
    ("suite", "items/1/isolation", "alone"), ("suite", "items/1/minimum_observations", 0),
    ("suite", "items/1/timeout_ms", 0), ("suite", "items/1/timeout_ms", "5 s"), ("suite", "items/1/timeout", 5),
    ("suite", "items/1/not_applicable", ""), ("suite", "items/1/part_of", "-"), ("suite", "items/1/outcome", "pass"),
    ("target", "target", GONE), ("target", "target", "1till"), ("target", "title", 1), ("target", "services", GONE),
    ("target", "services", ["api"]), ("target", "services/api", True), ("target", "services/api/port", 80),
    ("target", "stores", {"main": {"engine": "postgresql"}}), ("target", "actions/list_sales/steps", []),
    ("target", "actions/list_sales/steps", {}), ("target", "actions/list_sales/description", GONE),
    ("target", "actions/list_sales/steps/0/method", "FETCH"), ("target", "actions/list_sales/steps/0/path", "sales"),
    ("target", "actions/list_sales/steps/0/url", "/"), ("target", "actions/list_sales/steps/0/authorised", "no"),
    ("target", "actions/list_sales/steps/0/expect", GONE), ("target", "actions/list_sales/steps/0/expect/status", []),
    ("target", "actions/list_sales/steps/0/expect/status", 200), ("target", "actions/list_sales/steps/0/expect/status", [99]),
    ("target", "actions/list_sales/steps/0/expect/status", ["200"]),
    ("target", "actions/list_sales/steps/0/expect/status", [200, 200]), ("target", "action", {}),
    ("deployment", "deployment", GONE), ("deployment", "target", GONE), ("deployment", "engine", "systemd"),
    ("deployment", "engine", GONE), ("deployment", "variants", []), ("deployment", "variants/slow", {"env": {}}),
    ("deployment", "services/api/command", []), ("deployment", "services/api/command", "python3 till.py"),
    ("deployment", "services/api/command", [1]), ("deployment", "services/api/command", GONE),
    ("deployment", "services/api/environment", {"A": 1}), ("deployment", "services/api/ready", []),
    ("deployment", "services/api/ready", {"port_open": True}), ("deployment", "services/api/ready/0/http/status", "200"),
    ("deployment", "services/api/ready/0/http/path", 7), ("deployment", "services/api/ready/0/http/method", "GET"),
    ("deployment", "services/api/ready/0/file", "x"), ("deployment", "services/api/startup_timeout_ms", 0),
    ("deployment", "services/api/startup_timeout_ms", 3600001), ("deployment", "services/api/startup_timeout", 5),
    ("deployment", "services/api/image", 5), ("deployment", "secrets", ["a"]), ("deployment", "stores", {"main": "oracle"}),
    ("deployment", "allow", "nothing"), ("deployment", "compose", {"files": ["compose.yaml"]}),
    ("deployment", "services/api/container_port", 80), ("deployment", "services/api/url", "http://till.example"),
    ("deployment", "stores", {"main": "postgresql://till.example/till"}),
    # Of the two below, what the engine has no use for, and what it cannot do without.
    ("containers", "compose", GONE), ("containers", "compose/files", []), ("containers", "compose/file", "compose.yaml"),
    ("containers", "compose/images", {"till": 1}), ("containers", "allow", "nothing"),
    ("containers", "services/api/command", ["till"]), ("containers", "services/api/working_directory", "/"),
    ("containers", "services/api/url", "http://till.example"), ("containers", "services/api/container_port", 0),
    ("containers", "services/api/ready", GONE), ("containers", "variants/other/services/api/command", ["till"]),
    ("containers", "stores", {"main": "postgresql://till.example/till"}),
    ("staging", "services/api/url", GONE), ("staging", "allow", "everything"), ("staging", "compose", {"files": ["a"]}),
    ("staging", "defects", "defects.json"), ("staging", "variants", {}), ("staging", "services/api/command", ["till"]),
    ("staging", "services/api/environment", {}), ("staging", "services/api/container_port", 80),
    ("staging", "services/api/port", 80), ("staging", "services/api/stop_grace_ms", 5),
    ("staging", "services/api/working_directory", "/"),
]

READY = [{"http": {"path": "/health", "status": [200]}}]
# Deployments of the engines compose and external, beside the consumer's own, which runs processes.
ENGINES = {
    "containers": {"engine": "compose", "compose": {"files": ["compose.yaml"]},
                   "services": {"api": {"container_port": 80, "ready": READY}},
                   "variants": {"other": {"services": {"api": {"environment": {"A": "1"}}}}}},
    "staging": {"engine": "external", "allow": "own_data", "services": {"api": {"url": "http://till.example", "ready": READY}}},
}


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def put(document, path, value):
    *above, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place = document
    for part in above:
        place = place[part] if isinstance(place, list) else place.setdefault(part, {})
    if value is GONE:
        del place[last]
    else:
        place[last] = value


def validator(kind):
    schema = read(os.path.join(ROOT, "harness", "schema", kind + ".schema.json"))
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def loader_accepts(tool, folder, documents):
    """Runs `readiness validate`; a suite without its audit document is accepted with exit code 3."""
    files = {}
    for kind, document in documents.items():
        files[kind] = os.path.join(folder, kind + ".json")
        with open(files[kind], "w", encoding="utf-8") as file:
            json.dump(document, file)
    if "suite" in files:
        command, accepted = ["--suite", files["suite"]], 3
    else:
        command, accepted = ["--target", files["target"], "--deployment", files["deployment"]], 0
    done = subprocess.run([tool, "validate"] + command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    if done.returncode not in (accepted, 2):
        sys.exit("%s ended with %d: %s" % (command, done.returncode, done.stdout))
    return done.returncode == accepted


def main():
    tool, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    good = {kind: read(os.path.join(CONSUMER, name))
            for kind, name in (("suite", "suite.json"), ("target", "target.json"), ("deployment", "local.json"))}
    good["suite"]["items"][0] = copy.deepcopy(good["suite"]["items"][1])  # its own probe is not the bundled tool's
    good["suite"]["items"][0]["id"] = "T1"
    validators = {kind: validator(kind) for kind in ("suite", "target", "deployment", "probe", "record")}

    wrong = []
    sound = [("suite", "$schema", GONE), ("suite", "$schema", "anything"), ("containers", "$schema", "anything"),
             ("staging", "$schema", "anything")]
    for case, path, value in sound + BROKEN:
        kind = "deployment" if case in ENGINES else case
        documents = copy.deepcopy({"suite": good["suite"]} if kind == "suite" else
                                  {"target": good["target"], "deployment": good["deployment"]})
        if case in ENGINES:
            documents[kind] = {"deployment": case, "target": good["target"]["target"], **copy.deepcopy(ENGINES[case])}
        put(documents[kind], path, value)
        expected = path == "$schema" and (value is GONE or isinstance(value, str))
        shown = "%s %s = %s" % (case, path, "(gone)" if value is GONE else json.dumps(value))
        if validators[kind].is_valid(documents[kind]) != expected:
            wrong.append("the schema %s: %s" % ("refuses" if expected else "accepts", shown))
        if loader_accepts(tool, folder, documents) != expected:
            wrong.append("the loader %s: %s" % ("refuses" if expected else "accepts", shown))
    for line in wrong:
        print(line)
    print("%d broken definitions, %d disagreements" % (len(BROKEN), len(wrong)))
    return 1 if wrong else 0


sys.exit(main())
