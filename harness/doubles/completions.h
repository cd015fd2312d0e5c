#pragma once
// What OpenAI's API says and expects to hear, without any transport: understands the bodies of requests and writes
// those of answers. Foreign JSON is bounded and strict. Pure but for the clock; any thread.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "doubles/http_message.h"

namespace readiness::doubles::model {

using Json = nlohmann::json;

enum class Endpoint { kChat, kCompletions, kResponses, kEmbeddings, kModels };

/// The endpoint at `path`, without base URL and query: "/chat/completions". nullopt: there is none.
std::optional<Endpoint> EndpointAt(std::string_view path);

/// Is it answered as scripted?
bool IsCompletion(Endpoint endpoint);

/// A request body as far as it was understood.
struct Question {
  Json body;           ///< null: no JSON
  std::string prompt;  ///< every text in it that the model would read, one after another
  std::string model;
  bool stream = false;
  std::string problem;  ///< why the real API would refuse it; empty: it would not
};

Question Understand(Endpoint endpoint, const std::string& body);

/// The answer to `question`, with `content` as what the assistant says.
HttpAnswer Answer(Endpoint endpoint, const Question& question, const std::string& content);

/// The list of models, or the one that `path` names.
HttpAnswer AnswerModels(std::string_view path);

/// A refusal as the real API words it; an empty `message` gets a usual one.
HttpAnswer RefusalAnswer(int status, std::string message = {});

}  // namespace readiness::doubles::model
