#include "capabilities/double_admin.h"

#include "base/located_json.h"
#include "base/text.h"
#include "capabilities/unix_socket_http.h"

namespace readiness {

Error DoubleAdmin::NotUnderstood(const std::string& what, const std::string& actual) const {
  Error error;
  error.kind = ErrorKind::kTarget;
  error.what = who_ + ": " + what;
  error.actual = actual;
  return error;
}

Result<Json> DoubleAdmin::Ask(const std::string& method, const std::string& path, const std::string& body,
                              int expected_status) const {
  Result<UnixSocketAnswer> answer = SendOverUnixSocket(socket_, method, path, body);
  if (!answer) return Fail(NotUnderstood("does not answer", answer.error().Brief()));
  if (answer->status != expected_status) {
    Error error = NotUnderstood(method + " " + path.substr(0, path.find('?')) + " failed",
                                "status " + std::to_string(answer->status) + ": " + Printable(answer->body, 300));
    error.expected = "status " + std::to_string(expected_status);
    return Fail(std::move(error));
  }
  Result<Json> json = ParseStrictJson(answer->body, "answer of " + who_);
  if (!json) return Fail(NotUnderstood("answered with something else than JSON", json.error().Brief()));
  return json;
}

}  // namespace readiness
