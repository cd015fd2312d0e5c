#pragma once
// Reads the actions of target.json: steps, expectations, captures. Beside the typed action it tells which placeholders
// each step uses and where, for the checks that need the whole target. Not thread-safe.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "definition/definition.h"
#include "definition/object_reader.h"

namespace readiness {

/// What a step needs and gives.
struct StepUse {
  At at;
  std::vector<std::pair<std::string, At>> placeholders;  ///< in order of writing
  std::vector<std::string> captures;
  bool sends_credential = false;
};

struct LocatedAction {
  Action action;
  std::vector<StepUse> steps;
};

class ActionReader {
 public:
  /// `target` holds services, stores and the credential already.
  ActionReader(const Target& target, Problems& problems);

  LocatedAction Read(const LocatedJson& value);

 private:
  Step ReadStep(const LocatedJson& value, StepUse& use);
  HttpStep ReadHttpStep(const LocatedJson& value, StepUse& use);
  SqlStep ReadSqlStep(const LocatedJson& value, StepUse& use);
  Expectation ReadExpectation(const LocatedJson& value);
  std::string ReadMethod(ObjectReader& reader);
  std::string ReadPath(ObjectReader& reader, StepUse& use);
  HeaderList ReadHeaders(const LocatedJson& value, bool authorised, StepUse& use);
  std::vector<std::pair<std::string, std::string>> ReadFields(const LocatedJson& value, std::string_view label,
                                                              std::string_view noun, StepUse& use);
  std::map<std::string, std::string> ReadCaptures(const LocatedJson& value, bool of_http, StepUse& use);
  void CheckStatement(const LocatedJson& value, const SqlStep& step);
  void CheckRefusal(const LocatedJson& value, const Action& action);
  void CheckAvailability(const LocatedJson& value, const Action& action);
  void UsePlaceholders(At at, std::string_view label, std::string_view text, StepUse& use);
  void UsePlaceholdersInside(const LocatedJson& value, StepUse& use);
  /// Reads the name of a service or store and records one that does not exist.
  std::string ReadReference(ObjectReader& reader, std::string_view key, const std::vector<std::string>& known);

  const Target& target_;
  Problems& problems_;
  std::vector<std::string> services_;
  std::vector<std::string> stores_;
};

/// "/path" without query and fragment, as in steps and wait conditions; records what is wrong.
bool CheckUrlPath(At at, std::string_view label, std::string_view path, Problems& problems);

}  // namespace readiness
