#pragma once
// A job's matrix, and the texts that its values make of others. Pure.

#include <map>
#include <string>
#include <vector>

#include "readiness/source_yaml.h"

namespace readiness::workflows {

struct Matrix {
  /// By run of the job, its values: "matrix.image" -> "api". One run without values: there is no matrix.
  std::vector<std::map<std::string, std::string>> runs;
  bool known = true;  ///< its runs are these; a matrix that is computed, or too large, is not known

  /// "matrix.image" -> its values in any run.
  std::map<std::string, std::vector<std::string>> Values() const;
};

Matrix ReadMatrix(const YamlNode& job);

/// All texts that `text` becomes; expressions that are no value among `values` stay.
std::vector<std::string> Expand(const std::string& text, const std::map<std::string, std::vector<std::string>>& values);

/// The names in its expressions that begin with `begin`: "matrix.image".
std::vector<std::string> NamesIn(const std::string& text, const std::string& begin);

}  // namespace readiness::workflows
