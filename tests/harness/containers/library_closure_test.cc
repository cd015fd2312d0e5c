#include "containers/library_closure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace readiness {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(LibraryClosureTest, NamesLoaderAndLibraries) {
  const auto closure = LibraryClosure("/proc/self/exe");
  ASSERT_TRUE(closure) << closure.error().Brief();
  EXPECT_THAT(*closure, AllOf(Contains(HasSubstr("ld-")), Contains(HasSubstr("libc.so")),
                              Contains(HasSubstr("libstdc++.so")), Each(StartsWith("/"))));
  for (const std::string& library : *closure) EXPECT_TRUE(std::filesystem::exists(library)) << library;
}

struct Wrong {
  const char* name;
  std::string bytes;
  const char* said;
};

void PrintTo(const Wrong& wrong, std::ostream* stream) {
  *stream << wrong.name;
}

std::string CutOff() {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  std::string head(80, '\0');
  file.read(head.data(), 80);
  return head;
}

class WrongProgramTest : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongProgramTest, IsRefused) {
  char name[] = "/tmp/closure-XXXXXX";
  const int descriptor = ::mkstemp(name);
  ::close(descriptor);
  std::ofstream(name, std::ios::binary) << GetParam().bytes;
  const auto closure = LibraryClosure(name);
  std::filesystem::remove(name);
  ASSERT_FALSE(closure);
  EXPECT_EQ(closure.error().kind, ErrorKind::kEnvironment);
  EXPECT_THAT(closure.error().Brief(), HasSubstr(GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(Wrong, WrongProgramTest,
                         ::testing::Values(Wrong{"Empty", "", "no ELF file"},
                                           Wrong{"Script", "#!/bin/sh\nexit 0\n", "no ELF"},
                                           Wrong{"Magic",
                                                 "\x7f"
                                                 "ELF",
                                                 "no ELF"},
                                           Wrong{"ThirtyTwoBits",
                                                 "\x7f"
                                                 "ELF\x01" +
                                                     std::string(100, '\x01'),
                                                 "another sort"},
                                           Wrong{"CutOff", CutOff(), "cut off"}),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(LibraryClosureTest, NoFile) {
  EXPECT_FALSE(LibraryClosure("/nonexistent"));
}

TEST(UnusualFoldersTest, KeepsOnlyWhatLoadersDoNotSearch) {
  EXPECT_EQ(UnusualFolders({"/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/libm.so", "/lib64/ld-linux-x86-64.so.2"}), "");
  EXPECT_EQ(UnusualFolders({"/opt/b/libx.so", "/usr/local/lib/liby.so", "/opt/b/libz.so"}), "/opt/b:/usr/local/lib");
  EXPECT_EQ(UnusualFolders({"/opt/lib/x86_64-linux-gnu/libx.so"}), "/opt/lib/x86_64-linux-gnu");
}

}  // namespace
}  // namespace readiness
