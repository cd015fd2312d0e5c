#include "base/redactor.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace readiness {
namespace {

constexpr std::string_view kMask = "[redacted]";
constexpr std::size_t kShortestSecret = 4;

std::string Hex(std::string_view bytes, bool upper) {
  std::string out;
  for (const char c : bytes) {
    out += upper ? fmt::format("{:02X}", static_cast<unsigned char>(c))
                 : fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

// Lower-case percent triplets, which some libraries write.
std::string LowerPercent(std::string encoded) {
  for (std::size_t i = 0; i + 2 < encoded.size(); ++i) {
    if (encoded[i] != '%') continue;
    encoded[i + 1] = static_cast<char>(std::tolower(static_cast<unsigned char>(encoded[i + 1])));
    encoded[i + 2] = static_cast<char>(std::tolower(static_cast<unsigned char>(encoded[i + 2])));
  }
  return encoded;
}

std::string JsonEscaped(std::string_view text, bool ascii) {
  const std::string quoted = Json(std::string(text)).dump(-1, ' ', ascii, Json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

std::string MarkupEscaped(std::string_view text, std::string_view quote, std::string_view apostrophe) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += quote; break;
      case '\'': out += apostrophe; break;
      default: out += c;
    }
  }
  return out;
}

// The characters of the base64 of any text that contains `secret` at `offset` modulo 3, without those that depend on neighbours.
std::string Base64Core(std::string_view secret, std::size_t offset, bool url_safe) {
  static constexpr char kPlain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static constexpr char kUrl[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const char* alphabet = url_safe ? kUrl : kPlain;
  const std::size_t first_bit = (offset * 8 + 5) / 6 * 6;            // of the first character wholly inside
  const std::size_t end_bit = (offset + secret.size()) * 8 / 6 * 6;  // after the last one
  std::string out;
  for (std::size_t bit = first_bit; bit + 6 <= end_bit; bit += 6) {
    unsigned value = 0;
    for (std::size_t i = bit; i < bit + 6; ++i) {
      const auto byte = static_cast<unsigned char>(secret[i / 8 - offset]);
      value = (value << 1) | ((byte >> (7 - i % 8)) & 1U);
    }
    out += alphabet[value];
  }
  return out;
}

}  // namespace

void Redactor::Add(std::string_view secret) {
  if (secret.size() < kShortestSecret) return;
  std::vector<std::string> forms = {
      std::string(secret),
      JsonEscaped(secret, false),
      JsonEscaped(secret, true),
      JsonEscaped(JsonEscaped(secret, false), false),
      PercentEncode(secret),
      LowerPercent(PercentEncode(secret)),
      PercentEncode(PercentEncode(secret)),
      MarkupEscaped(secret, "&quot;", "&apos;"),
      MarkupEscaped(secret, "&quot;", "&#39;"),
      MarkupEscaped(secret, "&#34;", "&#x27;"),
      Hex(secret, false),
      Hex(secret, true),
      Printable(secret, secret.size() * 8),
  };
  std::string plus_for_space = PercentEncode(secret);
  for (std::size_t at = 0; (at = plus_for_space.find("%20", at)) != std::string::npos;) plus_for_space.replace(at, 3, "+");
  forms.push_back(plus_for_space);
  for (const std::size_t offset : {0U, 1U, 2U}) {
    for (const bool url_safe : {false, true}) {
      std::string core = Base64Core(secret, offset, url_safe);
      if (core.size() >= kShortestSecret) forms.push_back(core);
    }
  }
  for (std::string& form : forms) {
    if (std::find(forms_.begin(), forms_.end(), form) == forms_.end()) forms_.push_back(std::move(form));
  }
  std::stable_sort(forms_.begin(), forms_.end(),
                   [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

std::string Redactor::Redact(std::string_view text) const {
  std::string out(text);
  for (const std::string& form : forms_) {
    for (std::size_t at = 0; (at = out.find(form, at)) != std::string::npos; at += kMask.size()) {
      out.replace(at, form.size(), kMask);
    }
  }
  return out;
}

Json Redactor::RedactJson(const Json& value) const {
  if (value.is_string()) return Redact(value.get_ref<const std::string&>());
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& element : value) out.push_back(RedactJson(element));
    return out;
  }
  if (value.is_object()) {
    Json out = Json::object();
    for (const auto& [key, member] : value.items()) out[Redact(key)] = RedactJson(member);
    return out;
  }
  return value;
}

}  // namespace readiness
