#include "evidence_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace readiness::probes::explanation_parts {
namespace {

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Lower case, one blank for each separator of words.
std::string Plain(std::string_view text) {
  std::string plain(text);
  for (char& c : plain) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '_' || c == '-') c = ' ';
  }
  return plain;
}

bool HasWord(std::string_view text, std::string_view value) {
  const std::string in = Plain(text);
  const std::string word = Plain(value);
  for (std::size_t at = in.find(word); at != std::string::npos; at = in.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !IsWordCharacter(text[at - 1]);
    if (begins && (end == in.size() || !IsWordCharacter(text[end]))) return true;
  }
  return false;
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// Is `token`, digits with perhaps a point among them, `value` rounded?
bool IsRounded(std::string_view token, double value) {
  double number = 0;
  const auto [end, failure] = std::from_chars(token.data(), token.data() + token.size(), number);
  if (failure != std::errc() || end != token.data() + token.size()) return false;
  const std::size_t point = token.find('.');
  const auto decimals = point == std::string_view::npos ? 0 : static_cast<double>(token.size() - point - 1);
  return std::abs(number - std::abs(value)) <= 0.5 * std::pow(10.0, -decimals) + 1e-9;
}

bool HasNumber(std::string_view text, double value) {
  for (std::size_t begin = 0; begin < text.size();) {
    if (!IsDigit(text[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < text.size() && IsDigit(text[end])) ++end;
    if (end + 1 < text.size() && text[end] == '.' && IsDigit(text[end + 1])) {
      for (++end; end < text.size() && IsDigit(text[end]);) ++end;
    }
    if (IsRounded(text.substr(begin, end - begin), value)) return true;
    begin = end;
  }
  return false;
}

}  // namespace

bool IsEvidence(const Json& value) {
  return value.is_number() || (value.is_string() && !value.get_ref<const std::string&>().empty());
}

bool Mentions(std::string_view text, const Json& value) {
  if (!IsEvidence(value)) return false;
  if (value.is_number()) return HasNumber(text, value.get<double>());
  return HasWord(text, value.get_ref<const std::string&>());
}

}  // namespace readiness::probes::explanation_parts
