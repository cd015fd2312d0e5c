// Adapter of zlib for what is looked for inside compressed streams.

#include "readiness/canaries.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <unordered_map>

#include "base/encodings.h"

namespace readiness {
namespace {

constexpr std::size_t kShortest = 6;
constexpr std::size_t kEnd = 12;  // characters of a random value that nobody has by chance
constexpr std::size_t kHead = 4;  // forms are told apart by their first bytes
constexpr std::size_t kMostUnpacked = 8 * 1024 * 1024;
constexpr int kMostStreams = 16;
constexpr int kMostStreamBeginnings = 4096;  // of bytes that merely look like the begin of a stream
constexpr int kAnyWrapper = 15 + 32;         // gzip or zlib, as the stream itself says

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = Lower(c);
  return lower;
}

std::uint32_t Head(const char* text) {
  std::uint32_t head = 0;
  std::memcpy(&head, text, kHead);
  return head;
}

std::uint16_t Short(std::uint32_t head) {
  return static_cast<std::uint16_t>((head * 2654435761U) >> 16);
}

// Looks a text through once for many needles.
class Needles {
 public:
  void Add(std::string_view needle, std::size_t number) {
    const std::uint32_t head = Head(needle.data());
    heads_.set(Short(head));
    needles_[head].emplace_back(needle, number);
  }

  template <class Found>
  void FindIn(std::string_view text, const Found& found) const {
    for (std::size_t at = 0; at + kHead <= text.size(); ++at) {
      const std::uint32_t head = Head(text.data() + at);
      if (!heads_.test(Short(head))) continue;
      const auto alike = needles_.find(head);
      if (alike == needles_.end()) continue;
      const std::string_view rest = text.substr(at);
      for (const auto& [needle, number] : alike->second) {
        if (rest.starts_with(needle)) found(number);
      }
    }
  }

 private:
  std::bitset<65536> heads_;
  std::unordered_map<std::uint32_t, std::vector<std::pair<std::string_view, std::size_t>>> needles_;
};

// Bounds on everything that one search unpacks.
struct Budget {
  std::size_t bytes = kMostUnpacked;
  int streams = kMostStreams;
  int beginnings = kMostStreamBeginnings;
  bool Spent() const { return bytes == 0 || streams == 0 || beginnings == 0; }
};

/// What the stream at the beginning of `packed` holds, as far as it is sound and the budget reaches; nothing when it
/// is none.
std::string Unpack(std::string_view packed, Budget& budget) {
  --budget.beginnings;
  z_stream stream{};
  if (inflateInit2(&stream, kAnyWrapper) != Z_OK) return {};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(std::min<std::size_t>(packed.size(), 1U << 30));
  std::string unpacked;
  std::array<char, 16 * 1024> piece;
  int status = Z_OK;
  while (status == Z_OK && unpacked.size() < budget.bytes) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    status = inflate(&stream, Z_NO_FLUSH);
    unpacked.append(piece.data(), piece.size() - stream.avail_out);
    if (status == Z_OK && stream.avail_in == 0 && stream.avail_out != 0) break;
  }
  inflateEnd(&stream);
  if (unpacked.size() > budget.bytes) unpacked.resize(budget.bytes);
  budget.bytes -= unpacked.size();
  if (!unpacked.empty()) --budget.streams;
  return unpacked;
}

bool BeginsStream(std::string_view text) {
  if (text.size() < 8) return false;
  const auto first = static_cast<unsigned char>(text[0]);
  const auto second = static_cast<unsigned char>(text[1]);
  if (first == 0x1F) return second == 0x8B && text[2] == 8;
  return first == 0x78 && (first * 256 + second) % 31 == 0;
}

int Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

/// The bytes of the base64 at the beginning of `text`.
std::string FromBase64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = Base64Digit(c);
    if (digit < 0) break;
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> count) & 0xFF);
  }
  return bytes;
}

/// Does `text` begin as the base64 of a gzip or zlib stream does?
bool BeginsStreamInBase64(std::string_view text) {
  return text.starts_with("H4sI") || (text.starts_with("eJ") || text.starts_with("eN") || text.starts_with("eA"));
}

/// Everything that the compressed streams of `text` hold.
std::vector<std::string> Streams(std::string_view text) {
  std::vector<std::string> found;
  Budget budget;
  for (std::size_t at = 0; at + 8 <= text.size() && !budget.Spent(); ++at) {
    const char c = text[at];
    if (c != 0x1F && c != 0x78 && c != 'H' && c != 'e') continue;
    const std::string_view rest = text.substr(at);
    std::string unpacked;
    if (BeginsStream(rest)) {
      unpacked = Unpack(rest, budget);
    } else if (BeginsStreamInBase64(rest) && (at == 0 || Base64Digit(text[at - 1]) < 0)) {
      if (const std::string bytes = FromBase64(rest); BeginsStream(bytes)) unpacked = Unpack(bytes, budget);
    }
    if (!unpacked.empty()) found.push_back(std::move(unpacked));
  }
  return found;
}

}  // namespace

void Canaries::Add(std::string name, std::string value) {
  if (value.size() < kShortest) return;
  for (const EncodedForm& form : UsualForms(value)) {
    if (form.text.size() < kHead) continue;
    // Base64 means something else in other letter case.
    const bool exact = std::string_view(form.name) == "base64";
    forms_.push_back({names_.size(), form.name, exact ? form.text : Lower(form.text), exact});
  }
  names_.push_back(std::move(name));
}

void Canaries::AddWithEnds(std::string name, std::string value) {
  const std::size_t canary = names_.size();
  Add(std::move(name), value);
  if (names_.size() == canary || value.size() < kEnd + 4) return;
  forms_.push_back({canary, "its beginning", Lower(value.substr(0, kEnd)), false});
  forms_.push_back({canary, "its end", Lower(value.substr(value.size() - kEnd)), false});
}

std::vector<CanaryHit> Canaries::FindIn(std::string_view text) const {
  if (names_.empty() || text.size() < kHead) return {};
  Needles lower_case, exact;
  for (std::size_t i = 0; i < forms_.size(); ++i) (forms_[i].exact ? exact : lower_case).Add(forms_[i].text, i);

  std::vector<std::optional<std::size_t>> form_found(names_.size());
  const auto look = [&](std::string_view at) {
    std::vector<std::size_t> fresh;
    const auto found = [&](std::size_t form) {
      auto& known = form_found[forms_[form].canary];
      if (!known) fresh.push_back(forms_[form].canary);
      if (!known || form < *known) known = form;
    };
    lower_case.FindIn(Lower(at), found);
    exact.FindIn(at, found);
    return fresh;
  };
  std::vector<CanaryHit> hits(names_.size());
  const auto note = [&](const std::vector<std::size_t>& fresh, const char* where) {
    for (const std::size_t canary : fresh) hits[canary] = {names_[canary], forms_[*form_found[canary]].name + where};
  };
  note(look(text), "");
  for (const std::string& stream : Streams(text)) note(look(stream), " in a compressed stream");
  std::erase_if(hits, [](const CanaryHit& hit) { return hit.form.empty(); });
  return hits;
}

std::string Describe(const std::vector<CanaryHit>& hits) {
  std::string text;
  for (const CanaryHit& hit : hits) text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", hit.name, hit.form);
  return text;
}

}  // namespace readiness
