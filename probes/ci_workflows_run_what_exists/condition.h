#pragma once
// Conditions of GitHub Actions, as far as constants and what is known of an event decide them. Pure.

#include <map>
#include <string>
#include <string_view>

namespace readiness::workflows {

/// A value of an expression. What is not known beforehand is kUnknown.
struct Value {
  enum class Kind { kUnknown, kNull, kBoolean, kNumber, kText };
  Kind kind = Kind::kUnknown;
  double number = 0;  ///< of a kBoolean 0 or 1
  std::string text;
};

Value TextValue(std::string text);
Value BooleanValue(bool value);

/// What names mean when a workflow runs: "github.event_name", "matrix.image". Others are unknown.
using World = std::map<std::string, Value>;

enum class Holds { kNo, kMay, kYes };

/// Is `condition`, with or without "${{ }}", true in `world`, when nothing before it has failed? Empty: it is.
Holds Evaluate(std::string_view condition, const World& world);

/// Does it say itself what becomes of it when something before it fails or is skipped: always(), !cancelled()?
bool AsksStatus(std::string_view condition);

}  // namespace readiness::workflows
