#pragma once
// What a language model double is started with: one strict JSON file. Values only.

#include <string>
#include <string_view>

#include "doubles/server.h"
#include "readiness/result.h"

namespace readiness::doubles::model {

struct Config {
  ServerConfig server;
  std::string api_key;
  std::string reply;  ///< content of answers that nobody scripted
};

/// Reads a configuration from its text; `file` is for messages. Every key is required; unknown ones are errors.
Result<Config> ParseConfig(std::string_view text, const std::string& file);

/// Reads and parses `file`.
Result<Config> LoadConfig(const std::string& file);

}  // namespace readiness::doubles::model
