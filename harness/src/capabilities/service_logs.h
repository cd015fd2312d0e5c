#pragma once
// Logs of services as files that the engine appends to. It does not redact. One thread; the session is borrowed.

#include <string>

#include "lifecycle/session.h"
#include "readiness/logs.h"

namespace readiness {

class ServiceLogs : public Logs {
 public:
  explicit ServiceLogs(const Session& session) : session_(session) {}
  Result<std::uint64_t> Mark(const std::string& service) override;
  Result<std::string> Since(const std::string& service, std::uint64_t mark) override;

 private:
  const Session& session_;
};

inline constexpr std::uint64_t kMaxLogTail = 64 * 1024;

}  // namespace readiness
