#include "readiness/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"

namespace readiness {
namespace {

constexpr std::size_t kShownBytes = 300;

Error Wrong(const std::string& parameter, std::string what, std::string expected, std::string actual) {
  return {ErrorKind::kDefinition, fmt::format("parameter {}: {}", parameter, what),
          std::nullopt,           std::move(expected),
          std::move(actual),      {}};
}

std::string Member(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
}

enum class Extra { kNone, kStatuses, kAttributes };

const char* FormOf(Extra extra) {
  switch (extra) {
    case Extra::kNone:
      return R"({"operation": "GET /things", "reason": "..."})";
    case Extra::kStatuses:
      return R"({"operation": "GET /things", "status": [400], "reason": "..."})";
    case Extra::kAttributes:
      return R"({"operation": "GET /things", "attributes": ["username"], "reason": "..."})";
  }
  return "";
}

Result<OperationNote> ReadNote(const std::string& name, const Json& entry, Extra extra) {
  OperationNote note;
  const Json members = entry.is_object() ? entry : Json::object();
  bool good = entry.is_object();
  for (const auto& [key, value] : members.items()) {
    if (key == "operation" || key == "reason") {
      good = good && value.is_string();
    } else if (key == "if_present") {
      good = good && value.is_boolean();
      note.if_present = value == true;
    } else {
      const bool asked =
          (extra == Extra::kStatuses && key == "status") || (extra == Extra::kAttributes && key == "attributes");
      good = good && asked && value.is_array();
    }
  }
  if (good) {
    note.operation = Member(entry, "operation");
    note.reason = Member(entry, "reason");
    const Json statuses = entry.value("status", Json::array());
    for (const Json& status : statuses) {
      good = good && status.is_number_integer();
      if (good) note.statuses.insert(status.get<int>());
    }
    const Json attributes = entry.value("attributes", Json::array());
    for (const Json& attribute : attributes) {
      good = good && attribute.is_string();
      if (good) note.attributes.push_back(attribute.get<std::string>());
    }
  }
  const bool has_extra = extra == Extra::kNone || !note.statuses.empty() || !note.attributes.empty();
  if (good && !note.operation.empty() && !note.reason.empty() && has_extra) return note;
  return Fail(Wrong(name, "an entry has another form", FormOf(extra),
                    Printable(entry.dump(-1, ' ', false, Json::error_handler_t::replace), kShownBytes)));
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool EndsSession(const Operation& operation) {
  static constexpr std::array kWords = {"logout", "log-out", "log_out", "signout", "sign-out", "sign_out", "revoke"};
  const std::string text = Lower(operation.path + " " + operation.id);
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](const char* word) { return text.find(word) != std::string::npos; });
}

std::string OneLine(const std::string& text) {
  std::string line = Printable(text, kShownBytes);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

Result<std::vector<OperationNote>> ReadNotes(const Parameters& parameters, const std::string& name,
                                             const std::vector<Operation>& operations, Extra extra) {
  READINESS_ASSIGN(const Json list, parameters.Raw(name));
  if (!list.is_array()) return Fail(Wrong(name, "no list", "a list", list.type_name()));
  std::vector<std::string> known;
  for (const Operation& operation : operations) known.push_back(operation.Name());
  std::vector<OperationNote> notes;
  for (const Json& entry : list) {
    READINESS_ASSIGN(OperationNote note, ReadNote(name, entry, extra));
    if (std::find(known.begin(), known.end(), note.operation) == known.end()) {
      if (note.if_present) continue;
      Error error = Wrong(name, "the target's OpenAPI document has no such operation",
                          fmt::format("one of its {} operations, like \"GET /things/{{id}}\"", known.size()),
                          Printable(note.operation, kShownBytes));
      if (const auto near = NearestWord(note.operation, known)) error.fix = fmt::format("did you mean \"{}\"?", *near);
      return Fail(std::move(error));
    }
    const bool twice = std::any_of(notes.begin(), notes.end(),
                                   [&](const OperationNote& other) { return other.operation == note.operation; });
    if (twice) return Fail(Wrong(name, "an operation is listed twice", "each once", note.operation));
    notes.push_back(std::move(note));
  }
  return notes;
}

}  // namespace

Result<std::vector<OperationNote>> ReadOperationNotes(const Parameters& parameters, const std::string& name,
                                                      const std::vector<Operation>& operations, bool with_statuses) {
  return ReadNotes(parameters, name, operations, with_statuses ? Extra::kStatuses : Extra::kNone);
}

Result<std::vector<OperationNote>> ReadShownToAll(const Parameters& parameters, const std::string& name,
                                                  const std::vector<Operation>& operations) {
  return ReadNotes(parameters, name, operations, Extra::kAttributes);
}

std::string AttributeCanary(const Identity& who, const std::string& attribute) {
  return "the " + who.label + "'s " + (attribute == "unique" ? "mark" : attribute);
}

Result<std::string> TakeShownToAll(std::vector<CanaryHit>& hits, const Identity& owner, const OperationNote* note) {
  if (note == nullptr) return std::string();
  std::string taken;
  const auto take = [&](const std::string& attribute) {
    const std::string name = AttributeCanary(owner, attribute);
    if (std::erase_if(hits, [&](const CanaryHit& hit) { return hit.name == name; }) == 0) return;
    taken += (taken.empty() ? "" : ", ") + name;
  };
  for (const std::string& attribute : note->attributes) {
    if (!owner.values.contains(attribute)) {
      std::vector<std::string> known;
      for (const auto& [name, value] : owner.values) known.push_back(name);
      Error error = Wrong("shown_to_all", "an identity has no such attribute", "one that target.json gives to it",
                          Printable(attribute, kShownBytes));
      if (const auto near = NearestWord(attribute, known)) error.fix = fmt::format("did you mean \"{}\"?", *near);
      return Fail(std::move(error));
    }
    take(attribute);
  }
  // The mark is part of what was shown.
  if (!taken.empty()) take("unique");
  return taken;
}

const OperationNote* NoteAbout(const std::vector<OperationNote>& notes, const Operation& operation) {
  const auto found = std::find_if(notes.begin(), notes.end(),
                                  [&](const OperationNote& note) { return note.operation == operation.Name(); });
  return found == notes.end() ? nullptr : &*found;
}

void AddOwnIds(const Values& of_others, PopulatedIdentity& owner) {
  constexpr std::size_t kShortest = 12;
  std::string others;
  for (const auto& [name, value] : of_others) {
    if (value.is_string()) others += value.get_ref<const std::string&>() + "\n";
  }
  const auto is_date = [](const std::string& text) {
    return text.find_first_not_of("0123456789") == 4 && text[4] == '-' && text[7] == '-';
  };
  for (const auto& [name, value] : owner.who.values) {
    if (!value.is_string()) continue;
    const auto& text = value.get_ref<const std::string&>();
    const bool has_digit = text.find_first_of("0123456789") != std::string::npos;
    if (text.size() < kShortest || !has_digit || text.find(' ') != std::string::npos || is_date(text)) continue;
    // Whoever logs in gets the token again; what it opens is what is looked at.
    if (!owner.who.token.empty() && owner.who.token.find(text) != std::string::npos) continue;
    if (others.find(text) != std::string::npos || !owner.canaries.FindIn(text).empty()) continue;
    owner.canaries.Add(AttributeCanary(owner.who, name), text);
  }
}

bool IsDestructive(const Operation& operation) {
  return operation.method == "DELETE" || EndsSession(operation);
}

std::vector<Operation> InSweepOrder(std::vector<Operation> operations) {
  const auto rank = [](const Operation& operation) {
    return EndsSession(operation) ? 2 : operation.method == "DELETE" ? 1 : 0;
  };
  std::stable_sort(operations.begin(), operations.end(),
                   [&](const Operation& a, const Operation& b) { return rank(a) < rank(b); });
  return operations;
}

bool IsSuccess(const Exchange& exchange) {
  return exchange.response.status >= 200 && exchange.response.status < 300;
}

std::vector<CanaryHit> GivenAway(const Exchange& exchange, const Canaries& canaries) {
  std::string answer = exchange.response.body;
  for (const auto& [name, value] : exchange.response.headers) answer += "\n" + name + ": " + value;
  std::vector<CanaryHit> hits = canaries.FindIn(answer);
  if (hits.empty()) return hits;
  std::string asked = exchange.request.url + "\n" + exchange.request.body;
  for (const auto& [name, value] : exchange.request.headers) asked += "\n" + value;
  const std::vector<CanaryHit> carried = canaries.FindIn(asked);
  std::erase_if(hits, [&](const CanaryHit& hit) {
    return std::any_of(carried.begin(), carried.end(), [&](const CanaryHit& own) { return own.name == hit.name; });
  });
  return hits;
}

std::string DescribeRequest(const Exchange& exchange) {
  const std::string& url = exchange.request.url;
  const std::size_t host = url.find("://");
  const std::size_t path = host == std::string::npos ? 0 : std::min(url.find('/', host + 3), url.size());
  std::string text = exchange.request.method + " " + OneLine(url.substr(path));
  if (!exchange.request.body.empty()) text += " with " + OneLine(exchange.request.body);
  return text;
}

std::string DescribeAnswer(const Exchange& exchange) {
  std::string text = fmt::format("status {}", exchange.response.status);
  if (!exchange.response.body.empty()) text += ", " + OneLine(exchange.response.body);
  return text;
}

Result<std::vector<TableChange>> OwnerRows::Look() {
  READINESS_ASSIGN(StoreSnapshot now, store_->SnapshotOwned(owner_));
  std::vector<TableChange> changes;
  if (last_) changes = Compare(*last_, now);
  last_ = std::move(now);
  std::erase_if(changes, [&](const TableChange& change) {
    return std::find(may_change_.begin(), may_change_.end(), change.table) != may_change_.end();
  });
  return changes;
}

Result<void> OwnerRows::BeforeObjects() {
  READINESS_ASSIGN(const std::vector<TableChange> ignored, Look());
  return {};
}

Result<std::string> OwnerRows::AfterObjects() {
  READINESS_ASSIGN(const std::vector<TableChange> changes, Look());
  std::int64_t rows = 0;
  for (const auto& [table, state] : *last_) {
    const bool compared = std::find(may_change_.begin(), may_change_.end(), table) == may_change_.end();
    rows += compared ? state.rows : 0;
  }
  if (rows == 0) return fmt::format("the owner has no row in any of {} tables", last_->size());
  const bool grew = std::any_of(changes.begin(), changes.end(),
                                [](const TableChange& change) { return change.rows_after > change.rows_before; });
  return grew ? std::string() : fmt::format("making the owner's objects added no row to the {} that it has", rows);
}

Result<std::vector<std::string>> OtherTables::Look() {
  READINESS_ASSIGN(const auto now, store_->CountUnowned());
  std::vector<std::string> lost;
  for (const auto& [table, rows] : last_) {
    const auto found = now.find(table);
    const std::int64_t left = found == now.end() ? 0 : found->second;
    const bool may = std::find(may_change_.begin(), may_change_.end(), table) != may_change_.end();
    if (left < rows && !may) lost.push_back(fmt::format("{} lost {} of {} rows", table, rows - left, rows));
  }
  last_ = now;
  return lost;
}

std::string OtherTables::Names() const {
  std::string names;
  for (const auto& [table, rows] : last_) names += (names.empty() ? "" : ", ") + table;
  return names;
}

bool LostRows(const std::vector<TableChange>& changes) {
  return std::any_of(changes.begin(), changes.end(),
                     [](const TableChange& change) { return change.rows_after < change.rows_before; });
}

}  // namespace readiness
