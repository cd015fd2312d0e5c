#pragma once
// Principals of the target. Fresh ones are made per item through the target's own API, so that items can run at once
// and a value seen in the wrong place proves a leak. Values only.

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "readiness/result.h"

namespace readiness {

using Json = nlohmann::json;

/// Named values: attributes, captures and arguments. JSON keeps the type (an id of 7 stays a number).
using Values = std::map<std::string, Json>;

/// A principal, or nobody. Copies are independent.
struct Identity {
  std::string label;           ///< what evidence calls it: "owner", "stranger", "anonymous"
  std::string kind;            ///< its entry in target.json; empty: anonymous
  Values values;               ///< email, password, user_id, access_token, ...
  std::string owner;           ///< the value that owner columns of stores hold for it
  std::string token;           ///< its credential as sent; empty: requests carry none
  std::string source_address;  ///< loopback address that its requests come from; empty: the system chooses

  /// Nobody: requests carry no credential.
  static Identity Anonymous();
  /// The same principal with another credential, for forged and expired tokens. `label` replaces the label.
  Identity WithToken(std::string label, std::string token) const;
};

/// Makes principals as target.json says.
class Identities {
 public:
  virtual ~Identities() = default;
  /// A fresh principal of `kind` by running its `create` actions. Errors: kNotAvailable (no such kind), kTarget (the
  /// target did not create it: the item cannot be judged).
  virtual Result<Identity> Create(const std::string& kind, const std::string& label) = 0;
};

}  // namespace readiness
