#pragma once
// The URL of a service that somebody else runs. Pure functions; any thread.

#include <string>
#include <string_view>

#include "readiness/result.h"

namespace readiness {

struct ServiceUrl {
  std::string text;  ///< as requests continue it: no trailing slash
  std::string host;  ///< without brackets
  int port = 0;      ///< also when it is the scheme's own
};

/// Reads "http://" or "https://", a host, perhaps a port and a base path; nothing else. Errors: kDefinition (what is
/// wrong, as a phrase; without the text, which may come from a secret).
Result<ServiceUrl> ParseServiceUrl(std::string_view text);

}  // namespace readiness
