#pragma once
// Typed reading of our own small JSON files (state, session, run record). They are ours, but another version, a full
// disk or a person may have been at them, so every field is checked. Pure.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "readiness/findings.h"
#include "readiness/result.h"

namespace readiness {

/// Reads `file` strictly as one JSON object with `"format": format`. Errors: kEnvironment, kLimit, kMalformed.
Result<Json> ReadJsonObject(const std::string& file, int format);

/// Collects the first problem, so that a reader is a list of assignments followed by one check.
class FieldReader {
 public:
  FieldReader(const Json& object, std::string file) : object_(object), file_(std::move(file)) {}

  std::string String(const char* key);
  bool Boolean(const char* key);
  std::int64_t Integer(const char* key);
  std::vector<std::string> Strings(const char* key);
  std::map<std::string, std::string> StringMap(const char* key);
  /// The object under `key`; an empty one after a problem.
  const Json& Object(const char* key);
  bool Has(const char* key) const { return object_.contains(key); }
  void Problem(const std::string& key, const std::string& expected);

  Result<void> Check() const;

 private:
  const Json* Find(const char* key, const char* expected);

  const Json& object_;
  std::string file_;
  std::string problem_;
  std::string expected_;
};

}  // namespace readiness
