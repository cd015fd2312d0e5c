#include "readiness/source_glob.h"

#include <gtest/gtest.h>

namespace readiness {
namespace {

TEST(GlobTest, MeansWhatIsWritten) {
  const struct {
    const char* glob;
    const char* path;
    bool matches;
  } cases[] = {
      {"a.py", "a.py", true},
      {"a.py", "b/a.py", false},
      {"*.py", "a.py", true},
      {"*.py", "b/a.py", false},
      {"*.py", ".py", true},
      {"**/*.py", "a.py", true},
      {"**/*.py", "b/a.py", true},
      {"**/*.py", "b/c/a.py", true},
      {"**/*.py", "b/c/a.pyc", false},
      {"b/**/a.py", "b/a.py", true},
      {"b/**/a.py", "b/c/d/a.py", true},
      {"b/**/a.py", "bc/a.py", false},
      {"b/**/a.py", "b/ca.py", false},
      {"b/**", "b/a.py", true},
      {"b/**", "b/c/a.py", true},
      {"b/**", "b", false},
      {"**", "b/c", true},
      {"b**d", "b/c/d", true},
      {"?.py", "a.py", true},
      {"?.py", "/.py", false},
      {"[ab].py", "a.py", true},
      {"[a-c]1", "b1", true},
      {"[!ab].py", "a.py", false},
      {"[!ab].py", "c.py", true},
      {"[ab", "[ab", true},
      {"*Dockerfile*", "api.Dockerfile", true},
      {"k8s/*/*.yaml", "k8s/a/b.yaml", true},
      {"k8s/*/*.yaml", "k8s/a/c/b.yaml", false},
      {"", "", true},
      {"", "a", false},
      {"a\nb", "a\nb", true},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(std::string(test.glob) + " on " + test.path);
    EXPECT_EQ(MatchesGlob(test.glob, test.path), test.matches);
  }
}

TEST(GlobTest, ManyStarsTakeNoTime) {
  std::string glob;
  for (int i = 0; i < 100; ++i) glob += "*a";
  EXPECT_FALSE(MatchesGlob(glob + "b", std::string(4000, 'a')));
}

}  // namespace
}  // namespace readiness
