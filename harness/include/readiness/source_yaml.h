#pragma once
// YAML with the places of its parts: Kubernetes manifests, compose files, CI workflows. Scalars stay texts, as what
// they mean depends on who reads them ("on" is a key of a workflow). Aliases and merge keys are resolved; what is built
// is bounded, however often an alias refers. Pure functions of the text; any thread.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "readiness/result.h"

namespace readiness {

struct YamlNode {
  enum class Type { kNull, kScalar, kSequence, kMapping };
  Type type = Type::kNull;
  std::string text;             ///< of a scalar
  bool plain = false;           ///< a scalar written without quotes, so that `true` is a boolean and 8000 a number
  std::vector<YamlNode> items;  ///< of a sequence
  std::vector<std::pair<std::string, YamlNode>> members;  ///< of a mapping, in order of writing
  int line = 0;
  int column = 0;

  bool IsNull() const { return type == Type::kNull; }
  bool IsScalar() const { return type == Type::kScalar; }
  bool IsSequence() const { return type == Type::kSequence; }
  bool IsMapping() const { return type == Type::kMapping; }
  /// The value of `key`, or null when this is no mapping or has no such key.
  const YamlNode* Find(std::string_view key) const;
  /// Find, again and again: At({"spec", "template", "spec"}).
  const YamlNode* At(const std::vector<std::string_view>& keys) const;
  /// The text of the scalar at `keys`, or nothing but an empty text.
  std::string TextAt(const std::vector<std::string_view>& keys) const;
};

struct YamlLimits {
  std::size_t bytes = 2 * 1024 * 1024;
  int depth = 100;
  std::size_t nodes = 200'000;  ///< after aliases were resolved
};

/// Every document of `text`, those without content included. `path` is for places. Errors with place: kMalformed
/// (no YAML, a key twice, a key that is no scalar, a NUL byte), kLimit.
Result<std::vector<YamlNode>> ParseYaml(std::string_view text, const std::string& path, const YamlLimits& limits = {});

}  // namespace readiness
