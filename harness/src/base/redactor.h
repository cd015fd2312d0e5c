#pragma once
// Removes secrets from text in every encoding in which they usually turn up: raw, JSON escape, percent, HTML/XML entities, base64 and
// base64url at the three alignments, hex in both cases, and split by our own line folding. Everything that leaves the
// process for a person or a file goes through one Redactor. Not thread-safe while adding.

#include <string>
#include <string_view>
#include <vector>

#include "readiness/findings.h"

namespace readiness {

class Redactor {
 public:
  /// From now on `secret` is replaced by "[redacted]". Under 4 bytes it is ignored (it would blank out everything).
  void Add(std::string_view secret);
  std::string Redact(std::string_view text) const;
  /// Every string of `value`, keys included.
  Json RedactJson(const Json& value) const;

 private:
  std::vector<std::string> forms_;  // longest first
};

}  // namespace readiness
