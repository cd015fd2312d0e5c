#pragma once
// The OAuth data provider double as a probe's client: JSON over its admin API on a unix socket. It is not the double.
// One thread; every call has a deadline and a bound on what it reads.

#include <map>
#include <memory>
#include <string>

#include "capabilities/evidence.h"
#include "definition/definition.h"
#include "lifecycle/session.h"
#include "readiness/doubles.h"

namespace readiness {

class DataProviderClient : public DataProvider {
 public:
  DataProviderClient(std::string name, std::string admin_socket, SecretKeeper& secrets);
  Result<ProviderAccount> OpenAccount(const std::string& label, int records) override;
  Result<std::vector<ProviderCall>> Calls(const std::string& account) override;

 private:
  Result<Json> Ask(const std::string& method, const std::string& path, const std::string& body, int expected_status);
  Error NotUnderstood(const std::string& what, const std::string& actual) const;

  std::string name_;
  std::string admin_socket_;
  SecretKeeper& secrets_;
};

/// The doubles of a session, each opened at most once.
class SessionDoubles : public Doubles {
 public:
  SessionDoubles(const Target& target, const Session& session, SecretKeeper& secrets);
  Result<DataProvider*> OpenDataProvider(const std::string& name) override;
  Result<LanguageModel*> OpenLanguageModel(const std::string& name) override;

 private:
  const Target& target_;
  const Session& session_;
  SecretKeeper& secrets_;
  std::map<std::string, std::unique_ptr<DataProvider>> open_;
};

}  // namespace readiness
