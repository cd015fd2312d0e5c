#include "source/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/program.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TreeTest : public ::testing::Test {
 protected:
  TreeTest() {
    std::string name = "/tmp/readiness-tree-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    tree_ = folder_ / "tree";
    fs::create_directories(tree_);
  }
  ~TreeTest() override { fs::remove_all(folder_); }

  void Write(const std::string& path, const std::string& text = "x\n") {
    fs::create_directories((tree_ / path).parent_path());
    std::ofstream(tree_ / path, std::ios::binary) << text;
  }
  void Git(std::vector<std::string> words) {
    words.insert(words.begin(), {"git", "-C", tree_.string(), "-c", "user.name=t", "-c", "user.email=t@example.org"});
    ProgramRequest request;
    request.command = std::move(words);
    request.environment = {"PATH=/usr/bin:/bin", "HOME=" + folder_.string()};
    const auto ran = RunProgram(request);
    ASSERT_TRUE(ran);
    ASSERT_EQ(ran->exit_code, 0) << ran->error_output;
  }
  Result<std::vector<std::string>> Paths(const std::vector<std::string>& globs = {"**"},
                                         const SourceTreeLimits& limits = {}) {
    READINESS_ASSIGN(const std::vector<SourceFile> files, MakeSourceTree(tree_, limits)->Files(globs));
    std::vector<std::string> paths;
    for (const SourceFile& file : files) paths.push_back(file.path);
    return paths;
  }
  std::vector<std::string> Seen(const std::vector<std::string>& globs = {"**"}) {
    const auto paths = Paths(globs);
    EXPECT_TRUE(paths) << paths.error().Brief();
    return paths.value_or(std::vector<std::string>{});
  }

  fs::path folder_, tree_;
};

TEST_F(TreeTest, WithoutVersionControlAllFilesBelong) {
  Write("b/c.py");
  Write("a.py", "1234");
  Write(".env");
  EXPECT_THAT(Seen(), ElementsAre(".env", "a.py", "b/c.py"));
  EXPECT_THAT(Seen({"**/*.py"}), ElementsAre("a.py", "b/c.py"));
  EXPECT_THAT(Seen({}), IsEmpty());
  const auto tree = MakeSourceTree(tree_);
  EXPECT_EQ(tree->Files({"a.py"})->at(0).bytes, 4);
  EXPECT_EQ(tree->Read("a.py").value(), "1234");
}

TEST_F(TreeTest, WithGitTrackedFilesBelong) {
  Write("tracked.py");
  Write("gone.py");
  Write("name with \n line end.py", "odd");
  Write("ignored.py");
  Write("untracked.py");
  Write(".gitignore", "ignored.py\n");
  Git({"init", "-q"});
  Git({"add", "tracked.py", "gone.py", ".gitignore", "name with \n line end.py"});
  fs::remove(tree_ / "gone.py");
  EXPECT_THAT(Seen(), ElementsAre(".gitignore", "gone.py", "name with \n line end.py", "tracked.py"));
  EXPECT_EQ(MakeSourceTree(tree_)->Read("name with \n line end.py").value(), "odd");
  EXPECT_FALSE(MakeSourceTree(tree_)->Read("untracked.py"));
}

TEST_F(TreeTest, WhatIsTrackedIsReadAlsoWhenItIsNotOnTheDisk) {
  for (const char* path : {"gone.py", "linked.py", "folder.py", "docs/sparse.py", "same.py", "edited.py"})
    Write(path, "staged");
  Git({"init", "-q"});
  Git({"add", "."});
  fs::remove(tree_ / "gone.py");
  fs::remove(tree_ / "linked.py");
  fs::create_symlink("/etc/passwd", tree_ / "linked.py");
  fs::remove(tree_ / "folder.py");
  fs::create_directory(tree_ / "folder.py");
  fs::remove_all(tree_ / "docs");
  Write("edited.py", "on the disk");
  const auto tree = MakeSourceTree(tree_);
  ASSERT_EQ(tree->Files({"**"})->size(), 6u);
  for (const char* path : {"gone.py", "linked.py", "folder.py", "docs/sparse.py"}) {
    EXPECT_EQ(tree->Read(path).value(), "staged") << path;
    EXPECT_EQ(tree->Files({path})->at(0).bytes, 6) << path;
    EXPECT_FALSE(tree->ReadStaged(path).value()) << path;
    EXPECT_EQ(tree->ReadPart(path, 2, 3).value(), "age") << path;
  }
  EXPECT_EQ(tree->Read("edited.py").value(), "on the disk");
  EXPECT_EQ(tree->ReadStaged("edited.py").value(), "staged");
  EXPECT_FALSE(tree->ReadStaged("same.py").value());
  EXPECT_THAT(tree->Unreadable().value(), IsEmpty());
}

TEST_F(TreeTest, WhatCannotBeReadIsTold) {
  Write("a.py", "a");
  Write("gone.py", "gone");
  Git({"init", "-q"});
  Git({"add", "."});
  Git({"update-index", "--add", "--cacheinfo", "160000,0123456789012345678901234567890123456789,module"});
  Git({"update-index", "--add", "--cacheinfo", "100644,0123456789012345678901234567890123456789,lacking.py"});
  const auto tree = MakeSourceTree(tree_);
  EXPECT_THAT(tree->Unreadable().value(), ElementsAre("module", "lacking.py"));
  EXPECT_FALSE(tree->Read("lacking.py"));
}

TEST_F(TreeTest, LongFilesAreReadInParts) {
  Write("long.txt", std::string(kMaxSourceFile, 'x') + "end");
  const auto tree = MakeSourceTree(tree_);
  EXPECT_EQ(tree->ReadPart("long.txt", kMaxSourceFile, 100).value(), "end");
  EXPECT_EQ(tree->ReadPart("long.txt", kMaxSourceFile + 10, 100).value(), "");
}

TEST_F(TreeTest, AFolderOfAWorkTreeIsATree) {
  Write("app/a.py");
  Write("app/b.py");
  Write("other.py");
  Write("generated/x.py");
  Git({"init", "-q"});
  Git({"add", "app/a.py", "other.py"});
  tree_ = tree_ / "app";
  EXPECT_THAT(Seen(), ElementsAre("a.py"));
  // Nothing of it is tracked, so it is not the repository's: a build folder, for instance.
  tree_ = tree_.parent_path() / "generated";
  EXPECT_THAT(Seen(), ElementsAre("x.py"));
}

TEST_F(TreeTest, ALeftoverAboveTheTreeSaysNothing) {
  fs::create_directories(folder_ / ".git");
  Write("a.py");
  EXPECT_THAT(Seen(), ElementsAre("a.py"));
}

TEST_F(TreeTest, ABrokenOrEmptyRepositoryIsAnError) {
  Write("a.py");
  fs::create_directories(tree_ / ".git");
  EXPECT_EQ(Paths().error().kind, ErrorKind::kEnvironment);
  fs::remove_all(tree_ / ".git");
  Git({"init", "-q"});
  const auto empty = Paths();
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().actual, HasSubstr("tracks no file"));
  std::ofstream(tree_ / ".git/index") << "rubbish";
  EXPECT_EQ(Paths().error().kind, ErrorKind::kEnvironment);
}

TEST_F(TreeTest, AHostileRepositoryExecutesNothing) {
  Write("a.py");
  Git({"init", "-q"});
  Git({"add", "a.py"});
  const fs::path hit = folder_ / "hit";
  const std::string script = "#!/bin/sh\ntouch " + hit.string() + "\n";
  std::ofstream(folder_ / "evil") << script;
  ::chmod((folder_ / "evil").c_str(), 0755);
  const std::string evil = (folder_ / "evil").string();
  for (const char* hook : {"post-index-change", "fsmonitor-watchman", "post-checkout", "reference-transaction"}) {
    std::ofstream(tree_ / ".git/hooks" / hook) << script;
    ::chmod((tree_ / ".git/hooks" / hook).c_str(), 0755);
  }
  std::ofstream(tree_ / ".git/config", std::ios::app)
      << "[core]\n\tfsmonitor = " << evil << "\n\thooksPath = " << (tree_ / ".git/hooks").string()
      << "\n\tpager = " << evil << "\n\tsshCommand = " << evil
      << "\n\tworktree = /etc\n\tuntrackedCache = true\n[pager]\n\tls-files = " << evil << "\n[alias]\n\tls-files = !"
      << evil << "\n[filter \"x\"]\n\tclean = " << evil << "\n\tprocess = " << evil
      << "\n[protocol \"ext\"]\n\tallow = always\n[diff]\n\texternal = " << evil
      << "\n[submodule]\n\trecurse = true\n[trace2]\n\teventTarget = " << (folder_ / "trace").string() << "\n";
  std::ofstream(tree_ / ".gitattributes") << "* filter=x\n";
  EXPECT_THAT(Seen(), ElementsAre("a.py"));
  EXPECT_FALSE(fs::exists(hit));
}

TEST_F(TreeTest, SomebodyElsesRepositoryIsRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  Write("a.py");
  Git({"init", "-q"});
  Git({"add", "a.py"});
  ProgramRequest chown;
  chown.command = {"chown", "-R", "65534:65534", tree_.string()};
  chown.environment = {"PATH=/usr/bin:/bin"};
  ASSERT_EQ(RunProgram(chown)->exit_code, 0);
  EXPECT_THAT(Seen(), ElementsAre("a.py"));
}

TEST_F(TreeTest, LinksAreFollowedWithinTheTreeOnly) {
  std::ofstream(folder_ / "secret") << "secret";
  Write("real/a.py", "inside");
  fs::create_symlink("real/a.py", tree_ / "inside.py");
  fs::create_symlink("../secret", tree_ / "outside.py");
  fs::create_symlink("/etc/passwd", tree_ / "absolute.py");
  fs::create_symlink("nowhere", tree_ / "dangling.py");
  fs::create_symlink("loop.py", tree_ / "loop.py");
  fs::create_directory_symlink("real", tree_ / "folder");
  fs::create_directory_symlink("..", tree_ / "up");
  ASSERT_EQ(::mkfifo((tree_ / "pipe.py").c_str(), 0600), 0);
  EXPECT_THAT(Seen(), ElementsAre("inside.py", "real/a.py"));
  const auto tree = MakeSourceTree(tree_);
  EXPECT_EQ(tree->Read("inside.py").value(), "inside");
  for (const char* path : {"outside.py", "absolute.py", "../secret", "/etc/passwd", "pipe.py", "folder/a.py", ""})
    EXPECT_FALSE(tree->Read(path)) << path;
  Git({"init", "-q"});
  Git({"add", "inside.py", "outside.py", "absolute.py", "dangling.py", "real/a.py"});
  fs::create_symlink(".git/config", tree_ / "config");
  Git({"add", "config"});
  EXPECT_THAT(Seen(), ElementsAre("inside.py", "real/a.py"));
}

TEST_F(TreeTest, ALinkThatAppearsLaterIsNotFollowed) {
  Write("a.py");
  const auto tree = MakeSourceTree(tree_);
  ASSERT_TRUE(tree->Files({"**"}));
  fs::remove(tree_ / "a.py");
  fs::create_symlink("/etc/passwd", tree_ / "a.py");
  EXPECT_FALSE(tree->Read("a.py"));
}

TEST_F(TreeTest, NumberDepthAndSizeAreBounded) {
  for (int i = 0; i < 6; ++i) Write("d" + std::to_string(i) + ".py", "0123456789");
  Write("1/2/3/4/a.py");
  SourceTreeLimits few;
  few.files = 5;
  EXPECT_EQ(Paths({"**"}, few).error().kind, ErrorKind::kLimit);
  SourceTreeLimits flat;
  flat.depth = 2;
  EXPECT_EQ(Paths({"**"}, flat).error().kind, ErrorKind::kLimit);
  SourceTreeLimits small;
  small.total_bytes = 50;
  EXPECT_EQ(Paths({"**"}, small).error().kind, ErrorKind::kLimit);
  Write("large.bin", std::string(kMaxSourceFile + 1, 'x'));
  const auto large = MakeSourceTree(tree_)->Read("large.bin");
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().kind, ErrorKind::kLimit);
}

TEST_F(TreeTest, WithoutAFolderThereIsAnErrorEachTime) {
  const auto none = MakeSourceTree("");
  EXPECT_EQ(none->Files({"**"}).error().kind, ErrorKind::kNotAvailable);
  EXPECT_EQ(none->Read("a").error().kind, ErrorKind::kNotAvailable);
  const auto missing = MakeSourceTree("/nowhere/tree");
  EXPECT_EQ(missing->Files({"**"}).error().kind, ErrorKind::kEnvironment);
  EXPECT_EQ(missing->Files({"**"}).error().kind, ErrorKind::kEnvironment);
  EXPECT_FALSE(MakeSourceTree("/etc/passwd")->Files({"**"}));
}

}  // namespace
}  // namespace readiness
