#include "capabilities/session_doubles.h"

#include <algorithm>

#include "capabilities/data_provider_client.h"
#include "capabilities/language_model_client.h"

namespace readiness {
namespace {

template <class Endpoints>
Result<void> CheckThere(const std::string& kind, const std::string& name, const std::vector<std::string>& declared,
                        const Endpoints& provided, const Target& target, const Session& session) {
  if (std::find(declared.begin(), declared.end(), name) == declared.end()) {
    return Fail(ErrorKind::kNotAvailable, kind + " \"" + name + "\" is not declared in " + target.file);
  }
  const auto endpoint = provided.find(name);
  if (endpoint == provided.end() || endpoint->second.admin_socket.empty()) {
    return Fail(ErrorKind::kNotAvailable,
                "the deployment \"" + session.deployment_id + "\" provides no " + kind + " \"" + name + "\"");
  }
  return {};
}

}  // namespace

SessionDoubles::SessionDoubles(const Target& target, const Session& session, EvidenceLog& log, SecretKeeper& secrets)
    : target_(target), session_(session), log_(log), secrets_(secrets) {}

Result<DataProvider*> SessionDoubles::OpenDataProvider(const std::string& name) {
  const auto& endpoints = session_.data_providers;
  READINESS_RETURN_IF_ERROR(CheckThere("data provider", name, target_.data_providers, endpoints, target_, session_));
  std::unique_ptr<DataProvider>& provider = providers_[name];
  if (!provider) provider = std::make_unique<DataProviderClient>(name, endpoints.at(name).admin_socket, secrets_);
  return provider.get();
}

Result<LanguageModel*> SessionDoubles::OpenLanguageModel(const std::string& name) {
  const auto& endpoints = session_.language_models;
  READINESS_RETURN_IF_ERROR(CheckThere("language model", name, target_.language_models, endpoints, target_, session_));
  std::unique_ptr<LanguageModel>& model = models_[name];
  if (!model) model = std::make_unique<LanguageModelClient>(name, session_, log_);
  return model.get();
}

}  // namespace readiness
