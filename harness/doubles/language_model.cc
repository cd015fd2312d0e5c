#include "doubles/language_model.h"

#include <utility>

#include "doubles/channels.h"
#include "doubles/model_admin.h"
#include "doubles/model_api.h"
#include "doubles/server.h"

namespace readiness::doubles::model {

struct LanguageModelDouble::Parts {
  explicit Parts(const Config& config)
      : channels(config.reply),
        api({config.server.hosts, config.api_key, config.server.names}, channels),
        admin(channels) {}

  Channels channels;
  ModelApi api;
  ModelAdmin admin;
  std::unique_ptr<Server> server;  // last: it uses everything above
};

LanguageModelDouble::LanguageModelDouble(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LanguageModelDouble::~LanguageModelDouble() = default;
int LanguageModelDouble::port() const {
  return parts_->server->port();
}
int LanguageModelDouble::tls_port() const {
  return parts_->server->tls_port();
}
const std::string& LanguageModelDouble::ca_file() const {
  return parts_->server->ca_file();
}

Result<std::unique_ptr<LanguageModelDouble>> LanguageModelDouble::Start(const Config& config) {
  auto parts = std::make_unique<Parts>(config);
  READINESS_ASSIGN(parts->server, Server::Start(parts->api, parts->admin, config.server));
  return std::unique_ptr<LanguageModelDouble>(new LanguageModelDouble(std::move(parts)));
}

}  // namespace readiness::doubles::model
