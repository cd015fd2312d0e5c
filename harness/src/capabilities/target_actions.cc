#include "capabilities/target_actions.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "capabilities/capture.h"
#include "capabilities/sending.h"

namespace readiness {
namespace {

Error WithPrefix(Error error, const std::string& prefix) {
  error.what = prefix + ": " + error.what;
  return error;
}

std::string StepName(const std::string& action, std::size_t index, std::size_t count) {
  return "action " + action + ", step " + std::to_string(index + 1) + " of " + std::to_string(count);
}

bool SoundsSecret(const std::string& name) {
  static constexpr std::string_view kWords[] = {"token",  "secret",  "password", "api_key",
                                                "apikey", "session", "cookie",   "oauth"};
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

Error NotAsExpected(const std::string& step_name, const Step& step, const std::optional<Exchange>& exchange,
                    const std::string& mismatch) {
  Error error;
  error.kind = ErrorKind::kTarget;
  error.what = step_name + " was not as expected";
  if (step.http) {
    error.what += " (" + step.http->method + " " + step.http->path + ")";
    error.expected = "status " + ToString(step.http->expect.statuses);
    error.actual = mismatch;
    if (exchange) error.actual += "; answer: " + Printable(exchange->response.body, 300);
  } else {
    error.expected = "a row with every captured column";
    error.actual = mismatch;
  }
  return error;
}

}  // namespace

TargetActions::TargetActions(const Target& target, const Session& session, Http& http, Stores& stores, EvidenceLog& log,
                             SecretKeeper& secrets)
    : target_(target),
      session_(session),
      http_(http),
      stores_(stores),
      log_(log),
      secrets_(secrets),
      documents_(target, session, http) {
  for (const auto& [kind, description] : target_.identities) {
    const Result<std::vector<std::string>> names = PlaceholdersIn(description.token);
    if (names) secret_names_.insert(names->begin(), names->end());
  }
}

Result<bool> TargetActions::Has(const std::string& name) {
  const auto found = target_.actions.find(name);
  if (found == target_.actions.end()) return false;
  const Action& action = found->second;
  if (action.available_if_openapi_has.empty()) return true;

  std::string service;
  for (const Step& step : action.steps) {
    if (service.empty() && step.http) service = step.http->service;
  }
  // SQL alone goes by the only service that has a document.
  for (const auto& [other, description] : target_.services) {
    if (service.empty() && !description.openapi.empty()) service = other;
  }
  if (service.empty()) {
    return Fail(ErrorKind::kDefinition, "action " + name + " has no HTTP step whose service has an OpenAPI document");
  }
  READINESS_ASSIGN(const Json* document, documents_.Get(service));
  return AtPointer(*document, action.available_if_openapi_has) != nullptr;
}

StatusSet TargetActions::RefusalStatuses(const std::string& name) const {
  const auto found = target_.actions.find(name);
  return found == target_.actions.end() ? StatusSet{} : found->second.refused;
}

Result<ActionResult> TargetActions::Run(const std::string& name, const Identity& who, const Values& arguments) {
  const auto found = target_.actions.find(name);
  if (found == target_.actions.end()) {
    Error error{ErrorKind::kNotAvailable, "action \"" + name + "\" is not declared in " + target_.file, {}, {}, {}, {}};
    std::vector<std::string> known;
    for (const auto& [other, description] : target_.actions) known.push_back(other);
    if (const auto near = NearestWord(name, known)) error.fix = "did you mean \"" + *near + "\"?";
    return Fail(std::move(error));
  }
  const std::vector<Step>& steps = found->second.steps;
  ActionResult result;
  result.action = name;
  const ValueLayers values({&arguments, &result.captured, &who.values});
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    Result<StepOutcome> outcome = step.http ? RunHttp(*step.http, who, values) : RunSql(*step.sql, values);
    if (!outcome) return Fail(WithPrefix(outcome.error(), StepName(name, i, steps.size())));
    LearnSecrets(outcome->captured);
    const bool last = i + 1 == steps.size();
    if (!last && !outcome->mismatch.empty()) {
      return Fail(NotAsExpected(StepName(name, i, steps.size()), step, outcome->exchange, outcome->mismatch));
    }
    for (auto& [key, value] : outcome->captured) result.captured[key] = std::move(value);
    if (!last) continue;
    result.exchange = std::move(outcome->exchange);
    result.mismatch = std::move(outcome->mismatch);
    result.as_expected = result.mismatch.empty();
  }
  return result;
}

Result<void> TargetActions::AddBody(const HttpStep& step, const ValueLayers& values, HttpRequest& request) const {
  std::string type;
  if (step.json) {
    READINESS_ASSIGN(const Json body, FillJson(*step.json, values));
    READINESS_ASSIGN(request.body, DumpJson(body));
    type = "application/json";
  } else if (step.form) {
    READINESS_ASSIGN(request.body, FillPairs(*step.form, values));
    type = "application/x-www-form-urlencoded";
  }
  if (!type.empty() && !HasHeader(request, "Content-Type")) request.headers.emplace_back("Content-Type", type);
  return {};
}

Result<HttpRequest> TargetActions::MakeRequest(const HttpStep& step, const Identity& who,
                                               const ValueLayers& values) const {
  HttpRequest request;
  request.method = step.method;
  READINESS_ASSIGN(const std::string service_url, ServiceUrl(session_, step.service));
  READINESS_ASSIGN(const std::string path, FillPath(step.path, values));
  READINESS_ASSIGN(const std::string query, FillPairs(step.query, values));
  request.url = service_url + path;
  if (!query.empty()) request.url += (path.find('?') == std::string::npos ? '?' : '&') + query;
  for (const auto& [name, text] : step.headers) {
    READINESS_ASSIGN(std::string value, FillHeader(text, values));
    request.headers.emplace_back(name, std::move(value));
  }
  READINESS_RETURN_IF_ERROR(AddBody(step, values, request));
  if (step.authorised) READINESS_RETURN_IF_ERROR(AddCredential(target_, who, secrets_, request));
  AddSourceAddress(who, service_url, request);
  return request;
}

Result<TargetActions::StepOutcome> TargetActions::RunHttp(const HttpStep& step, const Identity& who,
                                                          const ValueLayers& values) {
  READINESS_ASSIGN(const HttpRequest request, MakeRequest(step, who, values));
  READINESS_ASSIGN(Exchange exchange, http_.Send(request));
  Reading reading = ReadAnswer(exchange.response, step.expect, step.capture);
  return StepOutcome{std::move(exchange), std::move(reading.captured), std::move(reading.mismatch)};
}

Result<TargetActions::StepOutcome> TargetActions::RunSql(const SqlStep& step, const ValueLayers& values) {
  READINESS_ASSIGN(Store * store, stores_.Open(step.store));
  std::vector<Json> parameters;
  for (const std::string& text : step.parameters) {
    READINESS_ASSIGN(Json parameter, FillValue(text, values));
    parameters.push_back(std::move(parameter));
  }
  READINESS_ASSIGN(const std::string shown, DumpJson(Json(parameters)));
  Result<Json> rows = store->Query(step.statement, parameters);
  EvidenceEntry entry;
  entry.statement = "store " + step.store + ": " + step.statement + " with " + shown.substr(0, kMaxEvidenceBody);
  if (!rows) entry.error = rows.error();
  log_.Add(std::move(entry));
  if (!rows) return Fail(rows.error());
  Reading reading = ReadRows(*rows, step.capture);
  return StepOutcome{std::nullopt, std::move(reading.captured), std::move(reading.mismatch)};
}

void TargetActions::LearnSecrets(const Values& captured) {
  for (const auto& [name, value] : captured) {
    if (!value.is_string()) continue;
    const std::string& text = value.get_ref<const std::string&>();
    if (secret_names_.contains(name)) {
      secrets_.Add(text);
    } else if (SoundsSecret(name)) {
      secrets_.AddLikely(text);
    }
  }
}

}  // namespace readiness
