#pragma once
// Runs the built tool and keeps what it printed. For tests; one thread.

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace readiness {

struct ToolRun {
  int code = -1;  ///< exit code; 128 + signal
  std::string out;
  std::string err;
};

/// A folder of its own per test, with a copy of the shop's definitions (tests/cmake/data) and a private runtime
/// directory. It is the tool's working directory, so that what the tool prints names no machine.
class ToolTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Runs `readiness <arguments>` as a child of this process: what `up` starts belongs to it.
  ToolRun Run(const std::vector<std::string>& arguments) const;
  void Write(const std::string& file, const std::string& text) const;
  std::string Read(const std::string& file) const;
  /// Replaces `from`, which has to be there, in a file.
  void Edit(const std::string& file, const std::string& from, const std::string& to) const;
  bool Exists(const std::string& file) const;
  /// `text` with this test's folder written as "<folder>".
  std::string Normalised(std::string text) const;
  /// The build step of a suite "shop-audit" for target "shop": writes the folders suite/ and state/.
  void Resolve() const;

  /// Another process that has run the tool and lives on.
  class OtherOwner {
   public:
    OtherOwner(const ToolTest& test, const std::vector<std::string>& arguments);
    ~OtherOwner();
    OtherOwner(const OtherOwner&) = delete;
    OtherOwner& operator=(const OtherOwner&) = delete;
    int pid() const { return pid_; }

   private:
    int pid_ = 0;
    int life_ = -1;  // it ends when this is closed
  };

  std::string folder_;
  std::string runtime_directory_;
};

}  // namespace readiness
