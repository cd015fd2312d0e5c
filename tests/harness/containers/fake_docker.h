#pragma once
// A `docker` that the test plays: a shell script alone in PATH, which may note its calls in the file `calls` beside it.

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace readiness {

class FakeDocker {
 public:
  FakeDocker() {
    char name[] = "/tmp/fake-docker-XXXXXX";
    folder_ = ::mkdtemp(name);
    ::setenv("PATH", folder_.c_str(), 1);
  }
  FakeDocker(const FakeDocker&) = delete;
  FakeDocker& operator=(const FakeDocker&) = delete;
  ~FakeDocker() {
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }

  const std::string& folder() const { return folder_; }

  /// `script` runs with `$folder` set and the usual tools in its PATH.
  void Install(const std::string& script, const std::string& name = "docker") const {
    const std::string file = folder_ + "/" + name;
    std::ofstream(file) << "#!/bin/sh\nfolder=" << folder_ << "\nPATH=/usr/bin:/bin\n" << script << "\n";
    ::chmod(file.c_str(), 0755);
  }

  std::string Read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder_ + "/" + name).rdbuf();
    return text.str();
  }

 private:
  std::string folder_;
};

}  // namespace readiness
