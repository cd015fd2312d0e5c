#pragma once
// The exchange that an item declares, typed and checked: whoever holds a Script need not check its form again. It plays
// nothing. Values only.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "readiness/http.h"
#include "readiness/identities.h"
#include "readiness/parameters.h"

namespace readiness::probes::scenario_parts {

constexpr const char* kAnonymous = "anonymous";
constexpr std::size_t kShortestCanary = 6;  ///< bytes of a text that must not be shown; shorter ones occur anywhere

/// What must hold at a JSON pointer of the answer.
struct JsonExpectation {
  enum class Kind { kEquals, kType, kOneOf, kContains, kAbsent, kMinItems };
  std::string at;
  Kind kind = Kind::kEquals;
  Json wanted;  ///< as written: placeholders not filled in
};

struct HeaderExpectation {
  enum class Kind { kEquals, kContains, kAbsent };
  std::string name;
  Kind kind = Kind::kEquals;
  std::string wanted;
};

/// By how many rows of `of` the table differs afterwards.
struct RowsExpectation {
  std::string of;
  std::string table;
  std::int64_t delta = 0;
};

/// How many calls with the credential of `of` the provider double saw.
struct CallsExpectation {
  std::string of;
  std::int64_t delta = 0;
};

struct Expectations {
  StatusSet statuses;
  std::vector<JsonExpectation> json;
  std::vector<HeaderExpectation> headers;
  std::vector<RowsExpectation> rows;
  std::vector<std::string> unchanged;  ///< identities of whose rows none may change
  std::vector<CallsExpectation> calls;
  std::vector<std::string> never_contains;
  std::optional<std::chrono::milliseconds> within;
};

struct Step {
  std::string place;  ///< JSON pointer in the parameters: "/attempt/0"
  std::string as;
  std::string action;
  Values arguments;
  Expectations expect;
};

struct Script {
  std::map<std::string, std::string> identities;  ///< name -> kind, without "anonymous"
  std::string store;
  std::string provider;  ///< empty: none
  std::vector<std::string> may_change;
  std::vector<Step> control;
  std::vector<Step> attempt;
  std::string fix;
};

/// Errors: kDefinition with the JSON pointer of the place in the parameters.
Result<Script> ReadScript(const Parameters& parameters);

}  // namespace readiness::probes::scenario_parts
