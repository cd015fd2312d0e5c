#pragma once
// A process of ours with everything that it started, also what has left its session or lost its parents. Relies on the
// caller's process being a child subreaper: nothing started can leave the tree below it, so nobody else's process is
// ever looked at. Used by one thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engines/descriptor.h"
#include "engines/process_table.h"
#include "readiness/result.h"

namespace readiness {

class ProcessFamily {
 public:
  /// `root`: the process as started by Spawn, not yet reaped. `label`: "NAME=value" in the environment of it and its
  /// descendants only.
  ProcessFamily(int root, std::string label) : root_(root), label_(std::move(label)) {}

  /// Those that run now.
  std::vector<int> Pids() const;

  /// SIGTERM to all, `grace`, SIGKILL to all, until none is left; reaps all but the root and removes shared memory that
  /// they made. Without grace: SIGKILL at once. Returns the pids that withstood SIGKILL for ten seconds
  /// (uninterruptible, or another user's).
  std::vector<int> End(std::chrono::milliseconds grace);

  /// SIGSTOP to all, until none runs any more. `note` is told of everybody before the signal. Errors: those of `note`,
  /// kTimeout.
  Result<void> Pause(const std::function<Result<void>(const std::vector<ProcessEntry>&)>& note,
                     std::chrono::milliseconds limit) const;
  /// SIGCONT to all.
  void Resume() const;

 private:
  struct Member {
    Descriptor pidfd;
    std::uint64_t start_ticks = 0;
    bool asked = false;  // has been sent SIGTERM
  };
  void Refresh();
  void AskToEnd();
  void Kill();
  void AwaitEnd(const Deadline& deadline);

  int root_;
  std::string label_;
  std::map<int, Member> alive_;
  std::map<int, std::uint64_t> seen_;  // everyone who was ever in alive_, with start time
};

/// Reaps zombies that were orphaned to us: those children of this process that live in a session other than its own.
/// `keep`: pids that are left alone.
void ReapOrphans(const std::vector<int>& keep);

/// Ends (SIGKILL) what runs in foreign sessions below this process and belongs to nobody: orphans that dropped their
/// label. `keep` and their descendants are left alone.
void KillOrphans(const std::vector<int>& keep);

}  // namespace readiness
