#include "capabilities/capture.h"

#include <algorithm>
#include <optional>

namespace readiness {
namespace {

constexpr std::string_view kQueryPrefix = "query:";
constexpr std::string_view kQueryOf = " of ";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string DecodeQuery(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
    if (low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

/// One capture out of `body`; says in `mismatch` why there is none.
std::optional<Json> Take(const Json& body, const std::string& name, std::string_view where, std::string& mismatch) {
  std::string_view pointer = where;
  std::string_view parameter;
  if (where.substr(0, kQueryPrefix.size()) == kQueryPrefix) {
    const std::size_t of = where.find(kQueryOf);
    if (of == std::string_view::npos) {
      mismatch = "capture \"" + name + "\" is not of the form \"query:<parameter> of <pointer>\"";
      return std::nullopt;
    }
    parameter = where.substr(kQueryPrefix.size(), of - kQueryPrefix.size());
    pointer = where.substr(of + kQueryOf.size());
  }
  const Json* value = AtPointer(body, pointer);
  if (value == nullptr || value->is_null()) {
    mismatch = "the answer has no " + std::string(pointer) + " to capture as " + name;
    return std::nullopt;
  }
  if (parameter.empty()) return *value;
  const std::optional<std::string> found =
      value->is_string() ? QueryParameter(value->get_ref<const std::string&>(), parameter) : std::nullopt;
  if (!found) {
    mismatch =
        std::string(pointer) + " in the answer is no URL with a query parameter \"" + std::string(parameter) + "\"";
    return std::nullopt;
  }
  return Json(*found);
}

}  // namespace

std::optional<std::string> QueryParameter(std::string_view url, std::string_view parameter) {
  url = url.substr(0, url.find('#'));
  const std::size_t question = url.find('?');
  if (question == std::string_view::npos) return std::nullopt;
  std::string_view query = url.substr(question + 1);
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && DecodeQuery(pair.substr(0, equals)) == parameter) {
      return DecodeQuery(pair.substr(equals + 1));
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return std::nullopt;
}

Reading ReadAnswer(const HttpResponse& response, const Expectation& expectation,
                   const std::map<std::string, std::string>& capture) {
  Reading reading;
  if (!expectation.statuses.contains(response.status)) {
    reading.mismatch = "status " + std::to_string(response.status);
    if (!expectation.statuses.empty()) reading.mismatch += " where " + ToString(expectation.statuses) + " was expected";
  }
  if (expectation.equals.empty() && capture.empty()) return reading;

  const Result<Json> body = response.ParseJson();
  if (!body) {
    if (reading.mismatch.empty()) reading.mismatch = "the answer is not JSON: " + body.error().Brief();
    return reading;
  }
  for (const auto& [pointer, wanted] : expectation.equals) {
    const Json* value = AtPointer(*body, pointer);
    if (reading.mismatch.empty() && (value == nullptr || *value != wanted)) {
      reading.mismatch = pointer + " is " + (value == nullptr ? "missing" : Shown(*value)) + " where " + Shown(wanted) +
                         " was expected";
    }
  }
  for (const auto& [name, where] : capture) {
    std::string mismatch;
    if (std::optional<Json> value = Take(*body, name, where, mismatch)) reading.captured[name] = std::move(*value);
    if (reading.mismatch.empty()) reading.mismatch = mismatch;
  }
  return reading;
}

Reading ReadRows(const Json& rows, const std::map<std::string, std::string>& capture) {
  Reading reading;
  if (capture.empty()) return reading;
  if (!rows.is_array() || rows.empty()) {
    reading.mismatch = "the statement gave no row";
    return reading;
  }
  for (const auto& [name, column] : capture) {
    const auto value = rows[0].find(column);
    if (value != rows[0].end() && !value->is_null()) {
      reading.captured[name] = *value;
    } else if (reading.mismatch.empty()) {
      reading.mismatch = "the first row has no value in column \"" + column + "\" to capture as " + name;
    }
  }
  return reading;
}

}  // namespace readiness
