#include "capabilities/openapi/documents.h"

#include <utility>

#include "base/located_json.h"
#include "capabilities/sending.h"

namespace readiness {
namespace {

constexpr std::size_t kMaxBytes = 8 * 1024 * 1024;
constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxValues = 1'000'000;

Error NotHad(const std::string& service, ErrorKind kind, std::string expected, std::string actual) {
  Error error;
  error.kind = kind;
  error.what = "the OpenAPI document of service \"" + service + "\" could not be had";
  error.expected = std::move(expected);
  error.actual = std::move(actual);
  return error;
}

}  // namespace

Result<Json> OpenApiDocuments::Fetch(const std::string& service) const {
  const auto description = target_.services.find(service);
  const std::string path = description == target_.services.end() ? "" : description->second.openapi;
  if (path.empty()) {
    return Fail(NotHad(service, ErrorKind::kDefinition, "\"openapi\" of the service in " + target_.file, "none"));
  }
  READINESS_ASSIGN(const std::string url, ServiceUrl(session_, service));
  HttpRequest request;
  request.url = url + path;
  request.max_body_bytes = kMaxBytes;
  Result<Exchange> exchange = http_.Send(request);
  if (!exchange) {
    Error error = exchange.error();
    error.what = "the OpenAPI document of service \"" + service + "\": " + error.what;
    return Fail(std::move(error));
  }
  if (exchange->response.status != 200) {
    return Fail(NotHad(service, ErrorKind::kTarget, "status 200 from GET " + path,
                       "status " + std::to_string(exchange->response.status)));
  }
  Result<Json> document = ParseStrictJson(exchange->response.body, path, JsonLimits{kMaxBytes, kMaxDepth, kMaxValues});
  if (!document) return Fail(NotHad(service, ErrorKind::kTarget, "strict JSON", document.error().Brief()));
  if (!document->is_object() || !document->contains("paths")) {
    return Fail(NotHad(service, ErrorKind::kTarget, "an object with \"paths\"", "another document"));
  }
  return document;
}

Result<const Json*> OpenApiDocuments::Get(const std::string& service) {
  const std::pair key(service, ServiceUrl(session_, service).value_or(""));
  auto cached = documents_.find(key);
  if (cached == documents_.end()) cached = documents_.emplace(key, Fetch(service)).first;
  if (!cached->second) return Fail(cached->second.error());
  return &*cached->second;
}

}  // namespace readiness
