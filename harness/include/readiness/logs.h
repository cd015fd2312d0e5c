#pragma once
// What the target's services wrote since a mark. Text is raw bytes of the service, bounded; the harness redacts it
// before it reaches a record.

#include <cstdint>
#include <string>

#include "readiness/result.h"

namespace readiness {

class Logs {
 public:
  virtual ~Logs() = default;
  /// The present end of `service`'s log, to be given to Since. Errors: kNotAvailable.
  virtual Result<std::uint64_t> Mark(const std::string& service) = 0;
  /// What was written after `mark`, the last 64 KiB of it at most. Errors: kNotAvailable.
  virtual Result<std::string> Since(const std::string& service, std::uint64_t mark) = 0;
};

}  // namespace readiness
