#include "object_sweep.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "capabilities/tokens/base64url.h"
#include "capabilities/tokens/signature.h"
#include "scenario.h"
#include "standin/secrets.h"

namespace readiness::standin {
namespace {

constexpr const char* kCanary = "canary-6d1f0c9b";
constexpr const char* kTags[] = {"users",       "checkins",    "symptoms", "labs",      "interventions",
                                 "protocols",   "experiments", "audit",    "adherence", "inbox",
                                 "evaluations", "loop",        "wearables"};
constexpr const char* kTables[] = {"daily_checkins", "symptoms",         "lab_results",       "interventions",
                                   "protocols",      "experiments",      "inbox_items",       "audit_events",
                                   "loop_decisions", "adherence_events", "evaluation_results"};
constexpr std::chrono::milliseconds kLate{600};

const std::set<std::string> kNamingForms = {"empty",   "expired",   "foreign", "future",
                                            "swapped", "truncated", "unsigned"};
const std::set<std::string> kBadForms = {"empty",  "expired", "foreign",   "future",  "garbage",
                                         "nobody", "swapped", "truncated", "unknown", "unsigned"};

struct Operation {
  std::string id;
  std::string method;
  std::string path;
  Json document;
};

struct Attempt {
  std::string token;
  std::string query;
  httplib::Headers headers;
};

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The owner, their objects, and what is sent to address them.
struct Subject {
  TestUser owner;
  std::string email;
  std::map<std::string, Json> values;
};

std::vector<Operation> ObjectOperations(const Json& document) {
  std::vector<Operation> operations;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      const std::string tag = operation["tags"][0];
      const bool is_object = std::find(std::begin(kTags), std::end(kTags), tag) != std::end(kTags);
      if (!is_object || !operation.contains("security")) continue;
      std::string verb = method;
      for (char& c : verb) c = static_cast<char>(std::toupper(c));
      operations.push_back({operation["operationId"], verb, path, operation});
    }
  }
  return operations;
}

std::int64_t Created(World& world, const std::string& path, const std::string& token, const Json& body) {
  const Seen seen = world.Send("POST", path, token, Compact(body));
  EXPECT_EQ(seen.status / 100, 2) << path << " " << seen.body;
  return seen.json().value("id", 0);
}

std::string RowId(World& world, const std::string& statement, const std::string& owner) {
  const auto rows = world.database->Query(statement, {owner, kCanary});
  if (!rows) ADD_FAILURE() << rows.error().Brief();
  return rows && !rows->empty() ? rows->front().Text("id") : "0";
}

Subject Populate(World& world) {
  Subject subject{world.NewUser(), {}, {}};
  const std::string& token = subject.owner.token;
  const int owner = std::stoi(subject.owner.id);
  subject.email = world.Send("GET", "/api/v1/users/me", token).json().value("email", "");
  auto& values = subject.values;
  values = {{"user_id", owner},           {"checkin_date", "2026-01-02"},  {"start_date", "2026-01-01"},
            {"end_date", "2026-01-31"},   {"entity_type", "insight"},      {"entity_id", 7},
            {"expected_direction", "up"}, {"primary_metric_key", "sleep"}, {"code", "x"}};
  const auto create = [&](const char* path, const Json& body) { return Created(world, path, token, body); };
  create("/api/v1/checkins/upsert", {{"user_id", owner}, {"checkin_date", "2026-01-02"}, {"notes", kCanary}});
  values["symptom_id"] =
      create("/api/v1/symptoms/", {{"symptom_name", "a"}, {"severity", "b"}, {"frequency", "c"}, {"notes", kCanary}});
  values["lab_result_id"] =
      create("/api/v1/labs/", {{"test_name", "a"}, {"value", 1}, {"unit", "b"}, {"lab_name", kCanary}});
  values["intervention_id"] =
      create("/api/v1/interventions", {{"user_id", owner}, {"key", "a"}, {"name", "b"}, {"notes", kCanary}});
  create("/api/v1/protocols", {{"user_id", owner}, {"title", "a"}, {"description", kCanary}});
  values["experiment_id"] = create("/api/v1/experiments/start", {{"user_id", owner},
                                                                 {"intervention_id", values["intervention_id"]},
                                                                 {"hypothesis", kCanary},
                                                                 {"primary_metric_key", "sleep"},
                                                                 {"expected_direction", "up"}});
  create("/api/v1/adherence/log", {{"user_id", owner},
                                   {"experiment_id", values["experiment_id"]},
                                   {"intervention_id", values["intervention_id"]},
                                   {"notes", kCanary}});
  values["item_id"] = std::stoi(RowId(world,
                                      "INSERT INTO inbox_items (user_id, category, title, body, is_read, created_at) "
                                      "VALUES ($1, 'insight', 'a', $2, false, now()) RETURNING id",
                                      subject.owner.id));
  RowId(world,
        "INSERT INTO audit_events (user_id, entity_type, entity_id, decision_type, decision_reason, created_at) "
        "VALUES ($1, 'insight', 7, 'created', $2, now()) RETURNING id",
        subject.owner.id);
  values["evaluation_id"] = SeedEvaluation(world, subject.owner);
  return subject;
}

/// A digest of all that `user` owns.
std::string Owned(World& world, const std::string& user) {
  std::string statement;
  for (const std::string table : kTables) {
    statement += fmt::format("{}SELECT '{}' AS place, t::text AS line FROM {} t WHERE user_id = {}",
                             statement.empty() ? "" : " UNION ALL ", table, table, user);
  }
  const auto rows = world.database->Query(
      "SELECT md5(string_agg(place || line, '' ORDER BY place, line)) AS digest FROM (" + statement + ") AS all_rows");
  if (!rows) ADD_FAILURE() << rows.error().Brief();
  return rows ? rows->front().Text("digest") : "";
}

Json MadeUp(const Json& schema) {
  if (schema.contains("enum")) return schema["enum"][0];
  const std::string type = schema["type"].is_array() ? schema["type"][0] : schema["type"];
  if (type == "integer" || type == "number") return schema.value("minimum", 1);
  if (type == "boolean") return true;
  if (type == "object") return Json::object();
  if (type == "array") return Json::array();
  return "word";
}

class Sweep {
 public:
  Sweep(World& world, bool wait) : world_(world), wait_(wait), document_(world.Send("GET", "/openapi.json").json()) {}

  std::string Go(const std::string& only) {
    if (!document_.is_object() || !document_.contains("paths")) return "no document";
    subject_ = Populate(world_);
    owned_ = Owned(world_, subject_.owner.id);
    const TestUser stranger = world_.NewUser();
    for (const Operation& operation : ObjectOperations(document_)) {
      if (!only.empty() && operation.id != only) continue;
      for (const auto& [form, token] : BadTokens(stranger))
        Try(operation, form, {token, "?user_id=" + subject_.owner.id, {}});
      Try(operation, "nobody", {});
      for (const Attempt& attempt :
           {Attempt{stranger.token, "", {}}, Attempt{stranger.token, "?user_id=" + subject_.owner.id, {}},
            Attempt{stranger.token, "", {{"X-User-Id", subject_.owner.id}}}})
        Try(operation, "stranger", attempt);
    }
    for (const Operation& operation : ObjectOperations(document_)) {
      if (!only.empty() && operation.id != only) continue;
      const int status = Send(operation, {subject_.owner.token, "", {}}).status;
      if (status / 100 != 2) found_[operation.id]["owner"].insert(std::to_string(status));
    }
    return Written();
  }

 private:
  std::vector<std::pair<std::string, std::string>> BadTokens(const TestUser& stranger) {
    const std::string& good = subject_.owner.token;
    const std::string payload = good.substr(good.find('.'), good.rfind('.') - good.find('.'));
    const std::string head = good.substr(0, good.find('.'));
    const TokenIssuer foreign("another key, another key, another key");
    const std::string future =
        head + "." + ToBase64Url(fmt::format(R"({{"sub":"{}","exp":4102444800,"nbf":4102444000}})", subject_.owner.id));
    return {{"nobody", ""},
            {"garbage", "garbage"},
            {"unknown", world_.tokens.Issue("999999", std::chrono::minutes(5)).value()},
            {"expired", world_.tokens.Issue(subject_.owner.id, std::chrono::seconds(-60)).value()},
            {"foreign", foreign.Issue(subject_.owner.id, std::chrono::minutes(5)).value()},
            {"future", future + "." + ToBase64Url(Sign("HS256", kSigningKey, future).value())},
            // {"alg":"none","typ":"JWT"}
            {"unsigned", "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0" + payload + "."},
            {"empty", head + payload + "."},
            {"truncated", good.substr(0, good.size() - 10)},
            {"swapped", head + payload + stranger.token.substr(stranger.token.rfind('.'))}};
  }

  /// Those who came to the same effect together.
  std::string Written() const {
    std::string text;
    for (const auto& [operation, tried] : found_) {
      std::map<std::string, std::set<std::string>> by_effect;
      for (const auto& [who, effects] : tried) by_effect[fmt::format("{}", fmt::join(effects, "+"))].insert(who);
      std::string line;
      for (const auto& [effect, who] : by_effect) {
        const std::string names = who == kBadForms      ? "all"
                                  : who == kNamingForms ? "named"
                                                        : fmt::format("{}", fmt::join(who, ","));
        line += (line.empty() ? "" : " | ") + names + " " + effect;
      }
      text += (text.empty() ? "" : "; ") + operation + ": " + line;
    }
    return text;
  }

  std::string Value(const std::string& name, const Json& schema) {
    const auto known = subject_.values.find(name);
    const Json value = known != subject_.values.end() ? known->second : MadeUp(schema);
    return value.is_string() ? value.get<std::string>() : Compact(value);
  }

  Json Body(const Json& media) {
    const std::string reference = media["application/json"]["schema"].value("$ref", "");
    const Json& schema = document_["components"]["schemas"][reference.substr(reference.rfind('/') + 1)];
    Json body = Json::object();
    for (const Json& name : schema.value("required", Json::array())) {
      const auto known = subject_.values.find(name);
      body[name.get<std::string>()] =
          known != subject_.values.end() ? known->second : MadeUp(schema["properties"][name.get<std::string>()]);
    }
    return body;
  }

  Seen Send(const Operation& operation, const Attempt& attempt) {
    std::string target = operation.path;
    std::string query = attempt.query;
    for (const Json& parameter : operation.document.value("parameters", Json::array())) {
      const std::string name = parameter["name"];
      if (parameter["in"] == "path") {
        const std::string mark = "{" + name + "}";
        target.replace(target.find(mark), mark.size(), Value(name, parameter["schema"]));
      } else if (parameter["required"] == true) {
        query += (query.empty() ? "?" : "&") + name + "=" + Value(name, parameter["schema"]);
      }
    }
    std::string body;
    if (operation.document.contains("requestBody")) body = Compact(Body(operation.document["requestBody"]["content"]));
    return world_.Send(operation.method, target + query, attempt.token, body, "application/json", attempt.headers);
  }

  void Try(const Operation& operation, const std::string& who, const Attempt& attempt) {
    const std::string before = owned_;
    const Seen seen = Send(operation, attempt);
    const auto found = [&](const std::string& what) { found_[operation.id][who].insert(what); };
    if (who != "stranger" && seen.status != 401) found(std::to_string(seen.status));
    if (seen.status == 401 && seen.headers.count("WWW-Authenticate") == 0) found("unchallenged");
    if (Leaks(seen)) found("leak");
    const auto deadline = std::chrono::steady_clock::now() + (wait_ ? kLate : std::chrono::milliseconds(0));
    std::string after = Owned(world_, subject_.owner.id);
    while (after == before && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      after = Owned(world_, subject_.owner.id);
    }
    if (after != before) found("write");
    owned_ = after;
  }

  bool Leaks(const Seen& seen) const {
    std::string text = seen.body;
    for (const auto& [unused, value] : seen.headers) text += "\n" + value;
    bool leaks = Contains(text, kCanary) || Contains(text, subject_.email);
    // Base64 depends on where the text begins.
    for (std::size_t skip = 0; skip < 3; ++skip)
      leaks = leaks || Contains(text, PlainBase64(kCanary + skip).substr(0, 12));
    return leaks;
  }

  World& world_;
  const bool wait_;
  const Json document_;
  Subject subject_;
  std::string owned_;  ///< digest of what the owner owns, as last seen
  std::map<std::string, std::map<std::string, std::set<std::string>>> found_;  ///< operation, who, what
};

}  // namespace

std::string SweepObjects(World& world, const std::string& only, bool wait_for_late_writes) {
  return Sweep(world, wait_for_late_writes).Go(only);
}

int SweptOperations(World& world) {
  return static_cast<int>(ObjectOperations(world.Send("GET", "/openapi.json").json()).size());
}

}  // namespace readiness::standin
