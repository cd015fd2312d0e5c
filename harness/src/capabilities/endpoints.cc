#include "capabilities/endpoints.h"

namespace readiness {

void Endpoints::Use(const std::string& service, const InstanceEndpoints& instance) {
  UseRun(service);
  session_.services[service] = instance.service;
  instance_logs_[instance.name] = instance.service.log_file;
  for (const auto& [store, url] : instance.stores) session_.stores[store] = url;
  for (auto& [model, endpoint] : session_.language_models) endpoint.channel = instance.name;
}

void Endpoints::UseRun(const std::string& service) {
  if (const auto of_run = run_.services.find(service); of_run != run_.services.end())
    session_.services[service] = of_run->second;
  session_.stores = run_.stores;
  session_.language_models = run_.language_models;
}

}  // namespace readiness
