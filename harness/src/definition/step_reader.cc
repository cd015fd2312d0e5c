#include "definition/step_reader.h"

#include <fmt/format.h>

#include <strings.h>
#include <algorithm>

#include "definition/placeholder_check.h"
#include "definition/syntax.h"

namespace readiness {
namespace {

using Type = LocatedJson::Type;

bool HasKey(const LocatedJson& value, std::string_view key) {
  return std::any_of(value.members.begin(), value.members.end(), [&](const auto& member) { return member.key == key; });
}

bool IsSameHeader(const std::string& a, const std::string& b) {
  return strcasecmp(a.c_str(), b.c_str()) == 0;
}

}  // namespace

bool CheckUrlPath(At at, std::string_view label, std::string_view path, Problems& problems) {
  if (path.empty()) return false;
  if (path[0] != '/') {
    problems.Add(at, fmt::format("{} does not begin with /", label), "the path after host and port", Quoted(path),
                 fmt::format("did you mean {}?", Quoted("/" + std::string(path))));
    return false;
  }
  if (const std::size_t bad = path.find_first_of("?# \\"); bad != std::string_view::npos) {
    problems.Add(at, fmt::format("{} has the character {}", label, Quoted(path.substr(bad, 1))),
                 "a path without query, fragment and spaces", Quoted(path),
                 path[bad] == '?' ? "state the query under \"query\"" : "");
    return false;
  }
  return true;
}

ActionReader::ActionReader(const Target& target, Problems& problems) : target_(target), problems_(problems) {
  for (const auto& [name, service] : target.services) services_.push_back(name);
  for (const auto& [name, store] : target.stores) stores_.push_back(name);
}

LocatedAction ActionReader::Read(const LocatedJson& value) {
  LocatedAction located;
  Action& action = located.action;
  ObjectReader reader(value, shapes::kAction, problems_);
  action.description = reader.String("description", TextRule::kLine);
  const LocatedJson* steps = reader.Find("steps");
  if (steps != nullptr && ExpectType(*steps, Type::kArray, "\"steps\"", "a list of steps", problems_)) {
    if (steps->elements.empty()) problems_.Add(*steps, "\"steps\" is empty", "at least one step", "an empty list");
    for (const LocatedJson& element : steps->elements) {
      StepUse& use = located.steps.emplace_back();
      action.steps.push_back(ReadStep(element, use));
    }
  }
  if (const LocatedJson* refused = reader.Find("refused"); refused != nullptr) {
    ObjectReader inner(*refused, shapes::kRefused, problems_);
    action.refused = inner.Statuses("status");
    inner.Finish();
    CheckRefusal(*refused, action);
  }
  if (const LocatedJson* condition = reader.Find("available_if_openapi_has"); condition != nullptr) {
    action.available_if_openapi_has = reader.String("available_if_openapi_has", TextRule::kLine);
    CheckAvailability(*condition, action);
  }
  reader.Finish();
  return located;
}

void ActionReader::CheckRefusal(const LocatedJson& value, const Action& action) {
  if (action.steps.empty()) return;
  const Step& last = action.steps.back();
  if (!last.http) {
    if (last.sql) problems_.Add(value, "\"refused\" on an action that ends in a SQL step", "an HTTP step last");
    return;
  }
  for (const int status : action.refused) {
    if (last.http->expect.statuses.contains(status)) {
      problems_.Add(value, fmt::format("status {} is both expected and a refusal", status),
                    "no status in common with \"expect\" of the last step");
    }
  }
}

void ActionReader::CheckAvailability(const LocatedJson& value, const Action& action) {
  const std::string& pointer = action.available_if_openapi_has;
  if (pointer.empty()) return;
  if (const std::string problem = JsonPointerProblem(pointer); !problem.empty()) {
    problems_.Add(value, fmt::format("\"available_if_openapi_has\" {}", problem),
                  "a JSON pointer, like \"/paths/~1users/post\"", Quoted(pointer));
    return;
  }
  bool has_http_step = false;
  for (const Step& step : action.steps) {
    if (!step.http) continue;
    has_http_step = true;
    const auto service = target_.services.find(step.http->service);
    if (service == target_.services.end() || !service->second.openapi.empty()) return;
  }
  // SQL alone goes by the only service that has a document.
  const auto documents = std::count_if(target_.services.begin(), target_.services.end(),
                                       [](const auto& service) { return !service.second.openapi.empty(); });
  if (action.steps.empty() || (!has_http_step && documents == 1)) return;
  problems_.Add(value, "\"available_if_openapi_has\" on an action whose services have no OpenAPI document",
                "\"openapi\" of a service that the action uses");
}

Step ActionReader::ReadStep(const LocatedJson& value, StepUse& use) {
  Step step;
  use.at = value;
  if (!ExpectType(value, Type::kObject, "a step", "an object", problems_)) return step;
  const bool is_http = HasKey(value, "service") || HasKey(value, "method") || HasKey(value, "path");
  const bool is_sql = HasKey(value, "store") || HasKey(value, "sql");
  if (is_http == is_sql) {
    problems_.Add(value,
                  is_http ? "a step is both an HTTP request and a SQL statement"
                          : "a step is neither an HTTP request nor a SQL statement",
                  "either \"service\", \"method\", \"path\" and \"expect\", or \"store\" and \"sql\"");
    return step;
  }
  if (is_http) {
    step.http = ReadHttpStep(value, use);
  } else {
    step.sql = ReadSqlStep(value, use);
  }
  return step;
}

HttpStep ActionReader::ReadHttpStep(const LocatedJson& value, StepUse& use) {
  HttpStep step;
  ObjectReader reader(value, shapes::kHttpStep, problems_);
  step.service = ReadReference(reader, "service", services_);
  step.method = ReadMethod(reader);
  step.path = ReadPath(reader, use);
  step.authorised = reader.Boolean("authorised", true);
  use.sends_credential = step.authorised;
  if (const LocatedJson* query = reader.Find("query"); query != nullptr) {
    step.query = ReadFields(*query, "\"query\"", "query parameter", use);
  }
  if (const LocatedJson* headers = reader.Find("headers"); headers != nullptr) {
    step.headers = ReadHeaders(*headers, step.authorised, use);
  }
  const LocatedJson* json = reader.Find("json");
  if (json != nullptr) {
    step.json = json->ToJson();
    UsePlaceholdersInside(*json, use);
  }
  if (const LocatedJson* form = reader.Find("form"); form != nullptr) {
    step.form = ReadFields(*form, "\"form\"", "form field", use);
    if (json != nullptr)
      problems_.Add(*form, "a step has two bodies", "\"json\" or \"form\"", "both", "remove one of the two");
  }
  if (const LocatedJson* expect = reader.Find("expect"); expect != nullptr) step.expect = ReadExpectation(*expect);
  if (const LocatedJson* capture = reader.Find("capture"); capture != nullptr) {
    step.capture = ReadCaptures(*capture, true, use);
  }
  reader.Finish();
  return step;
}

std::string ActionReader::ReadMethod(ObjectReader& reader) {
  const std::optional<std::size_t> index = reader.Word("method");
  return index ? shapes::kMethods[*index] : std::string();
}

std::string ActionReader::ReadPath(ObjectReader& reader, StepUse& use) {
  std::string path = reader.String("path", TextRule::kLine);
  if (path.empty()) return path;
  const At at = *reader.Find("path");
  CheckUrlPath(at, "\"path\"", path, problems_);
  UsePlaceholders(at, "\"path\"", path, use);
  return path;
}

std::vector<std::pair<std::string, std::string>> ActionReader::ReadFields(const LocatedJson& value,
                                                                          std::string_view label, std::string_view noun,
                                                                          StepUse& use) {
  std::vector<std::pair<std::string, std::string>> fields;
  ForEachNamed(value, label, noun, TextRule::kLine, problems_, [&](const LocatedJson::Member& member) {
    const std::string member_label = fmt::format("{} {}", noun, Quoted(member.key));
    const auto text = ReadString(member.value, member_label, TextRule::kAny, problems_);
    if (!text) return;
    UsePlaceholders(member.value, member_label, *text, use);
    fields.emplace_back(member.key, *text);
  });
  return fields;
}

HeaderList ActionReader::ReadHeaders(const LocatedJson& value, bool authorised, StepUse& use) {
  HeaderList headers;
  ForEachNamed(value, "\"headers\"", "header", TextRule::kHeaderName, problems_,
               [&](const LocatedJson::Member& member) {
                 const std::string label = fmt::format("header {}", Quoted(member.key));
                 const auto text = ReadString(member.value, label, TextRule::kLine, problems_);
                 if (!text) return;
                 UsePlaceholders(member.value, label, *text, use);
                 for (const auto& [name, ignored] : headers) {
                   if (IsSameHeader(name, member.key))
                     problems_.Add(member, fmt::format("{} is given twice", label), "each header once");
                 }
                 if (authorised && IsSameHeader(target_.credential_header, member.key)) {
                   problems_.Add(member, fmt::format("{} is the credential's", label),
                                 "a step that sets it itself to be unauthorised", {},
                                 "remove the header, or add \"authorised\": false");
                 }
                 headers.emplace_back(member.key, *text);
               });
  return headers;
}

Expectation ActionReader::ReadExpectation(const LocatedJson& value) {
  Expectation expectation;
  ObjectReader reader(value, shapes::kExpect, problems_);
  expectation.statuses = reader.Statuses("status");
  const LocatedJson* equals = reader.Find("equals");
  if (equals != nullptr && ExpectType(*equals, Type::kObject, "\"equals\"", "an object of JSON pointers", problems_)) {
    for (const LocatedJson::Member& member : equals->members) {
      if (const std::string problem = JsonPointerProblem(member.key); !problem.empty()) {
        problems_.Add(member, fmt::format("a key of \"equals\" {}", problem),
                      "a JSON pointer into the answer, like \"/status\"", Quoted(member.key));
      } else {
        expectation.equals.emplace_back(member.key, member.value.ToJson());
      }
    }
  }
  reader.Finish();
  return expectation;
}

std::map<std::string, std::string> ActionReader::ReadCaptures(const LocatedJson& value, bool of_http, StepUse& use) {
  std::map<std::string, std::string> captures;
  ForEachNamed(value, "\"capture\"", "capture", TextRule::kName, problems_, [&](const LocatedJson::Member& member) {
    use.captures.push_back(member.key);
    const std::string label = fmt::format("capture \"{}\"", member.key);
    const auto from = ReadString(member.value, label, of_http ? TextRule::kAny : TextRule::kLine, problems_);
    if (!from) return;
    if (const std::string problem = of_http ? CaptureProblem(*from) : ""; !problem.empty()) {
      problems_.Add(member.value, fmt::format("{} {}", label, problem),
                    "a JSON pointer into the answer, or \"query:<parameter> of <JSON pointer>\"", Quoted(*from),
                    IsIdentifier(*from) ? fmt::format("did you mean \"/{}\"?", *from) : "");
      return;
    }
    captures.emplace(member.key, *from);
  });
  return captures;
}

SqlStep ActionReader::ReadSqlStep(const LocatedJson& value, StepUse& use) {
  SqlStep step;
  ObjectReader reader(value, shapes::kSqlStep, problems_);
  step.store = ReadReference(reader, "store", stores_);
  step.statement = reader.String("sql", TextRule::kText);
  bool parameters_are_good = true;
  if (const LocatedJson* parameters = reader.Find("parameters"); parameters != nullptr) {
    const auto texts = ReadStrings(*parameters, "\"parameters\"", TextRule::kAny, false, problems_);
    parameters_are_good = texts.has_value();
    if (texts) step.parameters = *texts;
    for (std::size_t i = 0; i < step.parameters.size(); ++i) {
      UsePlaceholders(parameters->elements[i], fmt::format("parameter ${}", i + 1), step.parameters[i], use);
    }
  }
  if (!step.statement.empty() && parameters_are_good) CheckStatement(*reader.Find("sql"), step);
  if (const LocatedJson* capture = reader.Find("capture"); capture != nullptr) {
    step.capture = ReadCaptures(*capture, false, use);
  }
  reader.Finish();
  return step;
}

void ActionReader::CheckStatement(const LocatedJson& value, const SqlStep& step) {
  if (step.statement.find("${") != std::string::npos) {
    problems_.Add(value, "\"sql\" has a placeholder",
                  "values as $1, $2, ... with the placeholders under \"parameters\"", Quoted(step.statement),
                  "a value inside the statement could change what it does");
    return;
  }
  const SqlParameters used = ParseSqlParameters(step.statement);
  if (!used.problem.empty()) {
    problems_.Add(value, fmt::format("\"sql\" {}", used.problem), {}, Quoted(step.statement));
  } else if (used.count != static_cast<int>(step.parameters.size())) {
    problems_.Add(value, "\"sql\" and \"parameters\" differ in number",
                  fmt::format("{} parameters, as in the statement", used.count),
                  fmt::format("{} parameters", step.parameters.size()));
  }
}

std::string ActionReader::ReadReference(ObjectReader& reader, std::string_view key,
                                        const std::vector<std::string>& known) {
  std::string name = reader.String(key, TextRule::kText);
  if (!name.empty() && std::find(known.begin(), known.end(), name) == known.end()) {
    problems_.AddUnknown(*reader.Find(key), key, name, known);
  }
  return name;
}

void ActionReader::UsePlaceholders(At at, std::string_view label, std::string_view text, StepUse& use) {
  for (std::string& name : CheckPlaceholders(at, label, text, nullptr, problems_))
    use.placeholders.emplace_back(std::move(name), at);
}

void ActionReader::UsePlaceholdersInside(const LocatedJson& value, StepUse& use) {
  if (value.type == Type::kString)
    UsePlaceholders(value, "a string in \"json\"", value.scalar.get_ref<const std::string&>(), use);
  for (const LocatedJson& element : value.elements) UsePlaceholdersInside(element, use);
  for (const LocatedJson::Member& member : value.members) {
    if (member.key.find("${") != std::string::npos) {
      problems_.Add(member, "a key in \"json\" has a placeholder", "placeholders in values only", Quoted(member.key));
    }
    UsePlaceholdersInside(member.value, use);
  }
}

}  // namespace readiness
