#include "capabilities/openapi/schema.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "capabilities/capture.h"

namespace readiness {
namespace {

constexpr int kMaxDepth = 24;
constexpr int kMaxReferences = 16;
constexpr std::size_t kMaxValues = 500'000;

// What a schema says about a value itself.
constexpr const char* kKept[] = {"format",     "enum",      "const",      "default",          "example",
                                 "examples",   "minimum",   "maximum",    "exclusiveMinimum", "exclusiveMaximum",
                                 "multipleOf", "minLength", "maxLength",  "minItems",         "maxItems",
                                 "pattern",    "nullable",  "uniqueItems"};

std::size_t Weight(const Json& value) {
  std::size_t weight = 1;
  if (value.is_string()) weight += value.get_ref<const std::string&>().size() / 64;
  if (value.is_structured()) {
    for (const Json& element : value) weight += Weight(element);
  }
  return weight;
}

bool IsNull(const Json& schema) {
  const auto type = schema.find("type");
  return type != schema.end() && *type == "null";
}

std::string ReferenceOf(const Json& value) {
  if (!value.is_object()) return {};
  const auto reference = value.find("$ref");
  return reference != value.end() && reference->is_string() ? reference->get<std::string>() : std::string();
}

// `part` joins `whole`: properties and required ones add up, of the rest the later one counts.
void Merge(Json part, Json& whole) {
  for (auto& [key, value] : part.items()) {
    if (key == "properties" && whole.contains(key)) {
      for (auto& [name, property] : value.items()) whole[key][name] = std::move(property);
    } else if (key == "required" && whole.contains(key)) {
      for (Json& name : value) {
        if (std::find(whole[key].begin(), whole[key].end(), name) == whole[key].end()) whole[key].push_back(name);
      }
    } else {
      whole[key] = std::move(value);
    }
  }
}

// 3.1 writes "string or null" as a list.
void AddType(const Json& schema, Json& out) {
  const auto type = schema.find("type");
  if (type == schema.end()) return;
  if (type->is_string()) out["type"] = *type;
  if (!type->is_array()) return;
  for (const Json& one : *type) {
    if (one == "null") {
      out["nullable"] = true;
    } else if (one.is_string() && !out.contains("type")) {
      out["type"] = one;
    }
  }
}

}  // namespace

Result<void> SchemaResolver::Spend(std::size_t values) {
  spent_ += values;
  if (spent_ <= kMaxValues) return {};
  return Fail({ErrorKind::kLimit,
               "the schemas of the OpenAPI document expand to too much",
               std::nullopt,
               "at most " + std::to_string(kMaxValues) + " values",
               "more, with every reference followed",
               {}});
}

const Json* SchemaResolver::Follow(const Json& value) const {
  const Json* at = &value;
  for (int i = 0; i < kMaxReferences; ++i) {
    const std::string reference = ReferenceOf(*at);
    if (reference.empty()) return at;
    if (!reference.starts_with("#/")) return nullptr;
    at = AtPointer(document_, reference.substr(1));
    if (at == nullptr) return nullptr;
  }
  return nullptr;
}

Result<Json> SchemaResolver::Resolve(const Json& schema) {
  following_.clear();
  return Expand(schema, 0);
}

Result<Json> SchemaResolver::Expand(const Json& schema, int depth) {
  READINESS_RETURN_IF_ERROR(Spend(1));
  Json out = Json::object();
  if (!schema.is_object() || depth > kMaxDepth) return out;
  if (const std::string reference = ReferenceOf(schema); !reference.empty()) {
    READINESS_ASSIGN(out, ExpandReference(schema, reference, depth));
  }
  if (const auto parts = schema.find("allOf"); parts != schema.end() && parts->is_array()) {
    for (const Json& part : *parts) {
      READINESS_ASSIGN(Json expanded, Expand(part, depth + 1));
      Merge(std::move(expanded), out);
    }
  }
  for (const char* key : {"anyOf", "oneOf"}) {
    if (const auto branches = schema.find(key); branches != schema.end() && branches->is_array()) {
      READINESS_RETURN_IF_ERROR(Choose(*branches, depth, out));
    }
  }
  Json own = Json::object();
  AddType(schema, own);
  for (const char* key : kKept) {
    const auto value = schema.find(key);
    if (value == schema.end()) continue;
    READINESS_RETURN_IF_ERROR(Spend(Weight(*value)));
    own[key] = *value;
  }
  READINESS_RETURN_IF_ERROR(ExpandParts(schema, depth, own));
  Merge(std::move(own), out);
  return out;
}

Result<Json> SchemaResolver::ExpandReference(const Json& schema, const std::string& pointer, int depth) {
  if (std::find(following_.begin(), following_.end(), pointer) != following_.end()) return Json::object();
  const Json* target = pointer.starts_with("#/") ? AtPointer(document_, pointer.substr(1)) : nullptr;
  if (target == nullptr || target == &schema) return Json::object();
  following_.push_back(pointer);
  Result<Json> expanded = Expand(*target, depth + 1);
  following_.pop_back();
  return expanded;
}

Result<void> SchemaResolver::ExpandParts(const Json& schema, int depth, Json& out) {
  if (const auto required = schema.find("required"); required != schema.end() && required->is_array()) {
    READINESS_RETURN_IF_ERROR(Spend(required->size()));
    out["required"] = Json::array();
    for (const Json& name : *required) {
      if (name.is_string()) out["required"].push_back(name);
    }
  }
  if (const auto properties = schema.find("properties"); properties != schema.end() && properties->is_object()) {
    Json expanded = Json::object();
    for (const auto& [name, property] : properties->items()) {
      READINESS_ASSIGN(expanded[name], Expand(property, depth + 1));
    }
    out["properties"] = std::move(expanded);
  }
  auto items = schema.find("items");
  if (items != schema.end() && items->is_object()) {
    READINESS_ASSIGN(out["items"], Expand(*items, depth + 1));
  }
  return {};
}

Result<void> SchemaResolver::Choose(const Json& branches, int depth, Json& out) {
  bool nullable = false;
  std::optional<Json> chosen;
  for (const Json& branch : branches) {
    if (branch.is_object() && IsNull(branch)) {
      nullable = true;
    } else if (!chosen) {
      READINESS_ASSIGN(chosen.emplace(), Expand(branch, depth + 1));
    }
  }
  if (chosen) Merge(std::move(*chosen), out);
  if (nullable) out["nullable"] = true;
  if (nullable && !chosen) out["type"] = "null";
  return {};
}

}  // namespace readiness
