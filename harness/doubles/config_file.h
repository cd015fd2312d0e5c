#pragma once
// What every double's configuration file has in common: strict JSON, ports, paths, hosts, and texts that are the
// double's own. Values only; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "doubles/server.h"
#include "readiness/result.h"

namespace readiness::doubles {

/// A key whose value is a text that is not empty, and where it goes.
struct TextKey {
  std::string key;
  std::string* value = nullptr;
  bool no_colon = false;
};

/// Reads `text` into `config` and `texts`; `file` is for messages. Every key is required but "listen" ("127.0.0.1",
/// "0.0.0.0"), "tls_port" and "names", which are for doubles in containers; unknown ones are errors.
Result<void> ParseConfigFile(std::string_view text, const std::string& file, ServerConfig& config,
                             const std::vector<TextKey>& texts);

/// The bytes of `file`, bounded.
Result<std::string> ReadConfigFile(const std::string& file);

}  // namespace readiness::doubles
