#pragma once
// What the engine's tests share: a run of its own per test with a folder of its own, services that are the helper
// program, and proof that nothing of the run is left.

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/text.h"
#include "engines/engine.h"
#include "engines/process_table.h"

namespace readiness {

inline WaitCondition PortOpen() {
  WaitCondition condition;
  condition.port_open = true;
  return condition;
}

inline WaitCondition LogMatches(const std::string& pattern) {
  WaitCondition condition;
  condition.log = WaitCondition::LogLine{pattern};
  return condition;
}

inline WaitCondition HttpAnswers(const StatusSet& statuses) {
  WaitCondition condition;
  condition.http = WaitCondition::HttpAnswers{"/health", statuses};
  return condition;
}

class EngineTest : public ::testing::Test {
 protected:
  EngineTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "engine-test-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    ::chmod(directory_.c_str(), 0755);
    engine_ = MakeProcessEngine(run_id_, directory_);
  }

  ~EngineTest() override {
    engine_.reset();
    EXPECT_EQ(Labelled(), std::vector<std::string>());
    EXPECT_EQ(OurChildren(), std::vector<std::string>());
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  ServiceSpec Helper(const std::string& name, const std::vector<std::string>& arguments,
                     const std::vector<WaitCondition>& ready) {
    ServiceSpec spec;
    spec.name = name;
    spec.command = {ENGINE_HELPER};
    spec.command.insert(spec.command.end(), arguments.begin(), arguments.end());
    spec.log_file = directory_ + "/" + name + ".log";
    spec.ready = ready;
    spec.startup_timeout = Milliseconds(30'000);
    spec.stop_grace = Milliseconds(100);
    return spec;
  }

  /// As Helper, with a reserved port as the second argument and in the URL.
  ServiceSpec Listener(const std::string& name, const std::string& mode, const std::vector<WaitCondition>& ready) {
    const std::string port = std::to_string(engine_->ReservePort(std::nullopt).value());
    ServiceSpec spec = Helper(name, {mode, port}, ready);
    spec.url = "http://127.0.0.1:" + port;
    return spec;
  }

  std::string Log(const std::string& name) const {
    std::ifstream file(directory_ + "/" + name + ".log");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  /// Live processes of this run: "pid name".
  std::vector<std::string> Labelled() const { return List(std::string(kRunLabel) + "=" + run_id_, 0); }
  /// Our children, zombies included.
  static std::vector<std::string> OurChildren() { return List("", ::getpid()); }

  std::string run_id_ = "test-" + RandomHex(8);
  std::string directory_;
  std::unique_ptr<Engine> engine_;

 private:
  static std::vector<std::string> List(const std::string& label, int parent) {
    std::vector<std::string> found;
    for (const ProcessEntry& process : ListProcesses()) {
      const bool chosen = parent == 0 ? EnvironmentHas(process.pid, label) : process.parent == parent;
      if (chosen) found.push_back(std::to_string(process.pid) + " " + process.name);
    }
    return found;
  }
};

}  // namespace readiness
