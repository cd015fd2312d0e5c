#pragma once
// Credentials in parsed files, and which secrets are handed over and read. Reports places and names, never values.
// Pure.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "readiness/source_dockerfile.h"
#include "readiness/source_python.h"
#include "readiness/source_yaml.h"

namespace readiness::secrets {

struct Fault {
  std::string file;
  int line = 0;
  std::string what;
  std::string name;  ///< of the variable or key, never its value
};

/// What a placeholder counts for: in what is applied as it is, it becomes the secret.
enum class Placeholders { kCount, kQuiet };

/// What the search has seen.
struct Seen {
  std::vector<Fault> faults;
  std::set<std::string> handed_over;                  ///< secret variables that manifests give to containers
  std::set<std::string> read;                         ///< secret variables that the code reads
  std::set<std::string> demanded;                     ///< of those, the ones without default
  std::set<std::string> in_bulk;                      ///< names of Secrets that are handed over whole (envFrom)
  std::map<std::string, std::set<std::string>> keys;  ///< Secret -> its keys
  std::set<std::string> unread;                       ///< files whose scripts are too large to be read
  std::vector<std::string> undecided;                 ///< what may be a secret, and cannot be followed
  std::set<std::string> open;                         ///< Secrets with further keys, which the store knows
};

/// A manifest, a compose file or a workflow.
void SearchManifest(const YamlNode& document, const std::string& file, Seen& seen);
void SearchDockerfile(const Dockerfile& dockerfile, Seen& seen);
void SearchVariables(const std::string& text, const std::string& file, bool example, Seen& seen);
/// `text`: what stands in a file's place, a value of several lines that begins on `line`.
void SearchSettings(const std::string& text, const std::string& file, int line, Placeholders placeholders, Seen& seen);
void SearchPython(const PythonFile& file, Seen& seen);

}  // namespace readiness::secrets
