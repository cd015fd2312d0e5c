#include "judge/record_bounds.h"

#include <fmt/format.h>

#include <algorithm>

#include "judge/one_line.h"

namespace readiness {
namespace {

constexpr int kDetailDepth = 24;
constexpr std::size_t kKeyBytes = 200;

// Keys that differ only in what cannot be shown would become duplicates, which no strict reader takes.
std::string DistinctKey(const Json& object, const std::string& key) {
  std::string safe = OneLine(key, kKeyBytes);
  while (object.contains(safe)) safe += '\'';
  return safe;
}

Json SafeDetail(const Json& value, std::size_t text_bytes, int depth) {
  if (value.is_string()) return CutText(value.get_ref<const std::string&>(), text_bytes);
  if (value.is_binary()) return fmt::format("[{} bytes]", value.get_binary().size());
  if (value.is_discarded()) return nullptr;
  if (!value.is_structured()) return value;
  if (depth >= kDetailDepth) return fmt::format("[nested deeper than {} levels]", kDetailDepth);
  if (value.is_array()) {
    Json array = Json::array();
    for (const Json& element : value) array.push_back(SafeDetail(element, text_bytes, depth + 1));
    return array;
  }
  Json object = Json::object();
  for (const auto& [key, member] : value.items())
    object[DistinctKey(object, key)] = SafeDetail(member, text_bytes, depth + 1);
  return object;
}

Json BoundedDetail(const Json& detail, const RecordBounds& bounds) {
  Json safe = SafeDetail(detail, bounds.text_bytes, 0);
  if (!safe.is_object()) safe = Json{{"value", std::move(safe)}};
  const std::size_t size = safe.dump(-1, ' ', false, Json::error_handler_t::replace).size();
  if (size <= bounds.detail_bytes) return safe;
  return Json{{"cut", fmt::format("detail of {} bytes not kept", size)}};
}

// Keeps the first entries; `note` makes the entry that says how many are gone.
template <class T, class Note>
void CutList(std::vector<T>& list, std::size_t entries, Note note) {
  if (list.size() <= entries) return;
  const std::size_t gone = list.size() - entries;
  list.resize(entries);
  list.push_back(note(gone));
}

// An unsatisfied control is why an item is inconclusive; it must not be among those that are cut.
void CutControls(std::vector<Control>& controls, std::size_t entries) {
  if (controls.size() <= entries) return;
  std::stable_partition(controls.begin(), controls.end(), [](const Control& control) { return !control.satisfied; });
  const std::size_t gone = controls.size() - entries;
  controls.resize(entries);
  controls.back().seen += fmt::format(" [{} further controls not kept]", gone);
}

}  // namespace

std::string CutText(const std::string& text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  for (int i = 0; i < 3 && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80; ++i) --end;
  return text.substr(0, end) + fmt::format(" [{} more bytes]", text.size() - end);
}

Record Bounded(const Record& record, const RecordBounds& bounds) {
  Record result = record;
  const auto cut = [&](std::string& text) { text = CutText(text, bounds.text_bytes); };
  for (std::string* text :
       {&result.title, &result.reason, &result.section, &result.remediation, &result.narrower_than_audit})
    cut(*text);
  for (Attempt& attempt : result.attempts) cut(attempt.reason);

  CutControls(result.controls, bounds.entries);
  for (Control& control : result.controls) {
    for (std::string* text : {&control.id, &control.statement, &control.seen}) cut(*text);
  }
  CutList(result.observations, bounds.entries, [](std::size_t gone) {
    return Observation{fmt::format("{} further observations not kept", gone), {}, Json::object()};
  });
  for (Observation& observation : result.observations) {
    cut(observation.what);
    cut(observation.seen);
    observation.detail = BoundedDetail(observation.detail, bounds);
  }
  CutList(result.violations, bounds.entries, [](std::size_t gone) {
    return Violation{fmt::format("{} further violations not kept", gone), {}, {}, {}, {}};
  });
  for (Violation& violation : result.violations) {
    for (std::string* text : {&violation.what, &violation.did, &violation.expected, &violation.actual, &violation.fix})
      cut(*text);
  }
  if (result.evidence.size() > bounds.entries) result.evidence.resize(bounds.entries);
  for (EvidenceFile& file : result.evidence) cut(file.what);
  return result;
}

}  // namespace readiness
