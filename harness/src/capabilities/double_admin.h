#pragma once
// The admin API of a double as its clients reach it: JSON over a unix socket, and typed reading of what comes back. It
// knows no particular double. One thread; every call has a deadline and a bound on what it reads.

#include <cstdint>
#include <string>

#include "readiness/findings.h"
#include "readiness/result.h"

namespace readiness {

class DoubleAdmin {
 public:
  /// `who` is what messages call the double.
  DoubleAdmin(std::string who, std::string socket) : who_(std::move(who)), socket_(std::move(socket)) {}

  /// The answer to `method` `path` with `body` (JSON; empty: none). Errors: kTarget.
  Result<Json> Ask(const std::string& method, const std::string& path, const std::string& body,
                   int expected_status) const;
  /// The Error of a double that did `what` with an answer that means nothing.
  Error NotUnderstood(const std::string& what, const std::string& actual) const;

 private:
  std::string who_;
  std::string socket_;
};

/// Reads typed members of one JSON object and remembers the first that is missing or of another type.
class DoubleReader {
 public:
  DoubleReader(const Json& object, std::string place) : object_(object), place_(std::move(place)) {
    if (!object_.is_object()) problem_ = place_ + " is no object";
  }

  std::string String(const char* name) {
    const Json* value = Find(name, "a string", [](const Json& v) { return v.is_string(); });
    return value == nullptr ? "" : value->get<std::string>();
  }
  bool Boolean(const char* name) {
    const Json* value = Find(name, "a boolean", [](const Json& v) { return v.is_boolean(); });
    return value != nullptr && value->get<bool>();
  }
  std::int64_t Integer(const char* name) {
    const Json* value = Find(name, "an integer", [](const Json& v) { return v.is_number_integer(); });
    return value == nullptr ? 0 : value->get<std::int64_t>();
  }
  const Json& List(const char* name) {
    static const Json kNone = Json::array();
    const Json* value = Find(name, "a list", [](const Json& v) { return v.is_array(); });
    return value == nullptr ? kNone : *value;
  }
  const std::string& problem() const { return problem_; }

 private:
  template <class Check>
  const Json* Find(const char* name, const char* type, Check check) {
    if (!problem_.empty()) return nullptr;
    const auto found = object_.find(name);
    if (found != object_.end() && check(*found)) return &*found;
    problem_ = "\"" + std::string(name) + "\" of " + place_ + " is not " + type;
    return nullptr;
  }

  const Json& object_;
  std::string place_;
  std::string problem_;
};

}  // namespace readiness
