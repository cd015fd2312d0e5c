// readiness-double-language-model --config <file>
// Serves until SIGTERM or SIGINT (program.h).

#include <functional>

#include "doubles/language_model.h"
#include "doubles/language_model_config.h"
#include "doubles/program.h"

namespace {

using readiness::Result;
using readiness::doubles::Serving;
namespace model = readiness::doubles::model;

Result<std::function<Result<Serving>()>> Load(const std::string& file) {
  READINESS_ASSIGN(const model::Config config, model::LoadConfig(file));
  return std::function<Result<Serving>()>([config]() -> Result<Serving> {
    READINESS_ASSIGN(std::shared_ptr<model::LanguageModelDouble> started, model::LanguageModelDouble::Start(config));
    const int port = started->port();
    return Serving{std::move(started), port};
  });
}

}  // namespace

int main(int argc, char** argv) {
  return readiness::doubles::RunProgram(
      {"readiness-double-language-model",
       "Stands in for an OpenAI-compatible language model on 127.0.0.1 until SIGTERM.", &Load},
      argc, argv);
}
