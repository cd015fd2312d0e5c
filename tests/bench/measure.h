#pragma once
// Runs commands as whole processes and measures them by what the kernel accounts to each: wall time, CPU time, peak
// memory. And what is made of several runs. One thread; no process outlives the call that started it.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "readiness/result.h"

namespace readiness::bench {

struct Command {
  std::vector<std::string> words = {};  ///< [0] is searched in PATH
  std::string directory = {};           ///< empty: ours
  std::vector<int> accepted = {0};      ///< exit codes; any other is an error: what did not work is not measured
  std::chrono::seconds timeout{600};
};

struct Finished {
  double wall_ms = 0;
  double cpu_ms = 0;    ///< user and system, with all descendants that were waited for
  double peak_mib = 0;  ///< of the largest of these processes, never less than what forking this one leaves
  int code = 0;
  std::string output;  ///< standard output and error, the last 4 MiB
};

/// Errors: kEnvironment (cannot be run, exit code not accepted; holds the end of the output), kTimeout.
/// `meanwhile` is called about every 250 ms.
Result<Finished> Run(const Command& command, const std::function<void()>& meanwhile = {});

/// Is there a program of this name in PATH?
bool IsInPath(const std::string& program);

/// Several runs of one thing.
class Samples {
 public:
  void Add(double value) { values_.push_back(value); }
  bool empty() const { return values_.empty(); }
  double Median() const;
  double Min() const;
  double Max() const;
  const std::vector<double>& values() const { return values_; }

 private:
  std::vector<double> values_;
};

/// Pair by pair, so that both halves of a pair saw the same load: ours - other, ours / other.
Samples Differences(const Samples& ours, const Samples& other);
Samples Ratios(const Samples& ours, const Samples& other);

/// The figures of the runs of one command.
struct Series {
  Samples wall_ms, cpu_ms, peak_mib;
  void Add(const Finished& run);
};

/// Runs all commands in turn (a b c a b c ...), after one round that is not counted.
Result<std::vector<Series>> Interleave(const std::vector<Command>& commands, int rounds);

}  // namespace readiness::bench
