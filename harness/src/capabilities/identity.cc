#include <utility>

#include "readiness/identities.h"

namespace readiness {

Identity Identity::Anonymous() {
  Identity nobody;
  nobody.label = "anonymous";
  return nobody;
}

Identity Identity::WithToken(std::string new_label, std::string new_token) const {
  Identity other = *this;
  other.label = std::move(new_label);
  other.token = std::move(new_token);
  return other;
}

}  // namespace readiness
