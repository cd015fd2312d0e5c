#pragma once
// Fills `${name}` in texts and JSON from layers of values. A value is never looked at for further placeholders, so
// nothing that the target answered can name a secret. It knows no HTTP and no SQL; who puts a text somewhere escapes it
// there. Pure.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "readiness/identities.h"

namespace readiness {

/// Where values come from: the first layer that has a name wins. Layers are borrowed.
class ValueLayers {
 public:
  explicit ValueLayers(std::vector<const Values*> layers) : layers_(std::move(layers)) {}
  /// The value of `name`, or nullptr.
  const Json* Find(const std::string& name) const;

 private:
  std::vector<const Values*> layers_;
};

/// The names in `text`, in order of appearance. Errors: kDefinition (unterminated or empty placeholder).
Result<std::vector<std::string>> PlaceholdersIn(std::string_view text);

/// Makes one value fit for its place in a text, or refuses it; gets the placeholder's name and the value as text.
using Escape = std::function<Result<std::string>(const std::string& name, const std::string& value)>;

/// `text` with every placeholder replaced by its value as text. Errors: kNotAvailable naming the placeholder (no value,
/// or null), kTarget (an object or a list, which has no text), kDefinition, and those of `escape`.
Result<std::string> FillText(std::string_view text, const ValueLayers& values, const Escape& escape = {});

/// `text` as a value: one that is nothing but a placeholder gives the value with its type, any other gives a string.
Result<Json> FillValue(const std::string& text, const ValueLayers& values);

/// Every string inside `value` filled with FillValue. Keys stay as they are.
Result<Json> FillJson(const Json& value, const ValueLayers& values);

/// `path` with every value percent-encoded. Errors: as FillText; kRefused when a value would change the structure of
/// the path (empty, or a segment that becomes "." or "..").
Result<std::string> FillPath(const std::string& path, const ValueLayers& values);

/// `header` with values as they are. Errors: as FillText; kRefused when the outcome holds CR, LF or NUL.
Result<std::string> FillHeader(const std::string& header, const ValueLayers& values);

/// `pairs` filled, percent-encoded and joined as in a query or a form: "a=1&b=%20".
Result<std::string> FillPairs(const std::vector<std::pair<std::string, std::string>>& pairs, const ValueLayers& values);

/// Compact JSON. Errors: kMalformed when a string is not UTF-8.
Result<std::string> DumpJson(const Json& value);

}  // namespace readiness
