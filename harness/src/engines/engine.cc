#include "engines/engine.h"

#include <fmt/format.h>

namespace readiness {

Result<void> Engine::UseCompose(const ComposeSources&) {
  return {};
}

Result<void> Engine::StartAll(const std::vector<ServiceSpec>& specs) {
  for (const ServiceSpec& spec : specs) READINESS_RETURN_IF_ERROR(Start(spec));
  return {};
}

void Engine::Discard(const std::string& name) {
  Kill(name);
}

Result<void> Engine::CutOff(const std::string& name) {
  return Fail(ErrorKind::kNotAvailable, fmt::format("this engine cannot take service {} off the network", name));
}

Result<void> Engine::Rejoin(const std::string& name) {
  return Fail(ErrorKind::kNotAvailable, fmt::format("this engine cannot take service {} off the network", name));
}

}  // namespace readiness
