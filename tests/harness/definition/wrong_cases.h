#pragma once
// Support for tables of wrong definition files: a good text, what to replace in it, and the exact problems that must
// come out. Not for use outside of these tests.

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/files.h"
#include "definition/load.h"

namespace readiness {

/// A folder that is gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = ::testing::TempDir() + "definition_XXXXXX";
    path_ = ::mkdtemp(name.data()) == nullptr ? std::string() : name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  /// Writes `text` and returns the file's path.
  std::string Write(const std::string& name, const std::string& text) const {
    const std::string file = path_ + "/" + name;
    EXPECT_TRUE(MakeDirectories(std::filesystem::path(file).parent_path().string()));
    EXPECT_TRUE(WriteFileAtomically(file, text));
    return file;
  }

 private:
  std::string path_;
};

struct WrongCase {
  const char* name;
  std::vector<std::pair<std::string, std::string>> replacements;
  const char* problems;  ///< as Listed() shows them
};

/// One line per problem: `line:column what | expected ... | actual ... | fix ...`, with `folder` cut out.
inline std::string Listed(const std::vector<Error>& errors, const std::string& folder = {}) {
  std::string text;
  for (const Error& error : errors) {
    if (!text.empty()) text += "\n";
    text += error.place ? std::to_string(error.place->line) + ":" + std::to_string(error.place->column) : "nowhere";
    text += " " + error.what;
    if (!error.expected.empty()) text += " | expected " + error.expected;
    if (!error.actual.empty()) text += " | actual " + error.actual;
    if (!error.fix.empty()) text += " | fix " + error.fix;
  }
  for (std::size_t at = text.find(folder); !folder.empty() && at != std::string::npos; at = text.find(folder)) {
    text.erase(at, folder.size());
  }
  return text;
}

template <class T>
std::string Listed(const Loaded<T>& loaded, const std::string& folder = {}) {
  return loaded ? "no problem" : Listed(loaded.error(), folder);
}

/// `text` with each replacement made; what is replaced must occur exactly once.
inline std::string Replaced(std::string text, const std::vector<std::pair<std::string, std::string>>& replacements) {
  for (const auto& [from, to] : replacements) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << "not in the good text: " << from;
    if (at == std::string::npos) continue;
    EXPECT_EQ(text.find(from, at + 1), std::string::npos) << "twice in the good text: " << from;
    text.replace(at, from.size(), to);
  }
  return text;
}

/// Runs `load` (text -> listed problems) over `cases`.
template <class Load>
void CheckWrongCases(const std::string& good, const std::vector<WrongCase>& cases, Load load) {
  EXPECT_EQ(load(good), "no problem");
  for (const WrongCase& wrong : cases) {
    SCOPED_TRACE(wrong.name);
    EXPECT_EQ(load(Replaced(good, wrong.replacements)), wrong.problems);
  }
}

}  // namespace readiness
