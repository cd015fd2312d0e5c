#include "readiness/source_python.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using Kind = PythonProblem::Kind;

PythonFile Read(const std::string& text, const std::string& path = "app/x.py") {
  const auto reading = ReadPython({{path, text}});
  if (!reading) {
    ADD_FAILURE() << reading.error().Brief();
    return {};
  }
  return reading->files.at(0);
}

TEST(PythonTest, CallsAreReadWithTheirArguments) {
  const PythonFile file = Read(
      "from fastapi.middleware.cors import CORSMiddleware as Cors\nimport os\n\n\ndef make(app):\n"
      "    app.add_middleware(Cors, allow_origins=['*', os.getenv('ORIGIN', 'x')], allow_credentials=True)\n");
  ASSERT_THAT(file.calls, SizeIs(2));
  const PythonCall& call = file.calls[0];
  EXPECT_EQ(call.function, "app.add_middleware");
  EXPECT_EQ(call.scope, "make");
  EXPECT_EQ(call.line, 6);
  EXPECT_EQ(call.arguments.at(0), (Json{{"kind", "name"}, {"name", "fastapi.middleware.cors.CORSMiddleware"}}));
  ASSERT_THAT(call.keywords, SizeIs(2));
  EXPECT_EQ(call.keywords[0].first, "allow_origins");
  EXPECT_EQ(call.keywords[0].second.at("items").at(0), (Json{{"kind", "literal"}, {"value", "*"}}));
  EXPECT_EQ(call.keywords[0].second.at("items").at(1).at("function"), "os.getenv");
  EXPECT_EQ(call.keywords[1].second.at("value"), true);
}

TEST(PythonTest, ConstantsArePutTogether) {
  const PythonFile file = Read(
      "a = 'gh' + 'p_'\nb = chr(42)\nc = b'*'.decode()\nd = '*' * 3\ne = f'x{\"y\"}z'\nf = b'*'\ng = 'x' * 10**9\nh = "
      "x + 'y'\n");
  const char* values[] = {"ghp_", "*", "*", "***", "xyz", "*"};
  for (std::size_t i = 0; i < std::size(values); ++i)
    EXPECT_EQ(file.assignments.at(i).value, (Json{{"kind", "literal"}, {"value", values[i]}}));
  EXPECT_EQ(file.assignments.at(6).value.at("kind"), "other");
  EXPECT_EQ(file.assignments.at(7).value.at("kind"), "sum");
}

TEST(PythonTest, UsesOfImportedNamesAreCounted) {
  const PythonFile file =
      Read("import a.b as m\nfrom c import D\nm.E(D)\nclass F(D):\n    pass\nx = m.E\nlocal = 1\nlocal\n");
  EXPECT_THAT(file.uses, ElementsAre(Pair("a.b.E", ElementsAre(3, 6)), Pair("c.D", ElementsAre(3, 4))));
}

TEST(PythonTest, AssignmentsImportsAndDefinitionsAreRead) {
  const PythonFile file = Read(
      "from .store import save\nfrom ..core import log as l\ntry:\n    import fast\nexcept ImportError:\n    fast = "
      "None\n\n\n"
      "class Settings:\n    origins: str = '*'\n\n\nif True:\n    A = B = 1\n\n\ndef f():\n    global G\n    G = 2\n",
      "app/api/x.py");
  std::vector<std::string> targets;
  for (const PythonAssignment& one : file.assignments) targets.push_back(one.scope + "/" + one.target);
  EXPECT_THAT(targets, ElementsAre("/fast", "Settings/origins", "/A", "/B", "f/G"));
  ASSERT_THAT(file.imports, SizeIs(3));
  EXPECT_EQ(file.imports[0].module, "app.api.store");
  EXPECT_EQ(file.imports[1].module, "app.core");
  EXPECT_TRUE(file.imports[2].optional);
  EXPECT_THAT(file.definitions, ElementsAre("A", "B", "G", "Settings", "f", "fast", "l", "save"));
}

TEST(PythonTest, HostileSourcesAreAnswered) {
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "(";
  std::string unary;
  for (int i = 0; i < 50'000; ++i) unary += "-";
  const struct {
    const char* name;
    std::string text;
  } cases[] = {
      {"a NUL byte", std::string("x = 1\n\0y\n", 9)},
      {"no UTF-8", "x = '\xff\xfe'\n"},
      {"deep brackets", nested},
      {"deep operators", "x = " + unary + "1\n"},
      {"an unknown encoding", "# coding: nonsense\nx = 1\n"},
      {"Python 2", "print 'hello'\n"},
      {"binary",
       "\x7f"
       "ELF\x01\x02"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    const auto reading = ReadPython({{"app/x.py", test.text}, {"app/sound.py", "import os\nprint(os.name)\n"}});
    ASSERT_TRUE(reading) << reading.error().Brief();
    ASSERT_THAT(reading->files, SizeIs(2));
    EXPECT_FALSE(reading->files[0].parsed());
    EXPECT_FALSE(reading->files[0].problems.at(0).message.empty());
    EXPECT_TRUE(reading->files[1].parsed());
    EXPECT_TRUE(reading->files[1].planted_found);
  }
}

TEST(PythonTest, NothingIsRun) {
  const std::string file = "/tmp/readiness-python-test-" + std::to_string(::getpid());
  const PythonFile read = Read("open('" + file + "', 'w').write('x')\nimport antigravity\n");
  EXPECT_TRUE(read.parsed());
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(PythonTest, LargeAndEmptySourcesAreRead) {
  std::string large;
  for (int i = 0; large.size() < 1024 * 1024; ++i)
    large +=
        "\n\ndef number_" + std::to_string(i) + "(value):\n    # one of many\n    return [value, 1, 'some text']\n";
  EXPECT_TRUE(Read(large).planted_found);
  EXPECT_TRUE(Read("").planted_found);
  EXPECT_TRUE(Read("\r\n\r\nx = 1\r\n").planted_found);
  const auto none = ReadPython({});
  ASSERT_TRUE(none);
  EXPECT_THAT(none->files, IsEmpty());
  EXPECT_THAT(none->version, HasSubstr("pyflakes"));
}

TEST(PythonTest, TooMuchSourceIsAnError) {
  const std::string text(4 * 1024 * 1024, '\n');
  std::vector<PythonSource> sources(17, {"x.py", text});
  const auto reading = ReadPython(sources);
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace readiness
