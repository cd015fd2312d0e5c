#pragma once
// What a data provider double is started with: one strict JSON file. Values only.

#include <string>
#include <string_view>
#include <vector>

#include "readiness/result.h"

namespace readiness::provider {

struct Config {
  int port = 0;                    ///< on 127.0.0.1; 0: a free one
  std::string admin_socket;        ///< absolute path of the unix socket of the admin API
  std::vector<std::string> hosts;  ///< upstream host names that the double stands for, lower case
  std::string client_id;
  std::string client_secret;
  std::string ca_directory;  ///< absolute; ca.pem is written there
};

/// Reads a configuration from its text; `file` is for messages. Every key is required; unknown ones are errors.
Result<Config> ParseConfig(std::string_view text, const std::string& file);

/// Reads and parses `file`.
Result<Config> LoadConfig(const std::string& file);

}  // namespace readiness::provider
