#include "capabilities/openapi/target_openapi.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "capabilities/openapi/document.h"
#include "capabilities/placeholders.h"
#include "capabilities/sending.h"
#include "readiness/sweep.h"

namespace readiness {
namespace {

constexpr int kCanaryBytes = 10;

// A day between 2000 and 2024 that hardly anybody else has.
std::string FreshDate() {
  const auto random = [](int most) { return static_cast<int>(std::stoul(RandomHex(3), nullptr, 16)) % most; };
  return fmt::format("{}-{:02}-{:02}", 2000 + random(25), 1 + random(12), 1 + random(28));
}

Error In(Error error, const std::string& where) {
  error.what = where + ": " + error.what;
  return error;
}

std::string AsText(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void Replace(std::vector<std::pair<std::string, std::string>>& pairs, const std::string& name,
             const std::string& value) {
  std::erase_if(pairs, [&](const auto& pair) { return pair.first == name; });
  pairs.emplace_back(name, value);
}

std::string Joined(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string joined;
  for (const auto& [name, value] : pairs) {
    joined += (joined.empty() ? "" : "&") + PercentEncode(name) + "=" + PercentEncode(value);
  }
  return joined;
}

const Json& Member(const Json& object, const std::string& name) {
  static const Json kNothing = Json::object();
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found == object.end() ? kNothing : *found;
}

const Json& PropertySchema(const Json& schema, const std::string& name) {
  return Member(Member(schema, "properties"), name);
}

// As the schema wants it; where it is silent, of the type that stood there.
Json FitInstead(const Json& given, const Json& schema, const Json& before) {
  if (schema.contains("type") || before.is_null()) return Fit(given, schema);
  return Fit(given, {{"type", before.is_string() ? "string" : before.is_number_integer() ? "integer" : "any"}});
}

// Everywhere in a body that is stated as a whole.
void ReplaceByName(const Values& given, const Json& schema, Json& body) {
  if (body.is_array()) {
    for (Json& element : body) ReplaceByName(given, Member(schema, "items"), element);
  }
  if (!body.is_object()) return;
  for (auto& [name, value] : body.items()) {
    if (const auto found = given.find(name); found != given.end()) {
      value = FitInstead(found->second, PropertySchema(schema, name), value);
    } else {
      ReplaceByName(given, PropertySchema(schema, name), value);
    }
  }
}

constexpr const char* kFresh = "fresh";

// Does a text hold a placeholder that the subject fills?
bool IsOfSubject(const Json& value) {
  if (!value.is_string()) return false;
  const auto names = PlaceholdersIn(value.get_ref<const std::string&>());
  return names && std::any_of(names->begin(), names->end(), [](const std::string& name) { return name != kFresh; });
}

}  // namespace

Result<std::vector<Operation>> TargetOpenApi::Operations(const std::string& service) {
  const std::pair key(service, ServiceUrl(session_, service).value_or(""));
  auto known = operations_.find(key);
  if (known == operations_.end()) {
    const auto description = target_.services.find(service);
    if (description == target_.services.end() || description->second.openapi.empty()) {
      return Fail({ErrorKind::kNotAvailable,
                   "service \"" + service + "\" has no OpenAPI document",
                   std::nullopt,
                   "\"openapi\" of the service in " + target_.file,
                   "none",
                   {}});
    }
    const auto read = [&]() -> Result<std::vector<Operation>> {
      READINESS_ASSIGN(const Json* document, documents_.Get(service));
      return ReadOperations(*document, service);
    };
    known = operations_.emplace(key, read()).first;
  }
  return known->second;
}

const Operations::Override* TargetOpenApi::OverrideOf(const Operation& operation) const {
  const auto found = target_.operations.overrides.find(operation.Name());
  return found == target_.operations.overrides.end() ? nullptr : &found->second;
}

Result<PopulatedIdentity> TargetOpenApi::Populate(const Identity& who) {
  PopulatedIdentity populated{who, {}};
  const auto unique = who.values.find("unique");
  const std::string mark = unique != who.values.end() && unique->second.is_string() ? AsText(unique->second) : "";
  for (const auto& [name, value] : who.values) {
    if (mark.empty() || !value.is_string() || AsText(value).find(mark) == std::string::npos) continue;
    populated.canaries.Add(AttributeCanary(who, name), AsText(value));
  }
  for (const std::string& action : target_.operations.populate) {
    READINESS_ASSIGN(const bool has, actions_.Has(action));
    if (!has) continue;
    const std::string canary = "cn" + RandomHex(kCanaryBytes + 2);
    Result<ActionResult> result = actions_.Run(action, populated.who, {{"canary", canary}, {"date", FreshDate()}});
    const std::string where = "the " + who.label + " got no objects by action " + action;
    if (!result) return Fail(In(result.error(), where));
    if (!result->as_expected) {
      Error error{ErrorKind::kTarget, where, std::nullopt, "an answer as the action expects", result->mismatch, {}};
      if (result->exchange) error.actual += "; answer: " + Printable(result->exchange->response.body, 300);
      return Fail(std::move(error));
    }
    for (auto& [name, value] : result->captured) populated.who.values[name] = std::move(value);
    populated.canaries.AddWithEnds("the " + who.label + "'s text of " + action, canary);
  }
  return populated;
}

std::vector<std::string> TargetOpenApi::SubjectPathParameters(const Operation& operation) {
  const auto* own = OverrideOf(operation);
  const StatedValues stated{nullptr, own == nullptr ? nullptr : &own->values, &target_.operations.values, nullptr};
  std::vector<std::string> names;
  for (const OperationParameter& parameter : operation.parameters) {
    if (parameter.in != "path") continue;
    const Json* value = stated.InTarget(parameter.name);
    if (value != nullptr && IsOfSubject(*value)) names.push_back(parameter.name);
  }
  return names;
}

Result<TargetOpenApi::Parts> TargetOpenApi::MakeParts(const Operation& operation, const StatedValues& stated) const {
  Parts parts;
  Values in_path;
  for (const OperationParameter& parameter : operation.parameters) {
    if (!parameter.required && !stated.Has(parameter.name)) continue;
    Result<Json> value = MakeValue(parameter.name, parameter.schema, stated);
    if (!value)
      return Fail(In(value.error(), "parameter \"" + Printable(parameter.name, 100) + "\" in " + parameter.in));
    if (parameter.in == "path") {
      in_path[parameter.name] = AsText(*value);
    } else if (parameter.in == "query" && value->is_array()) {
      for (const Json& element : *value) parts.query.emplace_back(parameter.name, AsText(element));
    } else if (parameter.in == "query") {
      parts.query.emplace_back(parameter.name, AsText(*value));
    } else if (parameter.in == "header" && !IsSameHeaderName(parameter.name, target_.credential_header)) {
      parts.headers.emplace_back(parameter.name, AsText(*value));
    } else if (parameter.in == "cookie") {
      parts.headers.emplace_back("Cookie", parameter.name + "=" + PercentEncode(AsText(*value)));
    }
  }
  std::string path;
  for (const char c : operation.path) path += c == '{' ? "${" : std::string(1, c);
  READINESS_ASSIGN(parts.path, FillPath(path, ValueLayers({&in_path})));
  return parts;
}

Result<void> TargetOpenApi::AddBody(const Operation& operation, const StatedValues& stated, const OperationInput& input,
                                    HttpRequest& request) const {
  if (operation.body_type.empty()) return {};
  const bool is_form = operation.body_type == "application/x-www-form-urlencoded";
  if (!is_form && operation.body_type != "application/json" && !operation.body_type.ends_with("+json")) {
    return Fail({ErrorKind::kNotAvailable,
                 "no body of type \"" + operation.body_type + "\" can be made",
                 std::nullopt,
                 "JSON or a form",
                 {},
                 "leave the operation out of the sweep and say why"});
  }
  const auto* own = OverrideOf(operation);
  Json body;
  if (own != nullptr && own->body) {
    READINESS_ASSIGN(body, FillJson(*own->body, ValueLayers({stated.subject})));
    ReplaceByName(input.values, operation.body_schema, body);
  } else {
    // Nothing is known of it: an object is what most take.
    const bool anything = !operation.body_schema.is_object() || operation.body_schema.empty();
    READINESS_ASSIGN(body, MakeFor(anything ? Json{{"type", "object"}} : operation.body_schema, stated));
  }
  if (body.is_object()) {
    for (const auto& [name, value] : input.body)
      body[name] = FitInstead(value, PropertySchema(operation.body_schema, name), Member(body, name));
  }
  request.headers.emplace_back("Content-Type", operation.body_type);
  if (!is_form) {
    READINESS_ASSIGN(request.body, DumpJson(body));
    return {};
  }
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : body.items()) {
    if (!value.is_null()) pairs.emplace_back(name, AsText(value));
  }
  request.body = Joined(pairs);
  return {};
}

Result<HttpRequest> TargetOpenApi::MakeRequest(const Operation& operation, const Identity& who, const Identity& subject,
                                               const OperationInput& input) {
  const auto* own = OverrideOf(operation);
  Values of_subject = subject.values;
  of_subject.emplace(kFresh, "r" + RandomHex(kCanaryBytes));
  const StatedValues stated{&input.values, own == nullptr ? nullptr : &own->values, &target_.operations.values,
                            &of_subject};
  READINESS_ASSIGN(const std::string service_url, ServiceUrl(session_, operation.service));
  READINESS_ASSIGN(Parts parts, MakeParts(operation, stated));
  for (const auto& [name, value] : input.query) Replace(parts.query, name, value);
  HttpRequest request;
  request.method = operation.method;
  request.url = service_url + parts.path;
  if (!parts.query.empty()) request.url += "?" + Joined(parts.query);
  request.headers = std::move(parts.headers);
  READINESS_RETURN_IF_ERROR(AddBody(operation, stated, input, request));
  for (const auto& [name, value] : input.headers) {
    std::erase_if(request.headers, [&](const auto& header) { return IsSameHeaderName(header.first, name); });
    request.headers.emplace_back(name, value);
  }
  READINESS_RETURN_IF_ERROR(AddCredential(target_, who, secrets_, request));
  AddSourceAddress(who, service_url, request);
  return request;
}

Result<Exchange> TargetOpenApi::Call(const Operation& operation, const Identity& who, const Identity& subject,
                                     const OperationInput& input) {
  Result<HttpRequest> request = MakeRequest(operation, who, subject, input);
  if (!request) {
    Error error = In(request.error(), "operation " + operation.Name());
    if (error.kind == ErrorKind::kNotAvailable && error.fix.empty()) {
      error.fix = "state it in \"operations\".\"overrides\".\"" + operation.Name() + "\" of " + target_.file +
                  ", or let an action of \"populate\" capture it";
    }
    return Fail(std::move(error));
  }
  return http_.Send(*request);
}

}  // namespace readiness
