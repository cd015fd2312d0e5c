#pragma once
// What a stand-in's handlers see of HTTP: plain requests, plain responses, and Reply<T>, which is either a value or the
// response that ends the request at once (a refusal, a failure). No library types; values only.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "readiness/result.h"

namespace readiness::standin {

struct CaseInsensitiveLess {
  bool operator()(std::string_view left, std::string_view right) const;
};

struct Request {
  std::string method;
  std::string path;  ///< percent-decoded, without query
  std::multimap<std::string, std::string> query;
  std::map<std::string, std::string, CaseInsensitiveLess> headers;  ///< the first of each name
  std::map<std::string, std::string> path_parameters;
  std::string body;
  std::string source_address;
  std::string request_id;

  std::optional<std::string> Header(const std::string& name) const;
  std::optional<std::string> Query(const std::string& name) const;
};

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string failure;  ///< why the service itself failed: logged, never sent
};

/// A value, or the response that ends the request.
template <class T>
using Reply = tl::expected<T, Response>;

using Handler = std::function<Reply<Response>(const Request&)>;

/// Ends the request with `response`.
[[nodiscard]] inline tl::unexpected<Response> End(Response response) {
  return tl::unexpected<Response>(std::move(response));
}

/// How an error value ends a request: as it is, or, when it is the service's own trouble, as a response with status 500
/// and no body, which the server fills in its target's way.
inline Response ToResponse(Response response) {
  return response;
}
inline Response ToResponse(const readiness::Error& error) {
  Response response;
  response.status = 500;
  response.failure = error.Brief();
  return response;
}

/// Fields of an application/x-www-form-urlencoded text; the first of each name.
std::map<std::string, std::string> ParseForm(std::string_view body);

/// `text` with %XX and, in forms, + decoded; broken escapes stay as they are.
std::string PercentDecode(std::string_view text, bool plus_is_blank);

/// Whether `text` is UTF-8 without NUL, which is what a database takes as text.
bool IsText(std::string_view text);

}  // namespace readiness::standin

#define STANDIN_CONCAT_INNER(a, b) a##b
#define STANDIN_CONCAT(a, b) STANDIN_CONCAT_INNER(a, b)

/// Evaluates a Result or Reply; an error ends the enclosing handler (which returns a Reply), else the value is
/// assigned.
#define STANDIN_ASSIGN(declaration, expression) \
  STANDIN_ASSIGN_INNER(STANDIN_CONCAT(standin_reply_, __LINE__), declaration, expression)
#define STANDIN_ASSIGN_INNER(temporary, declaration, expression)                                                    \
  auto temporary = (expression);                                                                                    \
  if (!temporary) return ::readiness::standin::End(::readiness::standin::ToResponse(std::move(temporary.error()))); \
  declaration = std::move(*temporary)

/// Evaluates a Result<void> or Reply<void>; an error ends the enclosing handler.
#define STANDIN_RETURN_IF_ERROR(expression)                                                                  \
  do {                                                                                                       \
    if (auto standin_status = (expression); !standin_status)                                                 \
      return ::readiness::standin::End(::readiness::standin::ToResponse(std::move(standin_status.error()))); \
  } while (false)
