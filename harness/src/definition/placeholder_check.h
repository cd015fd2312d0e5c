#pragma once
// Placeholders of strings in definition files: well formed, and referring to something. Pure.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "definition/problems.h"

namespace readiness {

/// What placeholders may refer to in one place.
struct KnownPlaceholders {
  std::vector<std::string> names;
  bool environment = false;                          ///< also ${env.<NAME>} with any name
  bool secret = false;                               ///< the text itself may be a secret: messages do not show it
  std::map<std::string, std::string> not_here = {};  ///< known elsewhere: name -> what to do about it here
};

/// Names used in `text`. Records what is malformed and, where `known` is given, what refers to nothing. `label` is what
/// messages call the text.
std::vector<std::string> CheckPlaceholders(At at, std::string_view label, std::string_view text,
                                           const KnownPlaceholders* known, Problems& problems);

}  // namespace readiness
