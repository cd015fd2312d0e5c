#include "doubles/admin_api.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/located_json.h"
#include "base/text.h"
#include "doubles/uri.h"

namespace readiness::doubles::provider {
namespace {

constexpr std::size_t kMaxLabel = 200;
constexpr std::int64_t kMaxDelayMs = 600'000;
constexpr std::int64_t kMaxTokenLifetime = 365 * 86'400;

std::string Dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

HttpAnswer Answer(int status, const Json& body) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = Dump(body);
  return answer;
}

HttpAnswer Refuse(int status, const std::string& why) {
  return Answer(status, {{"error", why}});
}

/// A whole number within bounds.
std::optional<std::int64_t> Whole(const Json& value, std::int64_t from, std::int64_t to) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
    return std::nullopt;
  const auto number = value.get<std::int64_t>();
  return number < from || number > to ? std::nullopt : std::optional(number);
}

/// Sets what `key` means in `options`; the complaint when it cannot.
std::optional<std::string> ReadOption(const std::string& key, const Json& value, AccountOptions& options) {
  if (key == "label") {
    if (!value.is_string() || value.get<std::string>().size() > kMaxLabel)
      return fmt::format("a text of at most {} bytes", kMaxLabel);
    options.label = value.get<std::string>();
    return std::nullopt;
  }
  if (key == "behaviour") {
    const auto behaviour = value.is_string() ? BehaviourOf(value.get<std::string>()) : std::nullopt;
    if (!behaviour) return "one of " + BehaviourWords();
    options.behaviour = *behaviour;
    return std::nullopt;
  }
  if (key == "records") {
    const auto number = Whole(value, 0, Accounts::kMaxRecords);
    if (!number) return fmt::format("a whole number from 0 to {}", Accounts::kMaxRecords);
    options.records = static_cast<int>(*number);
    return std::nullopt;
  }
  if (key == "delay_ms") {
    const auto number = Whole(value, 0, kMaxDelayMs);
    if (!number) return fmt::format("a whole number from 0 to {}", kMaxDelayMs);
    options.delay = std::chrono::milliseconds(*number);
    return std::nullopt;
  }
  if (key == "token_lifetime_s") {
    const auto number = Whole(value, 1, kMaxTokenLifetime);
    if (!number) return fmt::format("a whole number from 1 to {}", kMaxTokenLifetime);
    options.token_lifetime = std::chrono::seconds(*number);
    return std::nullopt;
  }
  return "no such key; known are label, records, behaviour, delay_ms, token_lifetime_s";
}

Json CallJson(const Call& call) {
  return {{"sequence", call.sequence}, {"kind", ToString(call.kind)}, {"account", call.account},
          {"method", call.method},     {"host", call.host},           {"path", call.path},
          {"status", call.status}};
}

}  // namespace

HttpAnswer AdminApi::Handle(const HttpRequest& request) {
  const auto [path, query] = SplitTarget(request.target);
  if (path == "/accounts") {
    return request.method == "POST" && query.empty() ? OpenAccount(request.body) : Refuse(405, "POST /accounts");
  }
  if (path == "/calls") return request.method == "GET" ? ListCalls(query) : Refuse(405, "GET /calls");
  return Refuse(404, "known are POST /accounts and GET /calls?account=<id>");
}

HttpAnswer AdminApi::OpenAccount(const std::string& body) {
  const auto document = ParseStrictJson(body, "request", {64 * 1024, 4, 100});
  if (!document) return Refuse(400, document.error().Brief());
  if (!document->is_object()) return Refuse(400, "expected an object");
  AccountOptions options;
  for (const auto& [key, value] : document->items()) {
    if (const auto expected = ReadOption(key, value, options)) {
      return Refuse(400, fmt::format("\"{}\": expected {}, actual {}", Printable(key, 100), *expected,
                                     Printable(Dump(value), 200)));
    }
  }
  for (const char* key : {"label", "records"}) {
    if (!document->contains(key)) return Refuse(400, fmt::format("missing key \"{}\"", key));
  }
  if ((options.behaviour == Behaviour::kSlow) != document->contains("delay_ms")) {
    return Refuse(400, "\"delay_ms\" belongs to behaviour \"slow\", which needs it");
  }
  const auto account = accounts_.Open(std::move(options));
  if (!account) return Refuse(507, account.error().Brief());
  const auto& opened = **account;
  return Answer(201, {{"id", opened.id},
                      {"authorization_code", opened.authorization_code},
                      {"canaries", opened.canaries},
                      {"records", opened.records.size()}});
}

HttpAnswer AdminApi::ListCalls(std::string_view query) const {
  const auto fields = ParseForm(query);
  const auto chosen = fields ? fields->find("account") : FormFields::const_iterator();
  const bool one = fields && chosen != fields->end();
  if (!fields || fields->size() != (one ? 1u : 0u)) return Refuse(400, "the only query is account=<id>");
  if (one && accounts_.Find(chosen->second) == nullptr) return Refuse(404, "unknown account");
  if (log_.overflowed()) return Refuse(507, "the call log is full: calls are missing from it");
  Json calls = Json::array();
  for (const auto& call : log_.calls()) {
    if (!one || call.account.empty() || call.account == chosen->second) calls.push_back(CallJson(call));
  }
  return Answer(200, {{"calls", std::move(calls)}});
}

}  // namespace readiness::doubles::provider
