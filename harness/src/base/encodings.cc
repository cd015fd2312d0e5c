#include "base/encodings.h"

#include <fmt/format.h>

#include <cctype>
#include <set>

#include "base/text.h"
#include "readiness/findings.h"

namespace readiness {
namespace {

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

// With the characters of `safe` left as they are: libraries do not agree on which need no encoding.
std::string PercentEncodeBut(std::string_view text, std::string_view safe) {
  std::string out;
  for (const char c : text) out += safe.find(c) == std::string_view::npos ? PercentEncode({&c, 1}) : std::string(1, c);
  return out;
}

std::string Replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

std::string JsonEscaped(std::string_view text, bool ascii) {
  const std::string quoted = Json(std::string(text)).dump(-1, ' ', ascii, Json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

std::string MarkupEscaped(std::string_view text, std::string_view quote, std::string_view apostrophe) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += quote;
        break;
      case '\'':
        out += apostrophe;
        break;
      default:
        out += c;
    }
  }
  return out;
}

// The characters of the base64 of any text that contains `value` at `offset` modulo 3, without those that depend on
// neighbours.
std::string Base64Core(std::string_view value, std::size_t offset, bool url_safe) {
  static constexpr char kPlain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static constexpr char kUrl[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const char* alphabet = url_safe ? kUrl : kPlain;
  const std::size_t first_bit = (offset * 8 + 5) / 6 * 6;           // of the first character wholly inside
  const std::size_t end_bit = (offset + value.size()) * 8 / 6 * 6;  // after the last one
  std::string out;
  for (std::size_t bit = first_bit; bit + 6 <= end_bit; bit += 6) {
    unsigned digit = 0;
    for (std::size_t i = bit; i < bit + 6; ++i) {
      const auto byte = static_cast<unsigned char>(value[i / 8 - offset]);
      digit = (digit << 1) | ((byte >> (7 - i % 8)) & 1U);
    }
    out += alphabet[digit];
  }
  return out;
}

class Forms {
 public:
  void Add(const char* name, std::string text) {
    if (known_.insert(text).second) forms_.push_back({name, std::move(text)});
  }
  std::vector<EncodedForm> Take() { return std::move(forms_); }

 private:
  std::set<std::string> known_;
  std::vector<EncodedForm> forms_;
};

void AddJsonForms(std::string_view value, Forms& forms) {
  for (const bool ascii : {false, true}) {
    const std::string once = JsonEscaped(value, ascii);
    // JSON in JSON in JSON, and that quoted.
    std::string nested = once;
    for (int depth = 0; depth < 4; ++depth, nested = JsonEscaped(nested, ascii)) forms.Add("JSON escapes", nested);
    forms.Add("JSON escapes", Replaced(once, "/", "\\/"));
    // Safe to be embedded in HTML, as some serialisers have it.
    forms.Add("JSON escapes", Replaced(Replaced(Replaced(once, "<", "\\u003c"), ">", "\\u003e"), "&", "\\u0026"));
  }
}

void AddPercentForms(std::string_view value, Forms& forms) {
  for (const char* safe : {"", "/", "!'()*", "!'()*;,/?:@&=+$#", "*", "!$&'()*+,;=:@/?"}) {
    const std::string encoded = PercentEncodeBut(value, safe);
    const std::string plus = Replaced(encoded, "%20", "+");
    for (const std::string& form : {encoded, plus, Replaced(plus, "~", "%7E")}) {
      forms.Add("percent-encoded", form);
      forms.Add("percent-encoded", LowerPercent(form));
    }
  }
  forms.Add("percent-encoded", PercentEncode(PercentEncode(value)));
}

// Some writers escape every character, whether it needs it or not.
void AddCharacterwiseForms(std::string_view value, Forms& forms) {
  std::string percent, json, decimal, hexadecimal;
  bool ascii = true;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    ascii = ascii && byte < 0x80;
    percent += fmt::format("%{:02X}", byte);
    json += fmt::format("\\u{:04x}", byte);
    decimal += fmt::format("&#{};", byte);
    hexadecimal += fmt::format("&#x{:x};", byte);
  }
  forms.Add("percent-encoded", percent);
  forms.Add("percent-encoded", LowerPercent(percent));
  if (!ascii) return;
  forms.Add("JSON escapes", json);
  forms.Add("HTML entities", decimal);
  forms.Add("HTML entities", hexadecimal);
}

}  // namespace

std::vector<EncodedForm> UsualForms(std::string_view value) {
  Forms forms;
  forms.Add("plain", std::string(value));
  forms.Add("hex", Hex(value, false));
  forms.Add("hex", Hex(value, true));
  forms.Add("plain", Printable(value, value.size() * 8));
  AddJsonForms(value, forms);
  AddPercentForms(value, forms);
  for (const char* quote : {"&quot;", "&#34;"}) {
    for (const char* apostrophe : {"&apos;", "&#39;", "&#x27;"}) {
      forms.Add("HTML entities", MarkupEscaped(value, quote, apostrophe));
    }
  }
  for (const std::size_t offset : {0U, 1U, 2U}) {
    for (const bool url_safe : {false, true}) forms.Add("base64", Base64Core(value, offset, url_safe));
  }
  AddCharacterwiseForms(value, forms);
  return forms.Take();
}

}  // namespace readiness
