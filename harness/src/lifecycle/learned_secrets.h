#pragma once
// Secrets that items of a run learn while they run (tokens, generated passwords), shared through a file of the run
// directory: a service's log shows what all its callers sent, so whoever writes a part of it has to know the others'
// secrets, too. The file goes with the run. One thread; any number of processes.

#include <cstdint>
#include <string>
#include <vector>

#include "engines/descriptor.h"

namespace readiness {

class LearnedSecrets {
 public:
  explicit LearnedSecrets(const std::string& run_directory);

  /// For everybody else's evidence. To be called before the secret is used. A run directory that is gone is no error.
  void Announce(const std::string& secret) const;

  /// Between Expect and Expected this process is given secrets that it cannot have announced yet, such as the token
  /// that a login answers with: services may log them before we see them.
  void Expect() const { Write("+"); }
  void Expected() const { Write("-"); }

  /// What others have announced since this object was made, and before that in so much of the file that its cost does
  /// not grow with the suite. Waits, at most two seconds, for those who expect secrets now: to be called after the logs
  /// have been read that may hold them.
  std::vector<std::string> OfOthers() const;

 private:
  void Write(const std::string& word) const;
  bool SomebodyExpects() const;

  Descriptor file_;
  std::uint64_t begin_ = 0;  // size of the file at the start
};

/// Everything that items of the run have announced, within the latest four megabytes.
std::vector<std::string> AllLearnedSecrets(const std::string& run_directory);

}  // namespace readiness
