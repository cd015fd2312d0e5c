#pragma once
// What an object of the API consists of, said once: from the same fields come its schemas, the reading of request
// bodies, the columns in SQL and the JSON of answers, so that none of them can disagree. Values only; any thread.

#include <optional>
#include <string>
#include <vector>

#include "app.h"
#include "standin/database.h"
#include "standin/json.h"

namespace readiness::ai_health {

enum class Kind { kText, kInteger, kNumber, kBoolean, kDate, kTime, kObject, kObjects, kTexts };

enum class Role {
  kStored,   ///< sent, stored and shown
  kMade,     ///< made here and shown; a new object begins with `otherwise`
  kStamp,    ///< when the object was stored; shown
  kIgnored,  ///< demanded in a request, as clients of the real system send it, and never believed
  kInput,    ///< sent and used, but neither stored nor shown as such
};

struct Field {
  std::string name;
  Kind kind = Kind::kText;
  Role role = Role::kStored;
  bool required = true;           ///< in requests
  bool nullable = false;          ///< in answers, and in requests when not required
  std::optional<double> least{};  ///< of a number its value, of a text its length
  std::optional<double> most{};
  std::vector<std::string> words{};  ///< the only texts allowed
  standin::Json otherwise{};         ///< what an absent member counts as
  bool or_now = false;               ///< an absent time is now
  std::string column{};              ///< when it is not called as the member is
};

using Fields = std::vector<Field>;

/// A column and the value that it gets.
struct Column {
  std::string name;  ///< quoted
  standin::SqlValue value;
  bool is_instant = false;  ///< a time with its zone, to be stored without one in UTC
};
using Columns = std::vector<Column>;

/// The schema of a body that brings `fields`, and of an answer that shows them.
standin::Json RequestSchema(const Fields& fields);
standin::Json AnswerSchema(const Fields& fields);

/// What a new object stores of `body`. Ends with 422 when it is not as the request schema says.
Reply<Columns> ReadFields(const standin::Json& body, const Fields& fields);
/// What `body` changes of an object: only what it brings. Ends with 422 likewise.
Reply<Columns> ReadChanges(const standin::Json& body, const Fields& fields);
/// The column of a time that is now.
Column NowColumn(const std::string& name);

/// What SELECT and RETURNING have to list for ShowFields.
std::string SelectList(const Fields& fields);
standin::Json ShowFields(const standin::Row& row, const Fields& fields);

/// A calendar day as YYYY-MM-DD; ends with 422 for anything else.
Reply<std::string> ParseDay(const std::string& text);

/// The path or required query parameter `name` as a day or an integer; ends with 422.
Reply<std::string> PathDay(const Request& request, const std::string& name);
Reply<std::string> QueryDay(const Request& request, const std::string& name);
Reply<std::int64_t> PathNumber(const Request& request, const std::string& name);

}  // namespace readiness::ai_health
