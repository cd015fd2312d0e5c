#include "capabilities/openapi/document.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "capabilities/capture.h"
#include "capabilities/openapi/schema.h"

namespace readiness {
namespace {

constexpr std::size_t kLongestName = 200;
constexpr int kMostReferences = 16;
constexpr const char* kMethods[] = {"get", "post", "put", "patch", "delete", "head", "options", "trace"};
// What a path item may hold beside its operations.
constexpr const char* kBesideMethods[] = {"$ref", "summary", "description", "servers", "parameters"};

tl::unexpected<Error> Malformed(std::string what, std::string expected, std::string actual) {
  return Fail({ErrorKind::kMalformed, std::move(what), std::nullopt, std::move(expected), std::move(actual), {}});
}

tl::unexpected<Error> TooMany(const std::string& what, std::size_t most) {
  return Fail({ErrorKind::kLimit,
               "the OpenAPI document has too many " + what,
               std::nullopt,
               "at most " + std::to_string(most),
               "more",
               {}});
}

std::string Text(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return {};
  return Printable(found->get_ref<const std::string&>(), kLongestName);
}

/// The names in the braces of `path`, or nothing when it is no path.
std::optional<std::vector<std::string>> NamesInPath(const std::string& path) {
  if (!path.starts_with('/') || path.size() > 1000) return std::nullopt;
  std::vector<std::string> names;
  std::size_t open = std::string::npos;
  for (std::size_t at = 0; at < path.size(); ++at) {
    const char c = path[at];
    if (c <= ' ' || c >= 0x7F || c == '?' || c == '#' || c == '\\' || c == '$') return std::nullopt;
    if (c == '{') {
      if (open != std::string::npos) return std::nullopt;
      open = at;
    } else if (c == '}') {
      if (open == std::string::npos || at == open + 1) return std::nullopt;
      names.push_back(path.substr(open + 1, at - open - 1));
      open = std::string::npos;
    }
  }
  if (open != std::string::npos) return std::nullopt;
  return names;
}

bool IsExtension(const std::string& key) {
  return key.starts_with("x-");
}

bool IsMethod(const std::string& key) {
  return std::find(std::begin(kMethods), std::end(kMethods), key) != std::end(kMethods);
}

bool IsKnownInPathItem(const std::string& key) {
  return IsMethod(key) || IsExtension(key) ||
         std::find(std::begin(kBesideMethods), std::end(kBesideMethods), key) != std::end(kBesideMethods);
}

bool DeclaresSecurity(const Json& holder) {
  const auto security = holder.find("security");
  return security != holder.end() && security->is_array() && !security->empty();
}

class Reader {
 public:
  Reader(const Json& document, std::string service)
      : document_(document), service_(std::move(service)), resolver_(document) {}

  Result<std::vector<Operation>> Read() {
    const std::string version = Text(document_, "openapi");
    if (!version.starts_with("3.")) {
      return Malformed("the document of service \"" + service_ + "\" is not OpenAPI 3", "\"openapi\": \"3...\"",
                       version.empty() ? "none" : version);
    }
    const auto paths = document_.find("paths");
    if (paths == document_.end() || !paths->is_object()) {
      return Malformed("the OpenAPI document of service \"" + service_ + "\" has no paths", "an object \"paths\"",
                       "none");
    }
    for (const auto& [path, item] : paths->items()) {
      if (IsExtension(path)) continue;
      READINESS_ASSIGN(const Json whole, WholeItem(path, item, kMostReferences));
      READINESS_RETURN_IF_ERROR(ReadPath(path, whole));
    }
    if (operations_.empty()) {
      return Malformed("the OpenAPI document of service \"" + service_ + "\" has no operations", "at least one",
                       "none");
    }
    return std::move(operations_);
  }

 private:
  // An operation that is not seen is one that nobody tries: what cannot be read is an error, and never left away.
  tl::unexpected<Error> Unreadable(const std::string& what, std::string expected, std::string actual) const {
    return Malformed(
        Printable(what, kLongestName) + " of the OpenAPI document of service \"" + service_ + "\" cannot be read",
        std::move(expected), std::move(actual));
  }

  // What `item` refers to, and what stands beside the reference.
  Result<Json> WholeItem(const std::string& path, const Json& item, int references) const {
    if (!item.is_object()) return Unreadable("path \"" + path + "\"", "an object", item.type_name());
    const auto reference = item.find("$ref");
    if (reference == item.end()) return item;
    const std::string to = reference->is_string() ? reference->get<std::string>() : "";
    const Json* target = references > 0 && to.starts_with("#/") ? AtPointer(document_, to.substr(1)) : nullptr;
    if (target == nullptr) {
      return Unreadable("path \"" + path + "\"", "a reference into the document itself, as \"#/components/...\"",
                        references > 0 ? Printable(to, kLongestName) : "references that lead to each other");
    }
    READINESS_ASSIGN(Json whole, WholeItem(path, *target, references - 1));
    for (const auto& [key, value] : item.items()) {
      if (key == "$ref") continue;
      // OpenAPI leaves open which of two counts.
      if ((IsMethod(key) || key == "parameters") && whole.contains(key))
        return Unreadable("path \"" + path + "\"", "\"" + key + "\" once", "beside a reference and behind it");
      whole[key] = value;
    }
    return whole;
  }

  Result<void> ReadPath(const std::string& path, const Json& item) {
    const std::optional<std::vector<std::string>> names = NamesInPath(path);
    if (!names) {
      return Malformed("a path of the OpenAPI document of service \"" + service_ + "\" is none",
                       "a path like \"/things/{thing_id}\"", Printable(path, kLongestName));
    }
    for (const auto& [key, value] : item.items()) {
      if (IsKnownInPathItem(key)) continue;
      return Unreadable("path \"" + path + "\"", "methods in lower case, as \"get\"", Printable(key, kLongestName));
    }
    for (const char* method : kMethods) {
      const auto found = item.find(method);
      if (found == item.end()) continue;
      const Json* operation = resolver_.Follow(*found);
      if (operation == nullptr || !operation->is_object()) {
        return Unreadable(std::string("\"") + method + "\" of path \"" + path + "\"", "an operation",
                          operation == nullptr ? "a reference to nothing" : operation->type_name());
      }
      if (operations_.size() == kMaxOperations) return TooMany("operations", kMaxOperations);
      READINESS_RETURN_IF_ERROR(ReadOperation(path, method, item, *operation, *names));
    }
    return {};
  }

  Result<void> ReadOperation(const std::string& path, std::string method, const Json& item, const Json& value,
                             const std::vector<std::string>& names) {
    Operation operation;
    operation.service = service_;
    for (char& c : method) c = static_cast<char>(c - 'a' + 'A');
    operation.method = std::move(method);
    operation.path = path;
    operation.id = Text(value, "operationId");
    if (const auto tags = value.find("tags"); tags != value.end() && tags->is_array()) {
      for (const Json& tag : *tags) {
        if (tag.is_string()) operation.tags.push_back(Printable(tag.get_ref<const std::string&>(), kLongestName));
      }
    }
    operation.declares_security = DeclaresSecurity(value.contains("security") ? value : document_);
    for (const Json* holder : {&item, &value}) READINESS_RETURN_IF_ERROR(ReadParameters(*holder, operation));
    for (const std::string& name : names) {
      if (operation.Takes("path", name)) continue;
      operation.parameters.push_back({name, "path", true, Json::object()});
    }
    READINESS_RETURN_IF_ERROR(ReadBody(value, operation));
    operations_.push_back(std::move(operation));
    return {};
  }

  // Those of the path come first; the operation's own replace them.
  Result<void> ReadParameters(const Json& holder, Operation& operation) {
    const auto list = holder.find("parameters");
    if (list == holder.end() || !list->is_array()) return {};
    for (const Json& entry : *list) {
      const Json* value = resolver_.Follow(entry);
      if (value == nullptr)
        return Unreadable("a parameter of " + operation.Name(), "what it refers to", "nothing there");
      if (!value->is_object()) continue;
      OperationParameter parameter;
      parameter.name = Text(*value, "name");
      parameter.in = Text(*value, "in");
      if (parameter.name.empty() || parameter.in.empty()) continue;
      const auto required = value->find("required");
      parameter.required = parameter.in == "path" || (required != value->end() && *required == true);
      if (const auto schema = value->find("schema"); schema != value->end()) {
        READINESS_ASSIGN(parameter.schema, resolver_.Resolve(*schema));
      }
      READINESS_RETURN_IF_ERROR(AddExample(*value, parameter.schema));
      std::erase_if(operation.parameters, [&](const OperationParameter& other) {
        return other.name == parameter.name && other.in == parameter.in;
      });
      operation.parameters.push_back(std::move(parameter));
      if (operation.parameters.size() > kMaxOperationParameters)
        return TooMany("parameters in one operation", kMaxOperationParameters);
    }
    return {};
  }

  // Through the resolver, whose bounds hold for examples too.
  Result<void> AddExample(const Json& holder, Json& schema) {
    const auto example = holder.find("example");
    if (example == holder.end()) return {};
    READINESS_ASSIGN(const Json resolved, resolver_.Resolve(Json{{"example", *example}}));
    schema["example"] = resolved.at("example");
    return {};
  }

  Result<void> ReadBody(const Json& value, Operation& operation) {
    const auto body = value.find("requestBody");
    if (body == value.end()) return {};
    const Json* followed = resolver_.Follow(*body);
    if (followed == nullptr) return Unreadable("the body of " + operation.Name(), "what it refers to", "nothing there");
    if (!followed->is_object()) return {};
    const auto content = followed->find("content");
    if (content == followed->end() || !content->is_object() || content->empty()) return {};
    auto chosen = content->begin();
    for (const char* preferred : {"application/x-www-form-urlencoded", "application/json"}) {
      for (auto type = content->begin(); type != content->end(); ++type) {
        if (type.key().starts_with(preferred)) chosen = type;
      }
    }
    operation.body_type = Printable(chosen.key().substr(0, chosen.key().find(';')), kLongestName);
    operation.body_schema = Json::object();
    if (!chosen->is_object()) return {};
    if (const auto schema = chosen->find("schema"); schema != chosen->end()) {
      READINESS_ASSIGN(operation.body_schema, resolver_.Resolve(*schema));
    }
    return AddExample(*chosen, operation.body_schema);
  }

  const Json& document_;
  const std::string service_;
  SchemaResolver resolver_;
  std::vector<Operation> operations_;
};

}  // namespace

Result<std::vector<Operation>> ReadOperations(const Json& document, const std::string& service) {
  if (!document.is_object()) return Malformed("the OpenAPI document is no object", "an object", document.type_name());
  return Reader(document, service).Read();
}

}  // namespace readiness
