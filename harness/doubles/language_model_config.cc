#include "doubles/language_model_config.h"

#include "doubles/config_file.h"

namespace readiness::doubles::model {

Result<Config> ParseConfig(std::string_view text, const std::string& file) {
  Config config;
  // Prompts are long. Both together bound what hostile clients can make us hold.
  config.server.max_body_bytes = 1024 * 1024;
  config.server.max_connections = 200;
  READINESS_RETURN_IF_ERROR(
      ParseConfigFile(text, file, config.server, {{"api_key", &config.api_key}, {"reply", &config.reply}}));
  return config;
}

Result<Config> LoadConfig(const std::string& file) {
  READINESS_ASSIGN(const std::string text, ReadConfigFile(file));
  return ParseConfig(text, file);
}

}  // namespace readiness::doubles::model
