#pragma once
// Definition files -> typed values, strictly. Unknown and duplicate keys, wrong types, missing units, names that refer
// to nothing and misspelt words are errors with file:line:column and the nearest known word; all errors of a file are
// collected (up to 50) before giving up. Files over 8 MiB, deeper than 64 or not UTF-8 are refused. Pure functions of
// the files; no globals, any thread.

#include <map>
#include <string>
#include <vector>

#include "definition/definition.h"

namespace readiness {

/// Either a value or every problem found, at least one, in order of position.
template <class T>
using Loaded = tl::expected<T, std::vector<Error>>;

using ProbeTable = std::map<std::string, ProbeDescription>;

/// Reads probe.json from its text. `file` is for messages; its parent folder's name must equal the id.
Loaded<ProbeDescription> ParseProbe(const std::string& text, const std::string& file);

/// Reads a suite and checks every item against its probe's parameters. A suite without items is an error.
Loaded<Suite> LoadSuite(const std::string& file, const ProbeTable& probes);

/// Reads a target. Checks that every action, identity, service, store and placeholder it refers to exists.
Loaded<Target> LoadTarget(const std::string& file);

/// Reads a deployment with `variant` applied (empty: none) and checks it against `target`: every service, store and
/// double that the target names is provided. Relative paths are resolved against the deployment's folder.
Loaded<Deployment> LoadDeployment(const std::string& file, const std::string& variant, const Target& target);

}  // namespace readiness
