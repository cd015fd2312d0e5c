#include "doubles/config.h"

#include "doubles/config_file.h"

namespace readiness::doubles::provider {

Result<Config> ParseConfig(std::string_view text, const std::string& file) {
  Config config;
  // A colon would make HTTP Basic ambiguous for the client id; secrets may contain one.
  const std::vector<TextKey> texts = {{"client_id", &config.client_id, true}, {"client_secret", &config.client_secret}};
  READINESS_RETURN_IF_ERROR(ParseConfigFile(text, file, config.server, texts));
  return config;
}

Result<Config> LoadConfig(const std::string& file) {
  READINESS_ASSIGN(const std::string text, ReadConfigFile(file));
  return ParseConfig(text, file);
}

}  // namespace readiness::doubles::provider
