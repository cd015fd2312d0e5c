#include "base/redactor.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace readiness {
namespace {

constexpr std::string_view kMask = "[redacted]";
constexpr std::size_t kShortestSecret = 4;
// How the end of a cut text reads, whoever cut it.
constexpr std::string_view kNoteBegin = " [";
constexpr std::string_view kNoteEnd = " more bytes]";
constexpr std::string_view kEllipsis = "...";
// Forms are longer only of secrets that are themselves unusually long.
constexpr std::size_t kLongestTorn = 16 * 1024;

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

// The characters of the base64 of any text that contains `secret` at `offset` modulo 3, without those that depend on
// neighbours.
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

void AddJsonForms(std::string_view secret, std::vector<std::string>& forms) {
  for (const bool ascii : {false, true}) {
    const std::string once = JsonEscaped(secret, ascii);
    // JSON in JSON in JSON, and that quoted.
    std::string nested = once;
    for (int depth = 0; depth < 4; ++depth, nested = JsonEscaped(nested, ascii)) forms.push_back(nested);
    forms.push_back(Replaced(once, "/", "\\/"));
    // Safe to be embedded in HTML, as some serialisers have it.
    forms.push_back(Replaced(Replaced(Replaced(once, "<", "\\u003c"), ">", "\\u003e"), "&", "\\u0026"));
  }
}

void AddPercentForms(std::string_view secret, std::vector<std::string>& forms) {
  for (const char* safe : {"", "/", "!'()*", "!'()*;,/?:@&=+$#", "*", "!$&'()*+,;=:@/?"}) {
    const std::string encoded = PercentEncodeBut(secret, safe);
    const std::string plus = Replaced(encoded, "%20", "+");
    for (const std::string& form : {encoded, plus, Replaced(plus, "~", "%7E")}) {
      forms.push_back(form);
      forms.push_back(LowerPercent(form));
    }
  }
  forms.push_back(PercentEncode(PercentEncode(secret)));
}

struct Note {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The first note from `from` on that says that the text before it was cut: " [12 more bytes]" or "...".
std::optional<Note> FindNote(std::string_view text, std::size_t from) {
  const std::size_t dots = text.find(kEllipsis, from);
  const std::string_view before = text.substr(0, dots);
  for (std::size_t end = from; (end = before.find(kNoteEnd, end)) != std::string_view::npos; end += kNoteEnd.size()) {
    std::size_t digits = end;
    while (digits > from && text[digits - 1] >= '0' && text[digits - 1] <= '9') --digits;
    if (digits == end || digits < from + kNoteBegin.size()) continue;
    const std::size_t begin = digits - kNoteBegin.size();
    if (text.substr(begin, kNoteBegin.size()) == kNoteBegin) return Note{begin, end + kNoteEnd.size()};
  }
  if (dots == std::string_view::npos) return std::nullopt;
  return Note{dots, dots + kEllipsis.size()};
}

}  // namespace

void Redactor::Add(std::string_view secret) {
  if (secret.size() < kShortestSecret) return;
  std::vector<std::string> forms = {std::string(secret), Hex(secret, false), Hex(secret, true),
                                    Printable(secret, secret.size() * 8)};
  AddJsonForms(secret, forms);
  AddPercentForms(secret, forms);
  for (const char* quote : {"&quot;", "&#34;"}) {
    for (const char* apostrophe : {"&apos;", "&#39;", "&#x27;"}) {
      forms.push_back(MarkupEscaped(secret, quote, apostrophe));
    }
  }
  for (const std::size_t offset : {0U, 1U, 2U}) {
    for (const bool url_safe : {false, true}) {
      std::string core = Base64Core(secret, offset, url_safe);
      if (core.size() >= kShortestSecret) forms.push_back(core);
    }
  }
  for (std::string& form : forms) {
    std::vector<std::string>& alike = forms_[form.substr(0, kShortestSecret)];
    if (std::find(alike.begin(), alike.end(), form) != alike.end()) continue;
    const auto shorter = std::find_if(alike.begin(), alike.end(),
                                      [&form](const std::string& other) { return other.size() < form.size(); });
    alike.insert(shorter, std::move(form));
  }
}

// The longest form that `text` begins with.
const std::string* Redactor::LongestAt(std::string_view text) const {
  if (text.size() < kShortestSecret) return nullptr;
  const auto alike = forms_.find(std::string(text.substr(0, kShortestSecret)));
  if (alike == forms_.end()) return nullptr;
  for (const std::string& form : alike->second) {
    if (text.starts_with(form)) return &form;
  }
  return nullptr;
}

std::string Redactor::Redact(std::string_view text) const {
  if (forms_.empty()) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (const std::string* form = LongestAt(text.substr(at))) {
      out += kMask;
      at += form->size();
    } else {
      out += text[at++];
    }
  }
  RedactBeforeNotes(out);
  return out;
}

std::string Redactor::RedactHead(std::string_view text) const {
  std::string out = Redact(text);
  if (const std::size_t torn = TornAtEnd(out); torn > 0) out.replace(out.size() - torn, torn, kMask);
  return out;
}

std::string Redactor::RedactTail(std::string_view text) const {
  std::string out = Redact(text);
  if (const std::size_t torn = TornAtBegin(out); torn > 0) out.replace(0, torn, kMask);
  return out;
}

// How many bytes at the end of `text` are the beginning of a secret.
std::size_t Redactor::TornAtEnd(std::string_view text) const {
  const std::size_t begin = text.size() - std::min(text.size(), kLongestTorn);
  for (std::size_t at = begin; at + kShortestSecret <= text.size(); ++at) {
    const std::string_view end = text.substr(at);
    const auto alike = forms_.find(std::string(end.substr(0, kShortestSecret)));
    if (alike == forms_.end()) continue;
    for (const std::string& form : alike->second) {
      if (form.starts_with(end)) return end.size();
    }
  }
  return 0;
}

std::size_t Redactor::TornAtBegin(std::string_view text) const {
  std::size_t longest = 0;
  for (const auto& [head, alike] : forms_) {
    for (const std::string& form : alike) {
      for (std::size_t size = std::min(form.size() - 1, text.size()); size >= kShortestSecret && size > longest;
           --size) {
        if (form.ends_with(text.substr(0, size))) longest = size;
      }
    }
  }
  return longest;
}

void Redactor::RedactBeforeNotes(std::string& text) const {
  for (std::size_t from = 0; from < text.size();) {
    const std::optional<Note> note = FindNote(text, from);
    if (!note) return;
    const std::size_t torn = TornAtEnd(std::string_view(text).substr(from, note->begin - from));
    if (torn > 0) text.replace(note->begin - torn, torn, kMask);
    from = note->end - torn + (torn > 0 ? kMask.size() : 0);
  }
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
