#pragma once
// Strict reading of what lies inside a parameter of type object or list, which probe.json does not describe: a wrong
// type, a missing key and an unknown key are definition errors that name the place. Values only.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "readiness/findings.h"
#include "readiness/result.h"

namespace readiness {

/// The value at JSON pointer `pointer` ("" is the whole, "/a~1b/0"), or nullptr.
const Json* AtPointer(const Json& document, std::string_view pointer);

/// `value` as compact JSON for messages, cut and made printable.
std::string Shown(const Json& value);

/// A definition error about `place`, a JSON pointer into the parameters such as "/cases/3/verdict".
tl::unexpected<Error> WrongParameter(const std::string& place, const std::string& what, std::string expected,
                                     std::string actual = {});

/// Reads one object, a list of assignments followed by one Finish. The first problem stays; after it every value is
/// empty.
class NestedObject {
 public:
  /// `value` is borrowed.
  NestedObject(const Json& value, std::string place);

  bool Has(const std::string& key) const { return value_.is_object() && value_.contains(key); }
  /// The raw value of `key`, or nullptr. The key counts as known.
  const Json* Find(const std::string& key);
  std::string PlaceOf(const std::string& key) const { return place_ + "/" + key; }

  /// A text that is not empty.
  std::string Text(const std::string& key);
  std::string Text(const std::string& key, const std::string& fallback);
  /// A finite number.
  double Number(const std::string& key);
  bool Boolean(const std::string& key, bool fallback);
  /// A list of texts, none of them empty; the list may be. Without the key: empty.
  std::vector<std::string> Texts(const std::string& key);

  void Problem(const std::string& key, const std::string& what, std::string expected, std::string actual = {});
  /// The first problem, else the first key that nobody asked for.
  Result<void> Finish() const;

 private:
  const Json& value_;
  std::string place_;
  std::vector<std::string> known_;
  std::optional<Error> problem_;
};

}  // namespace readiness
