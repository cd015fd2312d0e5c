#include "capabilities/openapi/generate.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/text.h"
#include "capabilities/placeholders.h"

namespace readiness {
namespace {

constexpr int kMaxDepth = 24;
constexpr std::int64_t kMostElements = 100;
constexpr std::int64_t kLongestText = 10'000;

tl::unexpected<Error> TooMuch(const char* keyword, std::int64_t most, std::int64_t demanded) {
  return Fail({ErrorKind::kLimit, std::string("the schema demands too much by \"") + keyword + "\"", std::nullopt,
               "at most " + std::to_string(most), std::to_string(demanded),
               "state a value for it in \"operations\" of target.json"});
}

std::string TypeOf(const Json& schema) {
  const auto type = schema.find("type");
  if (type != schema.end() && type->is_string()) return type->get<std::string>();
  if (schema.contains("properties")) return "object";
  if (schema.contains("items")) return "array";
  return {};
}

std::int64_t Count(const Json& schema, const char* keyword, std::int64_t fallback) {
  const auto found = schema.find(keyword);
  if (found == schema.end() || !found->is_number()) return fallback;
  const double value = found->get<double>();
  return std::isfinite(value) && std::fabs(value) < 1e15 ? static_cast<std::int64_t>(value) : fallback;
}

// Where values have to differ from each other, the document's example was taken by whoever came first.
bool IsUnique(const Json& schema) {
  const auto format = schema.find("format");
  return format != schema.end() && (*format == "email" || *format == "idn-email");
}

// Of "example", "examples", "default", "const" and "enum" the first that says something.
const Json* Offered(const Json& schema) {
  for (const char* keyword : {"example", "examples", "default", "const", "enum"}) {
    const auto found = schema.find(keyword);
    if (found == schema.end()) continue;
    const bool is_list = std::string_view(keyword) == "examples" || std::string_view(keyword) == "enum";
    if (!is_list) {
      if (!found->is_null()) return &*found;
    } else if (found->is_array() && !found->empty() && !found->front().is_null()) {
      return &found->front();
    }
  }
  return nullptr;
}

std::string RandomUuid() {
  const std::string hex = RandomHex(16);
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-4" + hex.substr(13, 3) + "-a" + hex.substr(17, 3) + "-" +
         hex.substr(20);
}

std::string TextOfFormat(const std::string& format) {
  const std::string now = UtcNow();
  if (format == "date") return now.substr(0, 10);
  if (format == "date-time") return now;
  if (format == "time") return "12:00:00";
  if (format == "duration") return "P1D";
  if (format == "email" || format == "idn-email") return "r" + RandomHex(8) + "@readiness.example.com";
  if (format == "uuid") return RandomUuid();
  if (format == "uri" || format == "url" || format == "iri") return "https://readiness.example.com/" + RandomHex(4);
  if (format == "hostname") return "readiness.example.com";
  if (format == "ipv4") return "192.0.2.1";
  if (format == "ipv6") return "2001:db8::1";
  if (format == "byte" || format == "binary") return "cmVhZGluZXNz";
  if (format == "password") return "Rd1!" + RandomHex(12);
  return {};
}

Result<Json> MakeText(const Json& schema) {
  const auto format = schema.find("format");
  std::string text;
  if (format != schema.end() && format->is_string()) text = TextOfFormat(format->get<std::string>());
  if (!text.empty()) return Json(text);
  text = "r" + RandomHex(4);
  const std::int64_t least = Count(schema, "minLength", 0);
  const std::int64_t most = Count(schema, "maxLength", kLongestText);
  if (least > kLongestText) return TooMuch("minLength", kLongestText, least);
  if (static_cast<std::int64_t>(text.size()) < least) text.append(static_cast<std::size_t>(least) - text.size(), 'x');
  if (most >= 0 && static_cast<std::int64_t>(text.size()) > most) text.resize(static_cast<std::size_t>(most));
  return Json(text);
}

// Within its bounds and near 1.
Json MakeNumber(const Json& schema, bool whole) {
  const auto bound = [&](const char* keyword, double fallback) {
    const auto found = schema.find(keyword);
    return found != schema.end() && found->is_number() ? found->get<double>() : fallback;
  };
  const auto is_true = [&](const char* keyword) {
    const auto found = schema.find(keyword);
    return found != schema.end() && *found == true;  // as 3.0 writes it
  };
  const double step = whole ? 1 : 0.5;
  double least = bound("minimum", -1e15);
  if (is_true("exclusiveMinimum")) least += step;
  least = std::max(least, bound("exclusiveMinimum", -1e15) + (schema.contains("exclusiveMinimum") ? step : 0));
  double most = bound("maximum", 1e15);
  if (is_true("exclusiveMaximum")) most -= step;
  most = std::min(most, bound("exclusiveMaximum", 1e15) - (schema.contains("exclusiveMaximum") ? step : 0));
  double value = std::min(std::max(1.0, least), most);
  const double multiple = bound("multipleOf", 0);
  if (multiple > 0 && std::isfinite(multiple)) {
    value = std::ceil(value / multiple) * multiple;
    if (value > most) value = std::floor(most / multiple) * multiple;
  }
  if (!std::isfinite(value) || std::fabs(value) > 1e15) value = 1;
  if (whole) return static_cast<std::int64_t>(std::llround(value));
  return value;
}

Result<Json> MakeArray(const Json& schema, const StatedValues& stated, int depth) {
  const std::int64_t count = std::max<std::int64_t>(1, Count(schema, "minItems", 0));
  if (count > kMostElements) return TooMuch("minItems", kMostElements, count);
  Json array = Json::array();
  const auto items = schema.find("items");
  if (items == schema.end()) return array;
  for (std::int64_t i = 0; i < count; ++i) {
    READINESS_ASSIGN(Json element, MakeFor(*items, stated, depth + 1));
    array.push_back(std::move(element));
  }
  return array;
}

bool IsRequired(const Json& schema, const std::string& name) {
  const auto required = schema.find("required");
  return required != schema.end() && required->is_array() &&
         std::find(required->begin(), required->end(), name) != required->end();
}

// Required properties, and every one for which somebody states a value; where nothing is said to be required, also
// those that offer a value, as the document may just be silent about it. `object` is what the schema offers itself.
Result<Json> FillObject(Json object, const Json& schema, const StatedValues& stated, int depth) {
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object()) return object;
  const auto required = schema.find("required");
  const bool says_nothing = object.empty() && (required == schema.end() || !required->is_array() || required->empty());
  for (const auto& [name, property] : properties->items()) {
    const bool has = stated.Has(name);
    const bool renewed = object.contains(name) && IsUnique(property);
    const bool wanted = IsRequired(schema, name) || (says_nothing && Offered(property) != nullptr);
    if (!has && !renewed && (object.contains(name) || !wanted)) continue;
    if (has) {
      READINESS_ASSIGN(object[name], MakeValue(name, property, stated));
    } else {
      READINESS_ASSIGN(object[name], MakeFor(property, stated, depth + 1));
    }
  }
  return object;
}

}  // namespace

const Json* StatedValues::InTarget(const std::string& name) const {
  for (const auto* layer : {own, common}) {
    if (layer == nullptr) continue;
    if (const auto found = layer->find(name); found != layer->end()) return &found->second;
  }
  return nullptr;
}

Json Fit(Json value, const Json& schema) {
  const std::string type = TypeOf(schema);
  if (type == "string" && value.is_number()) return value.dump();
  if ((type == "integer" || type == "number") && value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    const bool digits = !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == std::string::npos;
    if (digits) return static_cast<std::int64_t>(std::strtoll(text.c_str(), nullptr, 10));
  }
  return value;
}

Result<Json> MakeValue(const std::string& name, const Json& schema, const StatedValues& stated) {
  if (const auto found = stated.given->find(name); found != stated.given->end()) return Fit(found->second, schema);
  const Json* in_target = stated.InTarget(name);
  if (in_target == nullptr) return MakeFor(schema, stated);
  Result<Json> filled = FillJson(*in_target, ValueLayers({stated.subject}));
  if (!filled) {
    Error error = filled.error();
    error.what = "the value that target.json states for \"" + Printable(name, 100) + "\": " + error.what;
    return Fail(std::move(error));
  }
  return Fit(std::move(*filled), schema);
}

Result<Json> MakeFor(const Json& schema, const StatedValues& stated, int depth) {
  if (!schema.is_object() || depth > kMaxDepth) return Json(nullptr);
  const Json* offered = Offered(schema);
  const std::string type = TypeOf(schema);
  if (type == "object" || (offered != nullptr && offered->is_object())) {
    return FillObject(offered != nullptr && offered->is_object() ? *offered : Json::object(), schema, stated, depth);
  }
  if (offered != nullptr && !IsUnique(schema)) return *offered;
  if (type == "array") return MakeArray(schema, stated, depth);
  if (type == "integer" || type == "number") return MakeNumber(schema, type == "integer");
  if (type == "boolean") return Json(true);
  if (type == "null") return Json(nullptr);
  return MakeText(schema);
}

}  // namespace readiness
