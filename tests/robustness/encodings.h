#pragma once
// The encodings in which a credential may turn up, written independently of the redactor that they test. Pure.

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace readiness {

inline std::string HexOf(std::string_view text, const char* format) {
  std::string out;
  for (const char c : text) {
    char digits[8];
    std::snprintf(digits, sizeof digits, format, static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += digits;
  }
  return out;
}

inline std::string Base64Of(std::string_view text, const char* last_two) {
  static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const std::string alphabet = std::string(kLetters) + last_two;
  std::string out;
  unsigned bits = 0;
  int have = 0;
  for (const char c : text) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    for (have += 8; have >= 6; have -= 6) out += alphabet[(bits >> (have - 6)) & 63U];
  }
  if (have > 0) out += alphabet[(bits << (6 - have)) & 63U];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

/// `blank`: what stands for a blank.
inline std::string PercentOf(std::string_view text, std::string_view safe, const char* blank = "%20") {
  std::string out;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || safe.find(c) != std::string_view::npos) {
      out += c;
    } else if (c == ' ') {
      out += blank;
    } else {
      out += HexOf({&c, 1}, "%%%02X");
    }
  }
  return out;
}

inline std::string WithReplaced(std::string_view text, const std::vector<std::pair<char, std::string>>& replacements) {
  std::string out;
  for (const char c : text) {
    std::string piece(1, c);
    for (const auto& [from, to] : replacements) {
      if (from == c) piece = to;
    }
    out += piece;
  }
  return out;
}

inline std::string JsonOf(std::string_view text) {
  return WithReplaced(text, {{'"', "\\\""}, {'\\', "\\\\"}});
}

/// `secret` in every encoding, with its name.
inline std::vector<std::pair<std::string, std::string>> EncodingsOf(std::string_view secret) {
  return {
      {"raw", std::string(secret)},
      {"json", JsonOf(secret)},
      {"json twice", JsonOf(JsonOf(secret))},
      {"percent", PercentOf(secret, "-_.~")},
      {"percent, path", PercentOf(secret, "-_.~/")},
      {"form", PercentOf(secret, "-_.*", "+")},
      {"base64", Base64Of(secret, "+/")},
      {"base64url", Base64Of(secret, "-_")},
      {"base64 of a header", Base64Of("user:" + std::string(secret), "+/")},
      {"hex", HexOf(secret, "%02x")},
      {"HEX", HexOf(secret, "%02X")},
      {"html", WithReplaced(secret, {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}})},
      {"html, numbers",
       WithReplaced(secret, {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&#34;"}, {'\'', "&#x27;"}})},
  };
}

}  // namespace readiness
