#include "doubles/completions.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>

#include "base/located_json.h"
#include "base/text.h"

namespace readiness::doubles::model {
namespace {

constexpr JsonLimits kRequestLimits{2 * 1024 * 1024, 40, 100'000};
constexpr std::size_t kMaxEmbeddings = 64;
constexpr int kEmbeddingSize = 1536;
constexpr std::string_view kAnyModel = "gpt-4o-mini";
constexpr std::size_t kMaxModelName = 200;

struct Named {
  std::string_view path;
  Endpoint endpoint;
};
constexpr std::array kEndpoints = {Named{"/chat/completions", Endpoint::kChat},
                                   Named{"/completions", Endpoint::kCompletions},
                                   Named{"/responses", Endpoint::kResponses},
                                   Named{"/embeddings", Endpoint::kEmbeddings}, Named{"/models", Endpoint::kModels}};

std::string Dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::int64_t Now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void AddText(const std::string& text, std::string& prompt) {
  if (!prompt.empty()) prompt += '\n';
  prompt += text;
}

/// Texts of a message's content, of a prompt, of an input: a string, or a list of strings, parts and messages.
void CollectTexts(const Json& value, std::string& prompt, int depth = 0) {
  constexpr int kMaxDepth = 8;
  if (depth > kMaxDepth) return;
  if (value.is_string()) return AddText(value.get_ref<const std::string&>(), prompt);
  if (value.is_array()) {
    for (const Json& element : value) CollectTexts(element, prompt, depth + 1);
  } else if (value.is_object()) {
    for (const char* key : {"content", "text"}) {
      if (const auto found = value.find(key); found != value.end()) CollectTexts(*found, prompt, depth + 1);
    }
  }
}

/// The member that says what is asked, under its name.
const char* InputOf(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::kChat:
      return "messages";
    case Endpoint::kCompletions:
      return "prompt";
    case Endpoint::kResponses:
    case Endpoint::kEmbeddings:
      return "input";
    case Endpoint::kModels:
      break;
  }
  return "";
}

std::string ProblemOf(Endpoint endpoint, const Question& question) {
  if (!question.body.is_object()) return "We could not parse the JSON body of your request.";
  if (question.model.empty()) return "you must provide a model parameter";
  const char* input = InputOf(endpoint);
  const auto found = question.body.find(input);
  if (found == question.body.end()) return fmt::format("Missing required parameter: '{}'.", input);
  const bool list = found->is_array() && !found->empty();
  if (endpoint == Endpoint::kChat && !list) return "Invalid type for 'messages': expected a list that is not empty.";
  if (!list && !found->is_string()) return fmt::format("Invalid type for '{}': expected a string or a list.", input);
  return {};
}

Json Usage(const Question& question, const std::string& content) {
  const std::size_t asked = question.prompt.size() / 4 + 1;
  const std::size_t said = content.size() / 4 + 1;
  return {{"prompt_tokens", asked}, {"completion_tokens", said}, {"total_tokens", asked + said}};
}

HttpAnswer JsonAnswer(const Json& body) {
  HttpAnswer answer;
  answer.body = Dump(body);
  return answer;
}

HttpAnswer EventStream(const std::vector<Json>& events, bool named) {
  HttpAnswer answer;
  answer.content_type = "text/event-stream";
  for (const Json& event : events) {
    if (named) answer.body += "event: " + event.at("type").get<std::string>() + "\n";
    answer.body += "data: " + Dump(event) + "\n\n";
  }
  if (!named) answer.body += "data: [DONE]\n\n";
  return answer;
}

HttpAnswer AnswerChat(const Question& question, const std::string& content) {
  const std::string id = "chatcmpl-" + RandomHex(12);
  if (question.stream) {
    const auto chunk = [&](Json delta, Json finish) {
      return Json{{"id", id},
                  {"object", "chat.completion.chunk"},
                  {"created", Now()},
                  {"model", question.model},
                  {"choices", {{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(finish)}}}}};
    };
    return EventStream({chunk({{"role", "assistant"}, {"content", ""}}, nullptr),
                        chunk({{"content", content}}, nullptr), chunk(Json::object(), "stop")},
                       false);
  }
  return JsonAnswer({{"id", id},
                     {"object", "chat.completion"},
                     {"created", Now()},
                     {"model", question.model},
                     {"choices",
                      {{{"index", 0},
                        {"message", {{"role", "assistant"}, {"content", content}, {"refusal", nullptr}}},
                        {"logprobs", nullptr},
                        {"finish_reason", "stop"}}}},
                     {"usage", Usage(question, content)}});
}

HttpAnswer AnswerCompletion(const Question& question, const std::string& content) {
  const Json body{{"id", "cmpl-" + RandomHex(12)},
                  {"object", "text_completion"},
                  {"created", Now()},
                  {"model", question.model},
                  {"choices", {{{"index", 0}, {"text", content}, {"logprobs", nullptr}, {"finish_reason", "stop"}}}},
                  {"usage", Usage(question, content)}};
  return question.stream ? EventStream({body}, false) : JsonAnswer(body);
}

HttpAnswer AnswerResponse(const Question& question, const std::string& content) {
  const Json text{{"type", "output_text"}, {"text", content}, {"annotations", Json::array()}};
  const Json message{{"type", "message"},
                     {"id", "msg_" + RandomHex(12)},
                     {"status", "completed"},
                     {"role", "assistant"},
                     {"content", Json::array({text})}};
  const Json usage = Usage(question, content);
  const Json body{{"id", "resp_" + RandomHex(12)},
                  {"object", "response"},
                  {"created_at", Now()},
                  {"status", "completed"},
                  {"error", nullptr},
                  {"incomplete_details", nullptr},
                  {"model", question.model},
                  {"output", Json::array({message})},
                  {"parallel_tool_calls", true},
                  {"tool_choice", "auto"},
                  {"tools", Json::array()},
                  {"usage",
                   {{"input_tokens", usage.at("prompt_tokens")},
                    {"output_tokens", usage.at("completion_tokens")},
                    {"total_tokens", usage.at("total_tokens")}}}};
  if (!question.stream) return JsonAnswer(body);
  return EventStream({{{"type", "response.output_text.delta"},
                       {"sequence_number", 0},
                       {"item_id", message.at("id")},
                       {"output_index", 0},
                       {"content_index", 0},
                       {"delta", content}},
                      {{"type", "response.completed"}, {"sequence_number", 1}, {"response", body}}},
                     true);
}

std::string Base64(const std::string& bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) text += k <= count ? kAlphabet[group >> (18 - 6 * k) & 63u] : '=';
  }
  return text;
}

/// A unit vector that depends on the text only; as OpenAI's SDK asks for it, base64 of little-endian floats.
Json Embedding(const std::string& text, bool base64) {
  const auto hot = static_cast<int>(std::hash<std::string>()(text) % kEmbeddingSize);
  if (!base64) {
    Json vector(Json::array_t(kEmbeddingSize, 0.0));
    vector[static_cast<std::size_t>(hot)] = 1.0;
    return vector;
  }
  std::string bytes(kEmbeddingSize * sizeof(float), '\0');
  const float one = 1;
  std::memcpy(bytes.data() + static_cast<std::size_t>(hot) * sizeof one, &one, sizeof one);
  return Base64(bytes);
}

HttpAnswer AnswerEmbeddings(const Question& question) {
  const auto format = question.body.find("encoding_format");
  const bool base64 = format != question.body.end() && *format == "base64";
  const Json& input = question.body.at("input");
  const bool tokens = input.is_array() && input.at(0).is_number();
  const std::size_t count = input.is_array() && !tokens ? input.size() : 1;
  if (count > kMaxEmbeddings) return RefusalAnswer(400, "Too many inputs for this double.");
  Json data = Json::array();
  for (std::size_t i = 0; i < count; ++i) {
    const Json& one = input.is_array() && !tokens ? input.at(i) : input;
    data.push_back({{"object", "embedding"}, {"index", i}, {"embedding", Embedding(Dump(one), base64)}});
  }
  const Json usage = Usage(question, {});
  return JsonAnswer(
      {{"object", "list"},
       {"data", std::move(data)},
       {"model", question.model},
       {"usage", {{"prompt_tokens", usage.at("prompt_tokens")}, {"total_tokens", usage.at("prompt_tokens")}}}});
}

Json ModelJson(std::string_view id) {
  return {{"id", id}, {"object", "model"}, {"created", 1'700'000'000}, {"owned_by", "readiness"}};
}

}  // namespace

std::optional<Endpoint> EndpointAt(std::string_view path) {
  for (const Named& named : kEndpoints) {
    if (path == named.path) return named.endpoint;
  }
  if (path.starts_with("/models/") && path.size() <= kMaxModelName) return Endpoint::kModels;
  return std::nullopt;
}

bool IsCompletion(Endpoint endpoint) {
  return endpoint == Endpoint::kChat || endpoint == Endpoint::kCompletions || endpoint == Endpoint::kResponses;
}

Question Understand(Endpoint endpoint, const std::string& body) {
  Question question;
  if (auto parsed = ParseStrictJson(body, "request", kRequestLimits)) question.body = std::move(*parsed);
  if (question.body.is_object()) {
    for (const char* key : {"instructions", InputOf(endpoint)}) {
      if (const auto found = question.body.find(key); found != question.body.end())
        CollectTexts(*found, question.prompt);
    }
    const auto model = question.body.find("model");
    if (model != question.body.end() && model->is_string()) question.model = model->get<std::string>();
    question.model.resize(std::min(question.model.size(), kMaxModelName));
    const auto stream = question.body.find("stream");
    question.stream = stream != question.body.end() && *stream == true;
  }
  question.problem = ProblemOf(endpoint, question);
  return question;
}

HttpAnswer Answer(Endpoint endpoint, const Question& question, const std::string& content) {
  switch (endpoint) {
    case Endpoint::kChat:
      return AnswerChat(question, content);
    case Endpoint::kCompletions:
      return AnswerCompletion(question, content);
    case Endpoint::kResponses:
      return AnswerResponse(question, content);
    case Endpoint::kEmbeddings:
      return AnswerEmbeddings(question);
    case Endpoint::kModels:
      break;
  }
  return AnswerModels("/models");
}

HttpAnswer AnswerModels(std::string_view path) {
  constexpr std::string_view kOne = "/models/";
  if (path.starts_with(kOne)) return JsonAnswer(ModelJson(path.substr(kOne.size())));
  return JsonAnswer({{"object", "list"}, {"data", Json::array({ModelJson(kAnyModel)})}});
}

HttpAnswer RefusalAnswer(int status, std::string message) {
  const char* type = status == 429 ? "requests" : status >= 500 ? "server_error" : "invalid_request_error";
  Json code = nullptr;
  const char* usual = "The request was refused.";
  if (status == 401) {
    code = "invalid_api_key";
    usual = "Incorrect API key provided.";
  } else if (status == 429) {
    code = "rate_limit_exceeded";
    usual = "Rate limit reached.";
  } else if (status >= 500) {
    usual = "The server had an error while processing your request.";
  }
  if (message.empty()) message = usual;
  HttpAnswer answer = JsonAnswer(
      {{"error", {{"message", std::move(message)}, {"type", type}, {"param", nullptr}, {"code", std::move(code)}}}});
  answer.status = status;
  return answer;
}

}  // namespace readiness::doubles::model
