#include "same_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace readiness::probes::stranger_parts {
namespace {

std::vector<std::string> Segments(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return segments;
}

// As part of a word or number a short id means nothing.
bool StandsAlone(const std::string& text, std::size_t at, std::size_t size) {
  const auto is_word = [&](std::size_t i) { return std::isalnum(static_cast<unsigned char>(text[i])) != 0; };
  return (at == 0 || !is_word(at - 1)) && (at + size >= text.size() || !is_word(at + size));
}

std::string WithoutIds(std::string text, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    if (id.empty()) continue;
    for (std::size_t at = 0; (at = text.find(id, at)) != std::string::npos;) {
      if (!StandsAlone(text, at, id.size())) {
        ++at;
        continue;
      }
      text.replace(at, id.size(), "<id>");
      at += 4;
    }
  }
  return text;
}

// Pointer -> value, ids replaced. A body that is no JSON is one value.
std::map<std::string, std::string> Told(const Operation& operation, const Exchange& exchange) {
  const std::vector<std::string> ids = PathValues(operation, exchange);
  const Result<Json> body = exchange.response.ParseJson();
  if (!body) return {{"", WithoutIds(exchange.response.body, ids)}};
  std::map<std::string, std::string> told;
  if (!body->is_structured() || body->empty()) return {{"", WithoutIds(body->dump(), ids)}};
  const Json flat = body->flatten();
  for (const auto& [pointer, value] : flat.items()) {
    told.emplace(WithoutIds(pointer, ids), WithoutIds(value.dump(), ids));
  }
  return told;
}

}  // namespace

std::vector<std::string> PathValues(const Operation& operation, const Exchange& exchange) {
  const std::string& url = exchange.request.url;
  const std::vector<std::string> declared = Segments(operation.path);
  const std::vector<std::string> sent = Segments(url.substr(0, url.find('?')));
  std::vector<std::string> values;
  // From the end: an address may begin with a path of its own.
  for (std::size_t i = 1; i <= std::min(declared.size(), sent.size()); ++i) {
    const std::string& name = declared[declared.size() - i];
    if (name.starts_with('{') && name.ends_with('}')) values.push_back(sent[sent.size() - i]);
  }
  return values;
}

bool TellsTheSame(const Operation& operation, const Exchange& answer, const Exchange& absent,
                  const Exchange& absent_again) {
  if (answer.response.status != absent.response.status || absent.response.status != absent_again.response.status)
    return false;
  const auto told = Told(operation, answer), nothing = Told(operation, absent), again = Told(operation, absent_again);
  if (told.size() != nothing.size() || nothing.size() != again.size()) return false;
  for (const auto& [pointer, value] : nothing) {
    const auto there = told.find(pointer);
    const auto second = again.find(pointer);
    if (there == told.end() || second == again.end()) return false;
    const bool varies = second->second != value;
    if (!varies && there->second != value) return false;
  }
  return true;
}

Json NonexistentId(const OperationParameter& parameter, int number) {
  constexpr std::int64_t kBeyondAllIds = 2'000'000'000;
  const auto type = parameter.schema.find("type");
  const auto format = parameter.schema.find("format");
  if (type != parameter.schema.end() && (*type == "integer" || *type == "number")) return kBeyondAllIds + number;
  if (format != parameter.schema.end() && *format == "date") return fmt::format("1990-01-{:02}", number);
  if (format != parameter.schema.end() && *format == "uuid")
    return fmt::format("ffffffff-ffff-4fff-afff-{:012d}", number);
  return fmt::format("absent{}", number);
}

}  // namespace readiness::probes::stranger_parts
