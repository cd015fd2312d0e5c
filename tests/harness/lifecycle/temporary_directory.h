#pragma once
// A directory that goes with its scope. Short, because Unix sockets lie in it.

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace readiness {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    char name[] = "/tmp/rl-XXXXXX";
    path_ = ::mkdtemp(name);
    std::filesystem::permissions(path_, std::filesystem::perms(0711));
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace readiness
