#pragma once
// `${name}` in text. A `$` that no `{` follows stands for itself; values are not looked through again. Pure.

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "readiness/result.h"

namespace readiness {

/// Names to values, and how to look up `env.<NAME>`.
class PlaceholderValues {
 public:
  void Set(const std::string& name, std::string value) { values_[name] = std::move(value); }
  void SetEnvironment(std::function<std::optional<std::string>(const std::string&)> lookup) {
    environment_ = std::move(lookup);
  }

  /// `text` filled in. `file` and `field` say where it stands. Errors: kDefinition (unknown, unfinished), kEnvironment
  /// (variable not set).
  Result<std::string> Fill(const std::string& text, const std::string& file, const std::string& field) const;

 private:
  Result<std::string> ValueOf(const std::string& name, const std::string& file, const std::string& field) const;

  std::map<std::string, std::string> values_;
  std::function<std::optional<std::string>(const std::string&)> environment_;
};

}  // namespace readiness
