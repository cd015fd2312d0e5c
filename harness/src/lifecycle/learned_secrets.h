#pragma once
// Secrets that items of a run learn while they run (tokens, generated passwords), shared through a file of the run
// directory: a service's log shows what all its callers sent, so whoever writes a part of it has to know the others'
// secrets, too. The file goes with the run. One thread; any number of processes.

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "engines/descriptor.h"

namespace readiness {

class LearnedSecrets {
 public:
  /// Notes which other processes have announced secrets and still live: what they learned before now counts, too.
  explicit LearnedSecrets(const std::string& run_directory);

  /// For everybody else's evidence. To be called before the secret is used. A run directory that is gone is no error.
  void Announce(const std::string& secret) const;

  /// Secrets of the processes that ran at the same time as this object, as far as the latest four megabytes hold them.
  std::vector<std::string> OfOthers() const;

 private:
  Descriptor file_;
  std::uint64_t begin_ = 0;    // size of the file at the start
  std::set<int> lived_then_;  // those that had written before
};

/// Everything that items of the run have announced, within the latest four megabytes.
std::vector<std::string> AllLearnedSecrets(const std::string& run_directory);

}  // namespace readiness
