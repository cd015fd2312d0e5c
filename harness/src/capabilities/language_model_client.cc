#include "capabilities/language_model_client.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"

namespace readiness {
namespace {

// What the double itself can hold is far less; more pages mean that it never ends.
constexpr int kMaxPages = 100;

std::string Describe(const ModelReply& reply) {
  if (reply.hang) return "nothing, the request hangs";
  const std::string after = reply.delay.count() > 0 ? fmt::format(" after {} ms", reply.delay.count()) : "";
  if (reply.raw_body) return fmt::format("status {}{} with the body:\n{}", reply.status, after, *reply.raw_body);
  return fmt::format("status {}{} and says:\n{}", reply.status, after, reply.content);
}

ModelCall ReadCall(const Json& element, std::string& problem) {
  DoubleReader fields(element, "a call");
  ModelCall call;
  call.sequence = fields.Integer("sequence");
  call.unattributed = fields.String("channel").empty();
  call.method = fields.String("method");
  call.path = fields.String("path");
  call.genuine_key = fields.Boolean("genuine_key");
  call.prompt = fields.String("prompt");
  const std::int64_t status = fields.Integer("status");
  problem = fields.problem();
  if (!problem.empty()) return call;
  if (const auto request = element.find("request"); request != element.end()) call.request = *request;
  if (status < 0 || status > 999) problem = "a call has an impossible status";
  call.status = static_cast<int>(status);
  return call;
}

}  // namespace

LanguageModelClient::LanguageModelClient(const std::string& name, const Session& session, EvidenceLog& log)
    : name_(name),
      session_(session),
      admin_("language model double \"" + name + "\"", session.language_models.at(name).admin_socket),
      log_(log) {}

Result<std::string> LanguageModelClient::Channel() const {
  const auto endpoint = session_.language_models.find(name_);
  if (endpoint == session_.language_models.end() || endpoint->second.channel.empty()) {
    return Fail(ErrorKind::kInternal, "the session names no channel of language model \"" + name_ + "\"");
  }
  return endpoint->second.channel;
}

Result<void> LanguageModelClient::AnswerWith(const ModelReply& reply) {
  READINESS_ASSIGN(const std::string channel, Channel());
  Json question{
      {"status", reply.status}, {"content", reply.content}, {"delay_ms", reply.delay.count()}, {"hang", reply.hang}};
  if (reply.raw_body) question["raw_body"] = *reply.raw_body;
  std::string body;
  try {
    body = question.dump();
  } catch (const Json::exception&) {
    return Fail(ErrorKind::kUsage, "the reply that a language model is to give is not UTF-8");
  }
  READINESS_ASSIGN(const Json done, admin_.Ask("POST", "/channels/" + PercentEncode(channel) + "/reply", body, 200));
  EvidenceEntry entry;
  entry.statement =
      fmt::format("language model {}, channel {}: answers from now on with {}", name_, channel, Describe(reply));
  entry.statement.resize(std::min(entry.statement.size(), kMaxEvidenceBody));
  log_.Add(std::move(entry));
  return {};
}

Result<std::vector<ModelCall>> LanguageModelClient::Calls() {
  READINESS_ASSIGN(last_channel_, Channel());
  return CallsOf(last_channel_);
}

Result<std::vector<ModelCall>> LanguageModelClient::CallsOfLast() {
  return last_channel_.empty() ? Calls() : CallsOf(last_channel_);
}

Result<std::vector<ModelCall>> LanguageModelClient::CallsOf(const std::string& channel) {
  std::vector<ModelCall>& known = known_[channel];
  for (int page = 0; page < kMaxPages; ++page) {
    READINESS_ASSIGN(const bool more, FetchMore(channel, known));
    if (!more) return known;
  }
  return Fail(admin_.NotUnderstood("gave its call log", "it has no end"));
}

Result<bool> LanguageModelClient::FetchMore(const std::string& channel, std::vector<ModelCall>& known) {
  const std::int64_t after = known.empty() ? 0 : known.back().sequence;
  READINESS_ASSIGN(
      const Json answer,
      admin_.Ask("GET", fmt::format("/channels/{}/calls?after={}", PercentEncode(channel), after), "", 200));
  DoubleReader reader(answer, "the call log");
  const Json& list = reader.List("calls");
  const bool more = reader.Boolean("more");
  if (!reader.problem().empty()) return Fail(admin_.NotUnderstood("gave its call log", reader.problem()));
  for (const Json& element : list) {
    std::string problem;
    ModelCall call = ReadCall(element, problem);
    if (problem.empty() && call.sequence <= (known.empty() ? 0 : known.back().sequence)) {
      problem = "calls are not in order of arrival";
    }
    if (!problem.empty()) return Fail(admin_.NotUnderstood("gave its call log", problem));
    EvidenceEntry entry;
    entry.statement = fmt::format("language model {}, channel {}: call {} {} {}, {}, answered with {}\n{}", name_,
                                  call.unattributed ? "unknown" : channel, call.sequence, call.method, call.path,
                                  call.genuine_key ? "genuine key" : "no genuine key", call.status, call.prompt);
    entry.statement.resize(std::min(entry.statement.size(), kMaxEvidenceBody));
    log_.Add(std::move(entry));
    known.push_back(std::move(call));
  }
  if (more && list.empty()) return Fail(admin_.NotUnderstood("gave its call log", "more to come, and nothing came"));
  return more;
}

}  // namespace readiness
