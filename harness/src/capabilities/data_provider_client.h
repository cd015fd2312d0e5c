#pragma once
// The OAuth data provider double as a probe's client: JSON over its admin API on a unix socket. It is not the double.
// One thread; every call has a deadline and a bound on what it reads.

#include <string>

#include "capabilities/double_admin.h"
#include "capabilities/evidence.h"
#include "readiness/doubles.h"

namespace readiness {

class DataProviderClient : public DataProvider {
 public:
  DataProviderClient(const std::string& name, std::string admin_socket, SecretKeeper& secrets);
  Result<ProviderAccount> OpenAccount(const std::string& label, int records) override;
  Result<std::vector<ProviderCall>> Calls(const std::string& account) override;

 private:
  DoubleAdmin admin_;
  SecretKeeper& secrets_;
};

}  // namespace readiness
