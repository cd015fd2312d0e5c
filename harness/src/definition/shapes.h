#pragma once
// The closed sets of keys and words that the definition files may use, stated once: the loaders read objects only
// through them, and a test compares them with the JSON Schemas for editors. Constants; any thread, but not before
// main().

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace readiness {

struct Bounds {
  std::int64_t least;
  std::int64_t most;
};

using Words = std::vector<std::string>;

struct Key {
  std::string name;
  bool required = false;
  std::optional<Bounds> bounds = {};  ///< of a whole number
  const Words* words = nullptr;       ///< of a string that is one of a closed set
};

/// The keys of one kind of object.
struct Shape {
  std::string what;     ///< what messages call it: "an item"
  std::string schema;   ///< harness/schema/<schema>.schema.json
  std::string pointer;  ///< of the object's schema therein; empty: the whole file
  std::vector<Key> keys;
};

namespace shapes {

inline constexpr Bounds kMilliseconds{1, 3'600'000};
inline constexpr Bounds kPorts{1, 65'535};
inline constexpr Bounds kStatuses{100, 599};

extern const Words kIsolations;      ///< in the order of Isolation
extern const Words kParameterTypes;  ///< in the order of ParameterType
extern const Words kNeeds;
extern const Words kMethods;
extern const Words kEngines;  ///< in the order of EngineKind
extern const Words kReaches;  ///< in the order of Reach
extern const Words kStoreEngines;
extern const Words kTokenAlgorithms;

extern const Shape kProbe, kParameter;
extern const Shape kSuite, kAudit, kItem, kSource;
extern const Shape kTarget, kTargetService, kTargetStore, kCredential, kIdentity, kAction, kRefused, kHttpStep,
    kSqlStep, kExpect, kOperations, kOperationOverride;
extern const Shape kDeployment, kCompose, kDataProvider, kLanguageModel, kCommand, kToken, kService, kSecretValue,
    kWait, kWaitHttp, kWaitLog, kVariant, kServiceOverlay;

}  // namespace shapes

/// Every shape there is.
const std::vector<const Shape*>& AllShapes();

}  // namespace readiness
