#include "fields.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "answers.h"

namespace readiness::ai_health {
namespace {

std::string ColumnOf(const Field& field) {
  return '"' + (field.column.empty() ? field.name : field.column) + '"';
}

const char* TypeName(Kind kind) {
  switch (kind) {
    case Kind::kInteger:
      return "integer";
    case Kind::kNumber:
      return "number";
    case Kind::kBoolean:
      return "boolean";
    case Kind::kObject:
      return "object";
    case Kind::kObjects:
    case Kind::kTexts:
      return "array";
    default:
      return "string";
  }
}

Json SchemaOf(const Field& field) {
  Json schema = {{"type", TypeName(field.kind)}};
  if (field.nullable) schema["type"] = Json::array({TypeName(field.kind), "null"});
  if (field.kind == Kind::kDate) schema["format"] = "date";
  if (field.kind == Kind::kTime) schema["format"] = "date-time";
  if (field.kind == Kind::kObjects) schema["items"] = {{"type", "object"}};
  if (field.kind == Kind::kTexts) schema["items"] = {{"type", "string"}};
  if (!field.words.empty()) schema["enum"] = field.words;
  const bool is_text = field.kind == Kind::kText;
  if (field.least) schema[is_text ? "minLength" : "minimum"] = *field.least;
  if (field.most) schema[is_text ? "maxLength" : "maximum"] = *field.most;
  return schema;
}

/// The digits of `text` from `from` as a number; -1 when there is anything else.
int Digits(const std::string& text, std::size_t from, std::size_t count) {
  int value = 0;
  for (std::size_t i = from; i < from + count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool IsDay(const std::string& text) {
  const int year = Digits(text, 0, 4);
  const int month = Digits(text, 5, 2);
  const int day = Digits(text, 8, 2);
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' || year < 1 || month < 0 || day < 0) return false;
  return (std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) /
          std::chrono::day(static_cast<unsigned>(day)))
      .ok();
}

/// "2026-01-02T03:04:05[.678][Z|+01:00]" with the zone that it means, which is UTC when it names none.
std::optional<std::string> InstantOf(const std::string& text) {
  constexpr std::size_t kSeconds = 19;
  if (text.size() < kSeconds || !IsDay(text.substr(0, 10)) || (text[10] != 'T' && text[10] != ' ')) return std::nullopt;
  const int hour = Digits(text, 11, 2);
  const int minute = Digits(text, 14, 2);
  const int second = Digits(text, 17, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return std::nullopt;
  if (text[13] != ':' || text[16] != ':') return std::nullopt;
  std::size_t end = kSeconds;
  if (end < text.size() && text[end] == '.') {
    end = text.find_first_not_of("0123456789", end + 1);
    if (end == kSeconds + 1) return std::nullopt;
    if (end == std::string::npos) end = text.size();
  }
  const std::string zone = text.substr(end);
  if (zone.empty() || zone == "Z") return text.substr(0, end) + "Z";
  const bool numeric = zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':';
  const int hours = Digits(zone, 1, 2);
  const int minutes = Digits(zone, 4, 2);
  if (!numeric || hours < 0 || hours > 14 || minutes < 0 || minutes > 59) return std::nullopt;
  return text;
}

bool InRange(const Field& field, double value) {
  return (!field.least || value >= *field.least) && (!field.most || value <= *field.most);
}

Reply<standin::SqlValue> ReadText(const Json& value, const Field& field) {
  if (!value.is_string()) return End(Invalid());
  constexpr double kUnlimited = 1'000'000;
  STANDIN_ASSIGN(const auto text,
                 TextMember(Json{{"text", value}}, "text", static_cast<std::size_t>(field.least.value_or(0)),
                            static_cast<std::size_t>(field.most.value_or(kUnlimited))));
  const auto& words = field.words;
  if (!words.empty() && std::find(words.begin(), words.end(), text) == words.end()) return End(Invalid());
  return standin::SqlValue(text);
}

Reply<standin::SqlValue> ReadInteger(const Json& value, const Field& field) {
  if (!value.is_number_integer()) return End(Invalid());
  using Limits = std::numeric_limits<std::int32_t>;
  const bool fits = value.is_number_unsigned() ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(Limits::max())
                                               : value.get<std::int64_t>() >= Limits::min();
  if (!fits || !InRange(field, value.get<double>())) return End(Invalid());
  return standin::SqlValue(value.get<std::int64_t>());
}

Reply<standin::SqlValue> ReadValue(const Json& value, const Field& field) {
  switch (field.kind) {
    case Kind::kText:
      return ReadText(value, field);
    case Kind::kInteger:
      return ReadInteger(value, field);
    case Kind::kNumber:
      if (!value.is_number() || !InRange(field, value.get<double>())) return End(Invalid());
      return standin::SqlValue(value.get<double>());
    case Kind::kBoolean:
      if (!value.is_boolean()) return End(Invalid());
      return standin::SqlValue(value.get<bool>());
    case Kind::kDate: {
      if (!value.is_string()) return End(Invalid());
      STANDIN_ASSIGN(const auto day, ParseDay(value.get<std::string>()));
      return standin::SqlValue(day);
    }
    case Kind::kTime: {
      const auto instant = value.is_string() ? InstantOf(value.get<std::string>()) : std::nullopt;
      if (!instant) return End(Invalid());
      return standin::SqlValue(*instant);
    }
    case Kind::kObject:
    case Kind::kObjects:
    case Kind::kTexts:
      break;
  }
  const auto is_item = [&](const Json& each) {
    return field.kind == Kind::kObjects ? each.is_object() : each.is_string();
  };
  const bool right = field.kind == Kind::kObject ? value.is_object()
                                                 : value.is_array() && std::all_of(value.begin(), value.end(), is_item);
  const std::string text = standin::Compact(value);
  // PostgreSQL's text holds no NUL, not even an escaped one in JSON that is unpacked later.
  if (!right || text.find("\\u0000") != std::string::npos) return End(Invalid());
  return standin::SqlValue(text);
}

bool InRequests(const Field& field) {
  return field.role != Role::kMade && field.role != Role::kStamp;
}

bool InAnswers(const Field& field) {
  return field.role != Role::kIgnored && field.role != Role::kInput;
}

bool IsStored(const Field& field) {
  return field.role == Role::kStored || field.role == Role::kMade;
}

Reply<Column> ReadColumn(const Json& value, const Field& field) {
  STANDIN_ASSIGN(auto read, ReadValue(value, field));
  return Column{ColumnOf(field), std::move(read), field.kind == Kind::kTime};
}

}  // namespace

Json RequestSchema(const Fields& fields) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Field& field : fields) {
    if (!InRequests(field)) continue;
    properties[field.name] = SchemaOf(field);
    if (!field.otherwise.is_null()) properties[field.name]["default"] = field.otherwise;
    if (field.required) required.push_back(field.name);
  }
  Json schema = {{"type", "object"}, {"properties", properties}};
  if (!required.empty()) schema["required"] = required;
  return schema;
}

Json AnswerSchema(const Fields& fields) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Field& field : fields) {
    if (!InAnswers(field)) continue;
    properties[field.name] = SchemaOf(field);
    required.push_back(field.name);
  }
  return {{"type", "object"}, {"properties", properties}, {"required", required}};
}

Reply<Columns> ReadFields(const Json& body, const Fields& fields) {
  Columns columns;
  for (const Field& field : fields) {
    if (field.role == Role::kStamp) {
      columns.push_back(NowColumn(field.name));
      continue;
    }
    const auto member = field.role == Role::kMade ? body.end() : body.find(field.name);
    const bool absent = member == body.end() || (member->is_null() && field.nullable);
    if (absent && field.required && InRequests(field)) return End(Invalid());
    if (absent && field.or_now) columns.push_back(NowColumn(field.name));
    if (absent && field.otherwise.is_null()) continue;
    STANDIN_ASSIGN(auto column, ReadColumn(absent ? field.otherwise : *member, field));
    if (IsStored(field)) columns.push_back(std::move(column));
  }
  return columns;
}

Reply<Columns> ReadChanges(const Json& body, const Fields& fields) {
  Columns columns;
  for (const Field& field : fields) {
    const auto member = body.find(field.name);
    if (!InRequests(field) || member == body.end() || (member->is_null() && field.nullable)) continue;
    STANDIN_ASSIGN(auto column, ReadColumn(*member, field));
    if (IsStored(field)) columns.push_back(std::move(column));
  }
  return columns;
}

Column NowColumn(const std::string& name) {
  return {'"' + name + '"', "now", true};
}

std::string SelectList(const Fields& fields) {
  std::string list;
  for (const Field& field : fields) {
    if (!InAnswers(field)) continue;
    std::string column = ColumnOf(field);
    if (field.kind == Kind::kTime) column = "to_char(" + column + ", 'YYYY-MM-DD\"T\"HH24:MI:SS.US')";
    list += (list.empty() ? "" : ", ") + column + " AS \"" + field.name + '"';
  }
  return list;
}

Json ShowFields(const standin::Row& row, const Fields& fields) {
  Json body = Json::object();
  for (const Field& field : fields) {
    if (!InAnswers(field)) continue;
    Json& member = body[field.name];
    if (row.IsNull(field.name)) {
      // What a client relies on to be an object or a list stays one.
      if (field.kind == Kind::kObject && !field.nullable) member = Json::object();
      continue;
    }
    switch (field.kind) {
      case Kind::kInteger:
        member = row.Integer(field.name);
        break;
      case Kind::kNumber:
        member = row.Number(field.name);
        break;
      case Kind::kBoolean:
        member = row.Boolean(field.name);
        break;
      case Kind::kObject:
      case Kind::kObjects:
      case Kind::kTexts:
        member = standin::ParseJson(row.Text(field.name)).value_or(Json());
        break;
      default:
        member = row.Text(field.name);
    }
  }
  return body;
}

Reply<std::string> ParseDay(const std::string& text) {
  if (!IsDay(text)) return End(Invalid());
  return text;
}

Reply<std::string> PathDay(const Request& request, const std::string& name) {
  return ParseDay(request.path_parameters.at(name));
}

Reply<std::string> QueryDay(const Request& request, const std::string& name) {
  return ParseDay(request.Query(name).value_or(""));
}

Reply<std::int64_t> PathNumber(const Request& request, const std::string& name) {
  const auto number = ParseInteger(request.path_parameters.at(name));
  if (!number) return End(Invalid());
  return *number;
}

}  // namespace readiness::ai_health
