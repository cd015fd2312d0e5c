#pragma once
// Capabilities that a run does not have: whatever is asked of them is not available. One thread.

#include "readiness/probe.h"

namespace readiness {

class NoHttp : public Http {
 public:
  Result<Exchange> Send(const HttpRequest&) override {
    return Fail(ErrorKind::kNotAvailable, "no HTTP client was given to this run");
  }
};

class NoTokens : public Tokens {
 public:
  Result<std::vector<ForgedToken>> Forge(const Identity&, const Identity&) override { return Missing(); }
  Result<std::string> Reissue(const Identity&) override { return Missing(); }

 private:
  static tl::unexpected<Error> Missing() {
    return Fail(ErrorKind::kNotAvailable, "no token minter was given to this run");
  }
};

class NoServices : public Services {
 public:
  Result<void> StartInstance(const std::string&, const InstanceOptions&) override { return Missing(); }
  Result<void> StopInstance(const std::string&) override { return Missing(); }
  Result<void> BreakStore(const std::string&, StoreFault) override { return Missing(); }
  Result<void> MendStore(const std::string&) override { return Missing(); }
  Result<void> BreakService(const std::string&, ServiceFault) override { return Missing(); }
  Result<void> MendService(const std::string&) override { return Missing(); }
  Result<std::string> ProcessOf(const std::string&) override { return Missing(); }

 private:
  static tl::unexpected<Error> Missing() {
    return Fail(ErrorKind::kNotAvailable, "this run has no control over services");
  }
};

}  // namespace readiness
