#include "doubles/data_provider.h"

#include <chrono>
#include <utility>

#include "doubles/accounts.h"
#include "doubles/admin_api.h"
#include "doubles/call_log.h"
#include "doubles/provider_api.h"
#include "doubles/server.h"

namespace readiness::doubles::provider {

struct DataProviderDouble::Parts {
  explicit Parts(const Config& config)
      : accounts(&std::chrono::system_clock::now),
        api({config.server.hosts, config.client_id, config.client_secret, config.server.names}, accounts, log),
        admin(accounts, log) {}

  CallLog log;
  Accounts accounts;
  ProviderApi api;
  AdminApi admin;
  std::unique_ptr<Server> server;  // last: it uses everything above
};

DataProviderDouble::DataProviderDouble(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
DataProviderDouble::~DataProviderDouble() = default;
int DataProviderDouble::port() const {
  return parts_->server->port();
}
int DataProviderDouble::tls_port() const {
  return parts_->server->tls_port();
}
const std::string& DataProviderDouble::ca_file() const {
  return parts_->server->ca_file();
}

Result<std::unique_ptr<DataProviderDouble>> DataProviderDouble::Start(const Config& config) {
  auto parts = std::make_unique<Parts>(config);
  READINESS_ASSIGN(parts->server, Server::Start(parts->api, parts->admin, config.server));
  return std::unique_ptr<DataProviderDouble>(new DataProviderDouble(std::move(parts)));
}

}  // namespace readiness::doubles::provider
