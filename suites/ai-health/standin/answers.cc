#include "answers.h"

#include <algorithm>
#include <charconv>

namespace readiness::ai_health {
namespace {

std::string_view Trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::size_t CharacterCount(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

Response Detail(int status, std::string_view text) {
  return Answer(status, {{"detail", text}});
}

Response Invalid() {
  return Answer(422, {{"error", "Validation error"}, {"detail", "Invalid request data"}});
}

Response InternalError() {
  return Answer(500, {{"error", "Internal server error"}, {"detail", "An error occurred"}});
}

std::optional<std::int64_t> ParseInteger(std::string_view text) {
  text = Trim(text);
  if (const std::size_t point = text.find('.'); point != std::string_view::npos) {
    const std::string_view fraction = text.substr(point + 1);
    if (fraction.empty() || fraction.find_first_not_of('0') != std::string_view::npos) return std::nullopt;
    text = text.substr(0, point);
  }
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Reply<std::int64_t> QueryInteger(const Request& request, const std::string& name, std::int64_t otherwise,
                                 std::int64_t least, std::int64_t most) {
  const auto text = request.Query(name);
  if (!text) return otherwise;
  const auto value = ParseInteger(*text);
  if (!value || *value < least || *value > most) return End(Invalid());
  return *value;
}

Reply<Json> ObjectBody(const Request& request) {
  const std::string type = request.Header("Content-Type").value_or("application/json");
  if (type.find("json") == std::string::npos) return End(Invalid());
  auto body = standin::ParseJson(request.body);
  if (!body || !body->is_object()) return End(Invalid());
  return std::move(*body);
}

Reply<std::string> TextMember(const Json& body, const std::string& name, std::size_t least, std::size_t most) {
  const auto member = body.find(name);
  if (member == body.end() || !member->is_string()) return End(Invalid());
  auto text = member->get<std::string>();
  const std::size_t length = CharacterCount(text);
  if (length < least || length > most || !standin::IsText(text)) return End(Invalid());
  return text;
}

std::string Timestamp(const std::string& column) {
  return "to_char(" + column + ", 'YYYY-MM-DD\"T\"HH24:MI:SS.US') AS " + column;
}

}  // namespace readiness::ai_health
