#pragma once
// Removes secrets from text in every encoding in which they usually turn up: raw, JSON escape, percent, HTML/XML
// entities, base64 and base64url at the three alignments, hex in both cases, and split by our own line folding.
// Everything that leaves the process for a person or a file goes through one Redactor. Not thread-safe while adding.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "readiness/findings.h"

namespace readiness {

class Redactor {
 public:
  /// From now on `secret` is replaced by "[redacted]". Under 4 bytes it is ignored (it would blank out everything).
  void Add(std::string_view secret);
  /// Where `text` itself says that it was cut (" [12 more bytes]", as Printable does), the beginning of a secret before
  /// that goes too.
  std::string Redact(std::string_view text) const;
  /// Of the beginning of a longer text: what it holds of a secret at its end goes too, from four bytes on.
  std::string RedactHead(std::string_view text) const;
  /// Of the end of a longer text: likewise at its beginning.
  std::string RedactTail(std::string_view text) const;
  /// Every string of `value`, keys included.
  Json RedactJson(const Json& value) const;

 private:
  const std::string* LongestAt(std::string_view text) const;
  std::size_t TornAtEnd(std::string_view text) const;
  std::size_t TornAtBegin(std::string_view text) const;
  void RedactBeforeNotes(std::string& text) const;

  // By their first four bytes, longest first: looking a text through takes a time that hardly grows with their number.
  std::unordered_map<std::string, std::vector<std::string>> forms_;
};

}  // namespace readiness
