#include "base/redactor.h"

#include <algorithm>
#include <optional>

#include "base/encodings.h"

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
  for (EncodedForm& encoded : UsualForms(secret)) {
    std::string& form = encoded.text;
    if (form.size() < kShortestSecret) continue;
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
