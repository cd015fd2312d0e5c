#include "doubles/model_admin.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/located_json.h"
#include "base/text.h"
#include "doubles/uri.h"

namespace readiness::doubles::model {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxReplyBytes = 1024 * 1024;
constexpr std::int64_t kMaxDelayMs = 600'000;
constexpr std::size_t kAnswerBytes = 2 * 1024 * 1024;  // below what the harness reads at once, escaping included

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

bool IsWithin(const Json& value, std::int64_t least, std::int64_t most) {
  return value.is_number_integer() && value >= least && value <= most;
}

/// Sets what `key` means in `reply`; what was expected when it cannot.
std::string ReadMember(const std::string& key, const Json& value, Reply& reply) {
  if (key == "status") {
    // Others have no body or another meaning for clients.
    if (!IsWithin(value, 200, 200) && !IsWithin(value, 400, 599)) return "200 or 400 to 599";
    reply.status = value.get<int>();
  } else if (key == "content") {
    if (!value.is_string()) return "a text";
    reply.content = value.get<std::string>();
  } else if (key == "raw_body") {
    if (!value.is_string() && !value.is_null()) return "a text or null";
    if (value.is_string()) reply.raw_body = value.get<std::string>();
  } else if (key == "delay_ms") {
    if (!IsWithin(value, 0, kMaxDelayMs)) return fmt::format("a whole number from 0 to {}", kMaxDelayMs);
    reply.delay = std::chrono::milliseconds(value.get<std::int64_t>());
  } else if (key == "hang") {
    if (!value.is_boolean()) return "true or false";
    reply.hang = value.get<bool>();
  } else {
    return "no such key; known are status, content, raw_body, delay_ms, hang";
  }
  return {};
}

Json CallJson(const Call& call) {
  Json request;
  if (!call.request.empty()) request = Json::parse(call.request, nullptr, false);
  if (request.is_discarded()) request = nullptr;
  return {{"sequence", call.sequence},       {"channel", call.channel},
          {"method", call.method},           {"path", call.path},
          {"genuine_key", call.genuine_key}, {"prompt", call.prompt},
          {"request", std::move(request)},   {"status", call.status}};
}

}  // namespace

HttpAnswer ModelAdmin::Handle(const HttpRequest& request) {
  constexpr std::string_view kPrefix = "/channels/";
  const auto [path, query] = SplitTarget(request.target);
  const std::size_t end = path.rfind('/');
  if (!path.starts_with(kPrefix) || end < kPrefix.size()) {
    return Refuse(404, "known are POST /channels/<channel>/reply and GET /channels/<channel>/calls?after=<sequence>");
  }
  const std::string name(path.substr(kPrefix.size(), end - kPrefix.size()));
  if (!IsChannelName(name)) return Refuse(400, "a channel is 1 to 100 letters, digits, -, _ and .");
  Channel* channel = channels_.Get(name);
  if (channel == nullptr) return Refuse(507, "no room for a further channel");
  const std::string_view what = path.substr(end + 1);
  if (what == "reply") return request.method == "POST" ? Script(*channel, request.body) : Refuse(405, "POST .../reply");
  if (what == "calls") return request.method == "GET" ? ListCalls(*channel, query) : Refuse(405, "GET .../calls");
  return Refuse(404, "known are reply and calls");
}

HttpAnswer ModelAdmin::Script(Channel& channel, const std::string& body) {
  const auto document = ParseStrictJson(body, "request", {kMaxReplyBytes, 4, 100});
  if (!document) return Refuse(400, document.error().Brief());
  if (!document->is_object()) return Refuse(400, "expected an object");
  Reply reply;
  for (const auto& [key, value] : document->items()) {
    const std::string expected = ReadMember(key, value, reply);
    if (expected.empty()) continue;
    return Refuse(
        400, fmt::format("\"{}\": expected {}, actual {}", Printable(key, 100), expected, Printable(Dump(value), 200)));
  }
  channel.reply = std::move(reply);
  return Answer(200, Json::object());
}

HttpAnswer ModelAdmin::ListCalls(const Channel& channel, std::string_view query) {
  const auto fields = ParseForm(query);
  std::int64_t after = 0;
  if (!fields || fields->size() > 1) return Refuse(400, "the only query is after=<sequence>");
  if (!fields->empty()) {
    const auto& [key, value] = *fields->begin();
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), after);
    if (key != "after" || parsed.ec != std::errc() || parsed.ptr != value.data() + value.size() || after < 0) {
      return Refuse(400, "the only query is after=<sequence>");
    }
  }
  const Channel& nobodys = *channels_.Get("");
  if (channel.overflowed || nobodys.overflowed) return Refuse(507, "the call log is full: calls are missing from it");
  Json calls = Json::array();
  std::size_t bytes = 0;
  auto own = channel.calls.begin();
  auto other = nobodys.calls.begin();
  while (own != channel.calls.end() || other != nobodys.calls.end()) {
    const bool first = other == nobodys.calls.end() || (own != channel.calls.end() && own->sequence < other->sequence);
    const Call& call = first ? *own++ : *other++;
    if (call.sequence <= after) continue;
    if (bytes > kAnswerBytes) return Answer(200, {{"calls", std::move(calls)}, {"more", true}});
    bytes += call.prompt.size() + call.request.size();
    calls.push_back(CallJson(call));
  }
  return Answer(200, {{"calls", std::move(calls)}, {"more", false}});
}

}  // namespace readiness::doubles::model
