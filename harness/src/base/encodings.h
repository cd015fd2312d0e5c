#pragma once
// The ways in which a value usually travels inside other text: what looks for a value (canaries) and what removes one
// (the redactor) agree on them here. It encodes; it never decodes. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace readiness {

struct EncodedForm {
  const char* name;  ///< "plain", "hex", "JSON escapes", "percent-encoded", "HTML entities", "base64"
  std::string text;
};

/// Every usual form of `value`, each text once, the plain one first: JSON escapes (also of JSON inside JSON), percent
/// triplets, HTML and XML entities, hex in both cases, base64 and base64url at the three alignments without the
/// characters that depend on neighbours, and every character escaped.
std::vector<EncodedForm> UsualForms(std::string_view value);

}  // namespace readiness
