#include "access.h"

#include "answers.h"
#include "auth.h"
#include "openapi.h"
#include "standin/later.h"

namespace readiness::ai_health {
namespace {

using standin::OperationDoc;
using standin::TokenRules;

constexpr std::chrono::milliseconds kLateWrite{300};

struct Operation {
  std::string id;
  PrivateHandler handler;
  TokenStyle style;
};

// How a faulty system takes somebody for somebody else. -----------------------------------------------------------

using Source = Reply<std::optional<UserId>> (*)(App&, const Request&);

std::optional<UserId> AsUser(const std::optional<std::string>& text) {
  return text ? ParseInteger(*text) : std::nullopt;
}

Reply<std::optional<UserId>> FromQuery(App&, const Request& request) {
  return AsUser(request.Query("user_id"));
}

Reply<std::optional<UserId>> FromHeader(App&, const Request& request) {
  return AsUser(request.Header("X-User-Id"));
}

Reply<std::optional<UserId>> FromPath(App&, const Request& request) {
  return AsUser(request.path_parameters.at("user_id"));
}

Reply<std::optional<UserId>> FromBody(App&, const Request& request) {
  const Json body = standin::ParseJson(request.body).value_or(Json());
  const Json user = body.is_object() ? body.value("user_id", Json()) : Json();
  return user.is_number_integer() ? std::optional(user.get<UserId>()) : std::nullopt;
}

Reply<std::optional<UserId>> OwnerOf(App& app, const std::string& table, const std::optional<std::string>& id) {
  const auto number = id ? ParseInteger(*id) : std::nullopt;
  if (!number) return std::nullopt;
  STANDIN_ASSIGN(const auto rows,
                 app.database.Query("SELECT user_id FROM " + table + " WHERE id = $1::bigint", {*number}));
  return rows.empty() ? std::nullopt : std::optional(rows.front().Integer("user_id"));
}

Reply<std::optional<UserId>> OwnerOfStopped(App& app, const Request& request) {
  return OwnerOf(app, "experiments", request.path_parameters.at("experiment_id"));
}

Reply<std::optional<UserId>> OwnerOfQueried(App& app, const Request& request) {
  return OwnerOf(app, "experiments", request.Query("experiment_id"));
}

Reply<std::optional<UserId>> OwnerOfLab(App& app, const Request& request) {
  return OwnerOf(app, "lab_results", request.path_parameters.at("lab_result_id"));
}

Reply<std::optional<UserId>> OwnerOfAudited(App& app, const Request& request) {
  STANDIN_ASSIGN(const auto rows,
                 app.database.Query("SELECT user_id FROM audit_events WHERE entity_type = $1 AND entity_id::text = $2",
                                    {request.Query("entity_type"), request.Query("entity_id")}));
  return rows.empty() ? std::nullopt : std::optional(rows.front().Integer("user_id"));
}

/// Whose place `source` takes.
enum class Instead { kOfCaller, kOfNobody, kOfHeaderless, kOfAnybody };

struct Confusion {
  const char* defect;
  const char* operation;
  Instead instead;
  Source source;
};

constexpr Confusion kConfusions[] = {
    {"ai-health.S1.tokens", "list_experiments", Instead::kOfAnybody, &FromQuery},
    {"ai-health.S1.tokens:stop-unchecked", "stop_experiment", Instead::kOfAnybody, &OwnerOfStopped},
    {"ai-health.S1.tokens:adherence-unchecked", "list_adherence", Instead::kOfAnybody, &OwnerOfQueried},
    {"ai-health.S1.tokens:account-unchecked", "get_user", Instead::kOfNobody, &FromPath},
    {"ai-health.S1.tokens:checked-when-present", "list_audit_events", Instead::kOfHeaderless, &FromQuery},
    {"ai-health.S1.tenants:account-by-id", "get_user", Instead::kOfCaller, &FromPath},
    {"ai-health.S1.tenants:owner-from-query", "list_interventions", Instead::kOfCaller, &FromQuery},
    {"ai-health.S1.tenants:owner-from-header", "list_inbox", Instead::kOfCaller, &FromHeader},
    {"ai-health.S1.tenants:owner-from-body", "create_protocol", Instead::kOfCaller, &FromBody},
    {"ai-health.S1.tenants:upsert-for-anybody", "upsert_checkin", Instead::kOfCaller, &FromBody},
    {"ai-health.S1.tenants:lab-by-id", "get_lab_result", Instead::kOfCaller, &OwnerOfLab},
    {"ai-health.S1.tenants:stop-by-id", "stop_experiment", Instead::kOfCaller, &OwnerOfStopped},
    {"ai-health.S1.tenants:adherence-by-experiment", "list_adherence", Instead::kOfCaller, &OwnerOfQueried},
    {"ai-health.S1.tenants:audit-by-entity", "list_entity_audit_events", Instead::kOfCaller, &OwnerOfAudited},
};

bool Applies(Instead instead, const Request& request, bool signed_in) {
  switch (instead) {
    case Instead::kOfCaller:
      return signed_in;
    case Instead::kOfNobody:
      return !signed_in;
    case Instead::kOfHeaderless:
      return !request.Header("Authorization");
    case Instead::kOfAnybody:
      return true;
  }
  return false;
}

// How a faulty system reads a token. --------------------------------------------------------------------------------

struct Looseness {
  const char* defect;
  const char* operation;
  void (*loosen)(TokenRules& rules, const std::string& token);
};

constexpr Looseness kLoosenesses[] = {
    {"ai-health.S1.tokens:expired-accepted", "list_symptoms",
     [](TokenRules& rules, const std::string&) { rules.verify_expiry = false; }},
    {"ai-health.S1.tokens:unsigned-accepted", "get_checkin",
     [](TokenRules& rules, const std::string&) { rules.accept_unsigned = true; }},
    {"ai-health.S1.tokens:wrong-key-accepted", "list_protocols",
     [](TokenRules& rules, const std::string&) { rules.verify_signature = false; }},
    {"ai-health.S1.tokens:truncated-accepted", "mark_inbox_item_read",
     [](TokenRules& rules, const std::string&) { rules.verify_whole_signature = false; }},
    {"ai-health.S1.tokens:empty-signature-accepted", "delete_lab_result",
     [](TokenRules& rules, const std::string& token) { rules.verify_signature = token.back() != '.'; }},
    {"ai-health.S1.tokens:not-before-ignored", "list_checkins",
     [](TokenRules& rules, const std::string&) { rules.verify_not_before = false; }},
};

TokenRules RulesOf(const App& app, const Operation& operation, const Request& request) {
  TokenRules rules;
  const auto token = BearerToken(request);
  for (const Looseness& each : kLoosenesses) {
    if (operation.id == each.operation && app.defects.Active(each.defect) && token) each.loosen(rules, *token);
  }
  return rules;
}

/// The user whom the request's token names, whether it is good or not.
std::optional<UserId> NamedUser(const App& app, const Request& request) {
  const auto token = BearerToken(request);
  const TokenRules none = {
      .verify_signature = false, .verify_expiry = false, .verify_not_before = false, .accept_unsigned = true};
  return token ? AsUser(app.tokens.Subject(*token, none)) : std::nullopt;
}

/// Answers a request without a good token. Healthy: with `refusal`, and that is all it does.
Response Refuse(App& app, const Operation& operation, const Request& request, Response refusal) {
  const auto broken = [&](const char* defect, const char* id) {
    return operation.id == id && app.defects.Active(defect);
  };
  if (broken("ai-health.S1.tokens:anonymous-empty-list", "list_inbox"))
    return Answer(200, {{"count", 0}, {"items", Json::array()}});
  const auto named = NamedUser(app, request);
  if (!named) return refusal;
  if (broken("ai-health.S1.tokens:refuses-but-writes", "create_symptom"))
    static_cast<void>(operation.handler(app, request, *named));
  if (broken("ai-health.S1.tokens:late-write", "create_protocol")) {
    standin::Later(kLateWrite, [&app, handler = operation.handler, request, user = *named] {
      static_cast<void>(handler(app, request, user));
    });
  }
  if (broken("ai-health.S1.tokens:refusal-quotes-record", "get_checkin")) {
    const auto record = operation.handler(app, request, *named);
    refusal.body = R"({"detail":"Invalid token","refused":)" + (record ? record->body : "null") + "}";
  }
  return refusal;
}

Reply<UserId> Authenticate(App& app, const Operation& operation, const Request& request) {
  const TokenRules rules = RulesOf(app, operation, request);
  auto caller = operation.style == TokenStyle::kRequestUser ? RequireUser(app, request, rules)
                                                            : RequireAccount(app, request, rules);
  for (const Confusion& each : kConfusions) {
    if (operation.id != each.operation || !app.defects.Active(each.defect)) continue;
    if (!Applies(each.instead, request, caller.has_value())) continue;
    STANDIN_ASSIGN(const auto other, each.source(app, request));
    if (other) return *other;
    if (!caller && each.instead != Instead::kOfNobody) return UserId{0};
  }
  if (!caller && operation.id == "list_interventions" && app.defects.Active("ai-health.S1.tokens:deleted-user")) {
    const auto token = BearerToken(request);
    const auto subject = token ? AsUser(app.tokens.Subject(*token)) : std::nullopt;
    if (subject) return *subject;
  }
  return caller;
}

}  // namespace

standin::Route Private(App& app, const char* method, const char* pattern, PrivateHandler handler, OperationDoc doc,
                       TokenStyle style) {
  doc.security = kBearerScheme;
  doc.answers[401] = "Detail";
  if (style == TokenStyle::kRequestUser) {
    doc.answers[422] = "Failure";
    doc.parameters.push_back({"user_id", "query", false, {{"type", {"integer", "null"}}}});
  }
  const Operation operation = {doc.id, std::move(handler), style};
  auto serve = [&app, operation](const Request& request) -> Reply<Response> {
    const auto caller = Authenticate(app, operation, request);
    if (!caller) return End(Refuse(app, operation, request, caller.error()));
    if (operation.id == "list_protocols" && app.defects.Active("ai-health.S1.tenants:owner-error"))
      return End(InternalError());
    if (operation.id == "list_symptoms" && app.defects.Active("ai-health.S1.tenants:owner-refused"))
      return End(Detail(403, "Forbidden"));
    return operation.handler(app, request, *caller);
  };
  return {method, pattern, std::move(serve), std::move(doc)};
}

standin::Route Public(App& app, const char* method, const char* pattern,
                      std::function<Reply<Response>(App&, const Request&)> handler, OperationDoc doc) {
  auto serve = [&app, handler = std::move(handler)](const Request& request) { return handler(app, request); };
  return {method, pattern, std::move(serve), std::move(doc)};
}

}  // namespace readiness::ai_health
