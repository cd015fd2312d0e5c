#include "lifecycle/overlay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "lifecycle/defects.h"
#include "temporary_directory.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OverlayTest : public ::testing::Test {
 protected:
  OverlayTest() {
    Write("tree/a.txt", "a");
    Write("tree/b/c.txt", "c");
    Write("tree/b/d.txt", "d");
    Write("tree/run.sh", "#!/bin/sh\n");
    fs::permissions(Path("tree/run.sh"), fs::perms::owner_exec, fs::perm_options::add);
  }
  fs::path Path(const std::string& path) const { return fs::path(std::string(directory_ / path)); }
  void Write(const std::string& path, const std::string& text) {
    fs::create_directories(Path(path).parent_path());
    std::ofstream(Path(path), std::ios::binary) << text;
  }
  std::string Read(const std::string& path) {
    std::ifstream stream(Path(path));
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  Overlay Make(const std::string& files, std::vector<std::string> remove = {}, const std::string& id = "x.A") {
    return {id, files.empty() ? "" : Path(files).string(), std::move(remove)};
  }
  Result<std::string> Apply(const std::vector<Overlay>& overlays) {
    return ApplyOverlays(overlays, Path("tree").string(), Path("copy").string());
  }
  void ExpectRefused(const std::vector<Overlay>& overlays, const std::string& what) {
    const auto applied = Apply(overlays);
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().kind, ErrorKind::kDefinition);
    EXPECT_THAT(applied.error().what, HasSubstr(what));
  }

  TemporaryDirectory directory_;
};

TEST_F(OverlayTest, WithoutOverlaysTheTreeItselfIsLookedAt) {
  EXPECT_EQ(Apply({}).value(), Path("tree").string());
  EXPECT_FALSE(fs::exists(Path("copy")));
}

TEST_F(OverlayTest, FilesAreReplacedAddedAndRemovedInACopy) {
  Write("one/a.txt", "A");
  Write("one/new/e.txt", "E");
  const auto applied = Apply({Make("one", {"b/c.txt"})});
  ASSERT_TRUE(applied) << applied.error().Brief();
  EXPECT_EQ(*applied, Path("copy").string());
  EXPECT_EQ(Read("copy/a.txt"), "A");
  EXPECT_EQ(Read("copy/new/e.txt"), "E");
  EXPECT_EQ(Read("copy/b/d.txt"), "d");
  EXPECT_FALSE(fs::exists(Path("copy/b/c.txt")));
  EXPECT_NE(fs::status(Path("copy/run.sh")).permissions() & fs::perms::owner_exec, fs::perms::none);
  EXPECT_EQ(Read("tree/a.txt"), "a");
  EXPECT_TRUE(fs::exists(Path("tree/b/c.txt")));
}

TEST_F(OverlayTest, FoldersAreRemovedAndReplaced) {
  Write("one/b/c.txt", "C");
  ASSERT_TRUE(Apply({Make("one", {"b"})}));
  EXPECT_EQ(Read("copy/b/c.txt"), "C");
  EXPECT_FALSE(fs::exists(Path("copy/b/d.txt")));
}

TEST_F(OverlayTest, SeveralThatDoNotMeetAreAllApplied) {
  Write("one/a.txt", "A");
  ASSERT_TRUE(Apply({Make("one"), Make("", {"b/c.txt"}, "x.B")}));
  EXPECT_EQ(Read("copy/a.txt"), "A");
  EXPECT_FALSE(fs::exists(Path("copy/b/c.txt")));
}

TEST_F(OverlayTest, WhatChangesNothingOrLeavesTheTreeIsRefused) {
  Write("same/a.txt", "a");
  ExpectRefused({Make("same")}, "changes nothing");
  fs::remove_all(Path("copy"));
  ExpectRefused({Make("")}, "changes nothing");
  fs::remove_all(Path("copy"));
  fs::create_directories(Path("empty/b"));
  ExpectRefused({Make("empty")}, "holds no file");
  fs::remove_all(Path("copy"));
  ExpectRefused({Make("nowhere")}, "not there");
  fs::remove_all(Path("copy"));
  for (const char* path : {"gone.txt", "b/gone", ""}) {
    const auto applied = Apply({Make("", {path})});
    EXPECT_FALSE(applied) << path;
    fs::remove_all(Path("copy"));
  }
  for (const char* path : {"../tree/a.txt", "/etc/passwd", "b/../a.txt", ".git/config", "./a.txt"}) {
    ExpectRefused({Make("", {path})}, "leaves the tree");
    fs::remove_all(Path("copy"));
  }
  fs::create_directories(Path("link"));
  fs::create_symlink("/etc/passwd", Path("link/a.txt"));
  ExpectRefused({Make("link")}, "link or device");
}

TEST_F(OverlayTest, TwoThatTouchOneFileAreRefused) {
  Write("one/a.txt", "A");
  Write("two/a.txt", "AA");
  ExpectRefused({Make("one"), Make("two", {}, "x.B")}, "another defect");
}

TEST_F(OverlayTest, WithoutATreeThereIsNothingToLayOver) {
  Write("one/a.txt", "A");
  EXPECT_FALSE(ApplyOverlays({Make("one")}, "", Path("copy").string()));
}

constexpr const char* kCatalogue = R"({
  "defects": [
    {"id": "x.A", "what": "a", "reddens": ["A"], "overlay": {"files": "overlays/A", "remove": ["b"]}},
    {"id": "x.B", "what": "b", "reddens": ["B"]},
    {"id": "x.C", "what": "c", "reddens": ["C"], "overlay": {"remove": ["c"]}}
  ],
  "sets": {"all": ["x.A", "x.B"], "tree": ["x.A", "x.C"]}
})";

TEST_F(OverlayTest, DefectsOfTheTreeAreKeptFromTheServices) {
  Write("defects.json", kCatalogue);
  const struct {
    std::string given, variable;
    std::set<std::string> expected;
    std::size_t overlays;
  } cases[] = {
      {"x.A", "", {}, 1},           {"x.B", "x.B", {"x.B"}, 0},       {"x.all", "x.B", {"x.B"}, 1},
      {"x.tree,y.Z", "y.Z", {}, 2}, {"x.all,x.A", "x.B", {"x.B"}, 1},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.given);
    const auto request = PlanDefects(test.given, "x", Path("defects.json").string());
    ASSERT_TRUE(request) << request.error().Brief();
    EXPECT_EQ(request->variable, test.variable);
    EXPECT_EQ(request->expected, test.expected);
    EXPECT_EQ(request->overlays.size(), test.overlays);
  }
  EXPECT_EQ(PlanDefects("x.A", "x", Path("defects.json").string())->overlays.at(0).files, Path("overlays/A").string());
}

TEST_F(OverlayTest, AMalformedOverlayIsAnError) {
  for (const char* overlay : {R"("x")", "{}", R"({"files": 1})", R"({"files": "../x"})", R"({"files": "/x"})",
                              R"({"file": "x"})", R"({"remove": "x"})", R"({"remove": [1]})", "[]"}) {
    SCOPED_TRACE(overlay);
    Write("defects.json",
          std::string(R"({"defects": [{"id": "x.A", "what": "a", "reddens": ["A"], "overlay": )") + overlay + "}]}");
    const auto request = PlanDefects("x.A", "x", Path("defects.json").string());
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().kind, ErrorKind::kDefinition);
  }
}

}  // namespace
}  // namespace readiness
