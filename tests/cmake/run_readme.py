"""Follows a section of the README as a reader would: writes every file that it shows, runs every command, and compares what
it says they print. Usage: run_readme.py <README.md> <title of the section> <home> <empty folder>

A block of text counts by its language. `sh`: run in the folder by `sh -e`, one block after the other. `text`: what the block
before printed; its lines in that order, `...` stands for anything. That block fails if the text says so by "NO-GO", and succeeds
otherwise. Any other: a file, named in backticks by the paragraph before, at its beginning.
"""
import os
import re
import subprocess
import sys


def section(readme, title):
    with open(readme, encoding="utf-8") as file:
        parts = re.split(r"^## (.+)\n", file.read(), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))[title]


def blocks(text):
    """(paragraph before, language, content) of each."""
    found = re.finditer(r"((?:^[^\n]+\n)*)\n?^```([a-z]+)\n(.*?)^```$", text, flags=re.M | re.S)
    return [match.groups() for match in found]


def run(script, folder, home):
    environment = {name: os.environ[name] for name in ("LANG", "READINESS_RUNTIME_DIR") if name in os.environ}
    environment.update(HOME=home, PATH=os.environ["PATH"])
    done = subprocess.run(["sh", "-e"], input=script, cwd=folder, env=environment, text=True, timeout=500,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def first_missing(expected, output):
    """The first line of `expected` that does not follow in `output`."""
    at = 0
    for line in expected.splitlines():
        pattern = r"\s+".join(".*".join(map(re.escape, word.split("..."))) for word in line.split())
        match = re.compile(pattern).search(output, at)
        if not match:
            return line
        at = match.end()
    return None


def follow(readme, title, home, folder):
    os.makedirs(folder)
    command, code, output, written = None, 0, "", 0
    steps = blocks(section(readme, title)) + [("", "end", "")]
    for paragraph, language, content in steps:
        expected_failure = language == "text" and "NO-GO" in content
        if command is not None and (code != 0) != expected_failure:
            return "exit code %d of\n%s\n%s" % (code, command, output)
        command_before, command = command, None
        if language == "sh":
            command = content
            code, output = run(content, folder, home)
        elif language == "text":
            missing = first_missing(content, output)
            if command_before is None or missing is not None:
                return "not printed: %s\n%s\n%s" % (missing, command_before, output)
        elif language != "end":
            name = re.match(r"`([^`]+)`", paragraph)
            if not name:
                return "a file without a name:\n%s%s" % (paragraph, content)
            path = os.path.join(folder, name.group(1))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
            written += 1
    if written < 5:
        return "the section shows only %d files" % written
    return None


problem = follow(*sys.argv[1:])
if problem:
    sys.exit("%s, section \"%s\": %s" % (sys.argv[1], sys.argv[2], problem))
