#include "capabilities/session_stores.h"

#include "capabilities/store_postgresql.h"

namespace readiness {

Result<Store*> SessionStores::Open(const std::string& name) {
  const auto description = target_.stores.find(name);
  if (description == target_.stores.end()) {
    return Fail(ErrorKind::kNotAvailable, "store \"" + name + "\" is not declared in " + target_.file);
  }
  const auto url = session_.stores.find(name);
  if (url == session_.stores.end() || url->second.empty()) {
    return Fail(ErrorKind::kNotAvailable,
                "the deployment \"" + session_.deployment_id + "\" gives no access to store \"" + name + "\"");
  }
  if (!url->second.starts_with("postgresql://") && !url->second.starts_with("postgres://")) {
    // The URL itself may hold a password and is not shown.
    Error error{
        ErrorKind::kNotAvailable, "store \"" + name + "\" is of a kind that cannot be observed", {}, {}, {}, {}};
    error.expected = "a URL that begins with postgresql://";
    return Fail(std::move(error));
  }
  // By its URL, too: an instance may have stores of its own under the same name.
  std::unique_ptr<Store>& store = open_[{name, url->second}];
  if (!store) store = MakePostgresqlStore(name, url->second, description->second);
  return store.get();
}

}  // namespace readiness
