#include "definition/operations_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "definition/placeholder_check.h"
#include "definition/step_reader.h"

namespace readiness {
namespace {

class OperationsReader {
 public:
  OperationsReader(const OperationsContext& context, Problems& problems)
      : context_(context), known_{context.values}, problems_(problems) {}

  Operations Read(const LocatedJson& value) {
    Operations operations;
    ObjectReader reader(value, shapes::kOperations, problems_);
    operations.populate = reader.Strings("populate", TextRule::kText);
    if (const LocatedJson* populate = reader.Find("populate"); populate != nullptr) CheckActions(*populate);
    if (const LocatedJson* values = reader.Find("values"); values != nullptr) operations.values = ReadValues(*values);
    if (const LocatedJson* overrides = reader.Find("overrides"); overrides != nullptr) {
      ForEachNamed(*overrides, "\"overrides\"", "operation", TextRule::kLine, problems_,
                   [&](const LocatedJson::Member& member) {
                     if (!CheckName(member)) return;
                     operations.overrides.emplace(member.key, ReadOverride(member.value));
                   });
    }
    reader.Finish();
    return operations;
  }

 private:
  void CheckActions(const LocatedJson& populate) {
    for (const LocatedJson& element : populate.elements) {
      if (element.type != LocatedJson::Type::kString) continue;
      const std::string& action = element.scalar.get_ref<const std::string&>();
      if (action.empty() || std::count(context_.actions.begin(), context_.actions.end(), action) > 0) continue;
      problems_.AddUnknown(element, "action", action, context_.actions);
    }
  }

  std::map<std::string, Json> ReadValues(const LocatedJson& value) {
    std::map<std::string, Json> values;
    ForEachNamed(value, "\"values\"", "value", TextRule::kLine, problems_, [&](const LocatedJson::Member& member) {
      CheckTexts(member.value, fmt::format("value {}", Quoted(member.key)));
      values.emplace(member.key, member.value.ToJson());
    });
    return values;
  }

  Operations::Override ReadOverride(const LocatedJson& value) {
    Operations::Override override;
    ObjectReader reader(value, shapes::kOperationOverride, problems_);
    if (const LocatedJson* values = reader.Find("values"); values != nullptr) override.values = ReadValues(*values);
    if (const LocatedJson* body = reader.Find("body"); body != nullptr) {
      CheckTexts(*body, "a string in \"body\"");
      override.body = body->ToJson();
    }
    reader.Finish();
    return override;
  }

  // "METHOD /path" as in the OpenAPI document; whether it is there, only the running target can tell.
  bool CheckName(const LocatedJson::Member& member) {
    const std::size_t space = member.key.find(' ');
    const std::string method = member.key.substr(0, space);
    if (space == std::string::npos ||
        std::find(shapes::kMethods.begin(), shapes::kMethods.end(), method) == shapes::kMethods.end()) {
      problems_.Add(member, fmt::format("{} is no name of an operation", Quoted(member.key)),
                    "a method and a path as in the OpenAPI document, like \"POST /things/{thing_id}\"", {},
                    DidYouMean(method, shapes::kMethods));
      return false;
    }
    return CheckUrlPath(member, fmt::format("the path of operation {}", Quoted(member.key)),
                        std::string_view(member.key).substr(space + 1), problems_);
  }

  void CheckTexts(const LocatedJson& value, const std::string& label) {
    if (value.type == LocatedJson::Type::kString)
      CheckPlaceholders(value, label, value.scalar.get_ref<const std::string&>(), &known_, problems_);
    for (const LocatedJson& element : value.elements) CheckTexts(element, label);
    for (const LocatedJson::Member& member : value.members) CheckTexts(member.value, label);
  }

  const OperationsContext& context_;
  const KnownPlaceholders known_;
  Problems& problems_;
};

}  // namespace

Operations ReadOperationsSection(const LocatedJson& value, const OperationsContext& context, Problems& problems) {
  return OperationsReader(context, problems).Read(value);
}

}  // namespace readiness
