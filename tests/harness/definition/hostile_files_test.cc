#include <chrono>

#include "wrong_cases.h"

namespace readiness {
namespace {

std::string Repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

bool IsPrintable(const std::string& text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) return false;
  }
  return text.find("\xE2\x80\xAE") == std::string::npos;  // right-to-left override
}

std::vector<Error> ProblemsOf(const std::string& text) {
  const auto loaded = ParseProbe(text, "p/probe.json");
  if (loaded) return {};
  return loaded.error();
}

struct HostileCase {
  const char* name;
  std::string text;
  ErrorKind kind;
  const char* first;  ///< the first problem, up to its details
};

std::vector<HostileCase> Cases() {
  const std::string nul("{\"probe\": \"a\0b\"}", 15);
  return {
      {"duplicate key", "{\"probe\": \"p\", \"probe\": \"p\"}", ErrorKind::kDefinition,
       "1:16 key \"probe\" is given twice"},
      {"duplicate key by escape", "{\"probe\": \"p\",\n \"pr\\u006fbe\": \"p\"}", ErrorKind::kDefinition,
       "2:2 key \"probe\" is given twice"},
      {"duplicate key deep down", "{\"controls\": {\"a\": 1, \"a\": 1}}", ErrorKind::kDefinition,
       "1:23 key \"a\" is given twice"},
      {"invalid UTF-8", "{\"probe\": \"\xff\xfe\"}", ErrorKind::kDefinition, "1:12 not valid JSON"},
      {"overlong UTF-8", "{\"probe\": \"\xc0\xaf\"}", ErrorKind::kDefinition, "1:12 not valid JSON"},
      {"surrogate as UTF-8", "{\"probe\": \"\xed\xa0\x80\"}", ErrorKind::kDefinition, "1:13 not valid JSON"},
      {"lone high surrogate", "{\"probe\": \"\\ud800\"}", ErrorKind::kDefinition, "1:18 not valid JSON"},
      {"lone low surrogate", "{\"probe\": \"\\udc00\"}", ErrorKind::kDefinition, "1:17 not valid JSON"},
      {"byte order mark", "\xEF\xBB\xBF{}", ErrorKind::kDefinition, "1:1 not valid JSON"},
      {"NUL byte", nul, ErrorKind::kDefinition, "1:13 not valid JSON"},
      {"NUL escape", "{\"probe\": \"a\\u0000b\"}", ErrorKind::kDefinition,
       "1:1 a probe description lacks \"statement\""},
      {"escape sequence in a key", "{\"\x1b[31m\": 1}", ErrorKind::kDefinition, "1:3 not valid JSON"},
      {"comment", "{} // c", ErrorKind::kDefinition, "1:4 not valid JSON"},
      {"second value", "{} {}", ErrorKind::kDefinition, "1:4 not valid JSON"},
      {"trailing comma", "{\"probe\": \"p\",}", ErrorKind::kDefinition, "1:15 not valid JSON"},
      {"cut off", "{\"probe\": \"p\"", ErrorKind::kDefinition, "1:13 not valid JSON"},
      {"not a number", "{\"probe\": NaN}", ErrorKind::kDefinition, "1:11 not valid JSON"},
      {"infinite number", "{\"probe\": 1e999}", ErrorKind::kDefinition, "1:11 number is out of range"},
      {"deep nesting", Repeated("[", 100'000), ErrorKind::kLimit, "1:65 nested too deeply"},
      {"deep objects", Repeated("{\"a\":", 100'000), ErrorKind::kLimit, "1:321 nested too deeply"},
      {"over 8 MiB", "{\"probe\": \"" + std::string(8 * 1024 * 1024, 'x') + "\"}", ErrorKind::kLimit,
       "0:0 JSON text is too large"},
      {"too many values", "[" + Repeated("0,", 1'000'000) + "0]", ErrorKind::kLimit, "1:2000000 too many values"},
      {"empty", "", ErrorKind::kDefinition, "1:1 not valid JSON"},
      {"blank", " \n\t ", ErrorKind::kDefinition, "2:2 not valid JSON"},
  };
}

TEST(HostileFiles, AreRefusedWithAPlace) {
  for (const HostileCase& hostile : Cases()) {
    SCOPED_TRACE(hostile.name);
    const std::vector<Error> errors = ProblemsOf(hostile.text);
    ASSERT_FALSE(errors.empty());
    EXPECT_EQ(errors[0].kind, hostile.kind);
    const std::string listed = Listed({errors[0]});
    EXPECT_TRUE(listed.starts_with(hostile.first)) << listed;
  }
}

TEST(HostileFiles, MessagesAreSafeToShow) {
  std::vector<std::string> texts;
  for (const HostileCase& hostile : Cases()) texts.push_back(hostile.text);
  const std::string nasty = "\\u001b[31m\\u0007\\u202e\\r\\n\\u0000\\u009b";
  for (const char* place :
       {R"({"X": 1})", R"({"probe": "X"})", R"({"needs": ["X"]})", R"({"controls": {"X": "a"}})",
        R"({"controls": {"a": "X"}})", R"({"parameters": {"X": {}}})", R"({"parameters": {"a": "X"}})",
        R"({"parameters": {"a": {"type": "X"}}})", R"({"parameters": {"a": {"X": 1}}})"}) {
    std::string text = place;
    texts.push_back(text.replace(text.find('X'), 1, nasty));
  }
  for (const std::string& text : texts) {
    const std::vector<Error> errors = ProblemsOf(text);
    EXPECT_FALSE(errors.empty());
    for (const Error& error : errors) {
      for (const std::string& part : {error.what, error.expected, error.actual, error.fix}) {
        EXPECT_TRUE(IsPrintable(part)) << part;
        EXPECT_LT(part.size(), 4000u);
      }
    }
  }
}

TEST(HostileFiles, KeysOfOtherLanguagesAreJustUnknown) {
  const std::vector<Error> errors = ProblemsOf(R"({"__proto__": {}, "constructor": {}, "toString": 1, "": 2})");
  int unknown = 0;
  for (const Error& error : errors) unknown += error.what.starts_with("unknown key") ? 1 : 0;
  EXPECT_EQ(unknown, 4);
}

TEST(HostileFiles, ManyWrongThingsAreCutAtFifty) {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text += "\"unknown" + std::to_string(i) + "\": 0,\n";
  text += "\"last\": 0}";
  const auto start = std::chrono::steady_clock::now();
  const std::vector<Error> errors = ProblemsOf(text);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  ASSERT_EQ(errors.size(), 50u);
  EXPECT_EQ(errors[49].what, "199961 further problems from here on are not shown");
}

TEST(HostileFiles, LongStringsAreRefusedAndCut) {
  const std::string megabyte(1024 * 1024, 'x');
  const std::vector<Error> errors =
      ProblemsOf("{\"probe\": \"" + megabyte + "\", \"statement\": \"" + megabyte + "\", \"" + megabyte + "\": 1}");
  std::size_t bytes = 0;
  for (const Error& error : errors)
    bytes += error.what.size() + error.expected.size() + error.actual.size() + error.fix.size();
  EXPECT_LT(bytes, 10'000u);
  EXPECT_NE(Listed(errors).find("\"statement\" is too long | expected at most 2000 bytes | actual 1048576 bytes"),
            std::string::npos);
}

TEST(HostileFiles, AFolderOrALargeFileIsRefused) {
  const TemporaryFolder folder;
  const auto of_folder = LoadTarget(folder.path());
  ASSERT_FALSE(of_folder);
  EXPECT_EQ(of_folder.error()[0].place->file, folder.path());
  const auto of_large = LoadTarget(folder.Write("large.json", std::string(8 * 1024 * 1024 + 1, ' ')));
  ASSERT_FALSE(of_large);
  EXPECT_EQ(of_large.error()[0].kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace readiness
