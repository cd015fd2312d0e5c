#!/usr/bin/python3 -IS
"""A compiler launcher for projects that build Readiness from source in its own tests: takes an object file from the build
of Readiness that is being tested if that was compiled from the same source by the same command, and compiles otherwise.

Environment: READINESS_REUSE_BUILD, binary directory of that build; READINESS_REUSE_LOG, a file that gets a line per object.
"""
import json
import os
import shlex
import sys


def meaning(arguments, folder):
    """What of a command decides about the object: no names of outputs, and none of the precompiled header, which holds
    only what the sources include themselves."""
    kept, skip = [], 0
    for argument in arguments:
        if skip:
            skip -= 1
        elif argument in ("-o", "-c", "-MF", "-MT", "-MQ", "-include"):
            skip = 1
        elif argument not in ("-MD", "-Winvalid-pch"):
            option, slash, path = argument.partition("/")
            real = os.path.realpath(slash + path) if slash else ""
            kept.append(option + real.replace(os.path.realpath(folder), "<build>"))
    return kept


def value_after(arguments, option):
    return arguments[arguments.index(option) + 1] if option in arguments[:-1] else ""


def known(build):
    """Object's path below the binary directory -> its entry of compile_commands.json."""
    with open(os.path.join(build, "compile_commands.json")) as file:
        entries = json.load(file)
    # Ninja's commands name outputs relative to the binary directory; splitting all of them properly would take long.
    return {entry["command"].partition(" -o ")[2].partition(" ")[0]: entry for entry in entries}


def find(arguments, folder, build):
    """The object to take, or why none."""
    output = value_after(arguments, "-o")
    for entry_output, entry in known(build).items():
        if not output.endswith("/" + entry_output):
            continue
        own_folder = os.path.join(folder, output[: -len(entry_output) - 1])
        command = shlex.split(entry["command"])
        while command[0] != arguments[0]:
            command = command[1:]
            if not command:
                return None, "another compiler"
        if meaning(command, build) != meaning(arguments, own_folder):
            return None, "another command"
        taken = os.path.join(build, entry_output)
        source = value_after(arguments, "-c")
        if not os.path.exists(taken) or os.path.getmtime(taken) < os.path.getmtime(entry["file"]):
            return None, "not up to date"
        if source != entry["file"]:
            with open(source, "rb") as one, open(entry["file"], "rb") as other:
                if one.read() != other.read():
                    return None, "another source"
        return taken, ""
    return None, "not an object of it"


def main():
    arguments = sys.argv[1:]
    build = os.environ["READINESS_REUSE_BUILD"]
    taken, reason = find(arguments, os.getcwd(), build) if "-c" in arguments else (None, "links")
    with open(os.environ["READINESS_REUSE_LOG"], "a") as log:
        log.write("%s %s\n" % ("reused" if taken else "compiled, " + reason + ":", value_after(arguments, "-o")))
    if taken:
        with open(taken, "rb") as source, open(value_after(arguments, "-o"), "wb") as target:
            target.write(source.read())
        with open(value_after(arguments, "-MF"), "w") as depfile:
            depfile.write("%s: %s\n" % (value_after(arguments, "-o"), value_after(arguments, "-c")))
        return 0
    os.execvp(arguments[0], arguments)


sys.exit(main())
