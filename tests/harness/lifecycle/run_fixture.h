#pragma once
// Real runs for tests: a folder of definitions, a state directory, a runtime directory of the test's own, and owners
// that play CTest.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lifecycle/lifecycle.h"
#include "lifecycle/process.h"
#include "lifecycle/run_directory.h"
#include "temporary_directory.h"

namespace readiness {

/// A process that runs `up` and `down` as its children, one after the other.
class OwnerProcess {
 public:
  OwnerProcess();
  ~OwnerProcess() { Kill(); }

  /// Sends `words` as the next command; returns the child's pid.
  int Begin(const std::string& words);
  /// Waits for that child; returns what it printed.
  std::string Finish();
  std::string Do(const std::string& words) {
    Begin(words);
    return Finish();
  }
  void Kill();
  /// Has nobody its standard output open any more? What a run inherits of it would keep a CTest waiting.
  bool OutputIsClosed();
  int pid() const { return pid_; }

 private:
  std::string ReadLine();

  int pid_ = 0;
  Descriptor input_;
  Descriptor output_;
  std::string buffer_;
};

struct Definitions {
  bool store = false;
  bool provider = false;
  std::string defects = {};                             ///< contents of defects.json
  std::map<std::string, std::string> environment = {};  ///< of the service
  int startup_timeout_ms = 20'000;
  std::map<std::string, std::map<std::string, std::string>> variants = {};  ///< name -> environment of the service
};

class RunFixture : public ::testing::Test {
 protected:
  RunFixture();
  ~RunFixture() override;

  void Define(const Definitions& definitions);
  std::string UpWords(const std::string& more = {}) const { return "up " + state_ + " " + definitions_ + " " + more; }
  std::string DownWords() const { return "down " + state_; }
  TargetState State() const { return ReadState(state_).value(); }
  RunRecord Record() const { return ReadRunRecord(State().run_directory).value(); }

  /// Processes and directories of this test's runs that are still there; empty: nothing.
  std::string Leftovers() const;
  /// The same after at most ten seconds, or as soon as there is none.
  std::string LeftoversAfterTenSeconds() const;
  /// `condition` holds within ten seconds.
  static bool Eventually(const std::function<bool()>& condition,
                         std::chrono::milliseconds limit = std::chrono::seconds(10));
  static std::string Get(const std::string& url);

  TemporaryDirectory directory_;
  std::string state_ = directory_ / "state";
  std::string definitions_ = directory_ / "definitions";
};

}  // namespace readiness
