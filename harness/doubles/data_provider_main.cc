// readiness-double-data-provider --config <file>
// Serves until SIGTERM or SIGINT (program.h).

#include <functional>

#include "doubles/config.h"
#include "doubles/data_provider.h"
#include "doubles/program.h"

namespace {

using readiness::Result;
using readiness::doubles::Serving;
namespace provider = readiness::doubles::provider;

Result<std::function<Result<Serving>()>> Load(const std::string& file) {
  READINESS_ASSIGN(const provider::Config config, provider::LoadConfig(file));
  return std::function<Result<Serving>()>([config]() -> Result<Serving> {
    READINESS_ASSIGN(std::shared_ptr<provider::DataProviderDouble> started,
                     provider::DataProviderDouble::Start(config));
    const int port = started->port();
    return Serving{std::move(started), port};
  });
}

}  // namespace

int main(int argc, char** argv) {
  return readiness::doubles::RunProgram(
      {"readiness-double-data-provider", "Stands in for an OAuth data provider on 127.0.0.1 until SIGTERM.", &Load},
      argc, argv);
}
