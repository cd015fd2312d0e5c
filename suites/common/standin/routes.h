#pragma once
// A stand-in's route table: what is served, by which handler, and how it is documented. One table feeds both the router
// and the OpenAPI document, so that the document says exactly what is served. Immutable once built.

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "standin/http.h"
#include "standin/json.h"

namespace readiness::standin {

/// One query or path parameter as OpenAPI describes it.
struct ParameterDoc {
  std::string name;
  std::string in;  ///< "query" or "path"
  bool required = false;
  Json schema;
};

/// What the OpenAPI document says about one operation.
struct OperationDoc {
  std::string id{};
  std::string summary{};
  std::string tag{};
  std::string security{};  ///< name of the security scheme; empty: open to everybody
  std::vector<ParameterDoc> parameters{};
  std::string body_media_type{};  ///< empty: no body
  std::string body_schema{};      ///< name under components/schemas
  bool body_required = true;
  std::map<int, std::string> answers{};  ///< status -> schema name, or "" for any JSON
};

struct Route {
  std::string method;
  std::string pattern;  ///< "/api/v1/loop/run/{evaluation_id}"
  Handler handler;
  OperationDoc doc;
};

/// The values of the `{parameters}` of `pattern` in `path`; nothing when it does not match.
std::optional<std::map<std::string, std::string>> MatchPath(std::string_view pattern, std::string_view path);

struct Found {
  const Route* route;
  std::map<std::string, std::string> path_parameters;
};
struct WrongMethod {
  std::vector<std::string> allowed;
};
struct OtherSlash {
  std::string path;  ///< the same path with or without its last slash, which is served
};
struct NoRoute {};

/// Where a request goes.
std::variant<Found, WrongMethod, OtherSlash, NoRoute> FindRoute(const std::vector<Route>& routes,
                                                                const std::string& method, const std::string& path);

/// Facts of the document that routes do not carry.
struct ApiDoc {
  Json info;
  Json schemas;
  Json security_schemes;
};

/// The OpenAPI 3.1 document of `routes`.
Json DescribeApi(const ApiDoc& api, const std::vector<Route>& routes);

}  // namespace readiness::standin
