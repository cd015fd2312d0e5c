#include "standin/routes.h"

#include <algorithm>

namespace readiness::standin {
namespace {

std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> segments;
  while (true) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool Served(const std::vector<Route>& routes, const std::string& path) {
  return std::any_of(routes.begin(), routes.end(), [&](const Route& route) { return MatchPath(route.pattern, path); });
}

std::string ReasonOf(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Not authenticated";
    case 403:
      return "Refused";
    case 404:
      return "Not found";
    case 422:
      return "Validation Error";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Failure";
    case 503:
      return "Not available";
    default:
      return "Successful Response";
  }
}

Json DescribeOperation(const OperationDoc& doc) {
  const auto reference = [](const std::string& schema) {
    return schema.empty() ? Json::object() : Json{{"$ref", "#/components/schemas/" + schema}};
  };
  Json operation = {{"tags", {doc.tag}}, {"summary", doc.summary}, {"operationId", doc.id}};
  if (!doc.security.empty()) operation["security"] = Json::array({Json{{doc.security, Json::array()}}});
  for (const ParameterDoc& parameter : doc.parameters) {
    operation["parameters"].push_back({{"name", parameter.name},
                                       {"in", parameter.in},
                                       {"required", parameter.required},
                                       {"schema", parameter.schema}});
  }
  if (!doc.body_media_type.empty()) {
    operation["requestBody"] = {{"required", doc.body_required},
                                {"content", {{doc.body_media_type, {{"schema", reference(doc.body_schema)}}}}}};
  }
  for (const auto& [status, schema] : doc.answers) {
    operation["responses"][std::to_string(status)] = {
        {"description", ReasonOf(status)}, {"content", {{"application/json", {{"schema", reference(schema)}}}}}};
  }
  return operation;
}

}  // namespace

std::optional<std::map<std::string, std::string>> MatchPath(std::string_view pattern, std::string_view path) {
  const auto wanted = Segments(pattern);
  const auto given = Segments(path);
  if (wanted.size() != given.size()) return std::nullopt;
  std::map<std::string, std::string> values;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool variable = wanted[i].size() > 2 && wanted[i].front() == '{' && wanted[i].back() == '}';
    if (!variable && wanted[i] != given[i]) return std::nullopt;
    if (!variable) continue;
    if (given[i].empty()) return std::nullopt;
    values.emplace(wanted[i].substr(1, wanted[i].size() - 2), given[i]);
  }
  return values;
}

std::variant<Found, WrongMethod, OtherSlash, NoRoute> FindRoute(const std::vector<Route>& routes,
                                                                const std::string& method, const std::string& path) {
  WrongMethod wrong_method;
  for (const Route& route : routes) {
    auto values = MatchPath(route.pattern, path);
    if (!values) continue;
    if (route.method == method) return Found{&route, std::move(*values)};
    wrong_method.allowed.push_back(route.method);
  }
  if (!wrong_method.allowed.empty()) return wrong_method;
  if (path == "/") return NoRoute{};

  std::string other = path;
  if (other.back() == '/') {
    while (!other.empty() && other.back() == '/') other.pop_back();
  } else {
    other.push_back('/');
  }
  if (Served(routes, other)) return OtherSlash{std::move(other)};
  return NoRoute{};
}

Json DescribeApi(const ApiDoc& api, const std::vector<Route>& routes) {
  Json paths = Json::object();
  for (const Route& route : routes) {
    std::string method = route.method;
    std::transform(method.begin(), method.end(), method.begin(), [](unsigned char c) { return std::tolower(c); });
    paths[route.pattern][method] = DescribeOperation(route.doc);
  }
  return {{"openapi", "3.1.0"},
          {"info", api.info},
          {"paths", paths},
          {"components", {{"schemas", api.schemas}, {"securitySchemes", api.security_schemes}}}};
}

}  // namespace readiness::standin
