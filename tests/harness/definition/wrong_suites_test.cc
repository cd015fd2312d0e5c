#include "wrong_cases.h"

namespace readiness {
namespace {

constexpr char kGood[] = R"({
  "suite": "shop",
  "title": "The shop",
  "target": "shop",
  "audit": { "document": "shop.md", "verdict": "NO-GO", "items": 12 },
  "severity_weights": { "critical": 10, "high": 5, "low": 1, "info": 0 },
  "gating_severities": ["critical", "high"],
  "items": [
    {
      "id": "S1.1",
      "title": "Orders are private",
      "severity": "critical",
      "category": "privacy",
      "section": "1. Privacy",
      "source": { "line": 7, "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
      "probe": "rows_are_private",
      "parameters": { "tables": ["orders"], "refusals": [403] },
      "isolation": "shared",
      "minimum_observations": 2,
      "timeout_ms": 60000
    },
    {
      "id": "S1.2", "title": "Carts are private", "severity": "high", "category": "privacy", "section": "1. Privacy",
      "source": { "line": 8, "sha256": "cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34" },
      "probe": "rows_are_private", "parameters": { "tables": ["carts"] },
      "narrower_than_audit": "only carts", "not_applicable": "no carts are sold"
    }
  ]
})";

ProbeTable Probes() {
  const auto probe = ParseProbe(R"({
    "probe": "rows_are_private", "statement": "s", "motivation": "m", "method": ["m"], "remediation": "r", "needs": [], "touches": "nothing",
    "controls": {},
    "parameters": {
      "identity": { "type": "string", "default": "user", "description": "kind of principal" },
      "tables": { "type": "string_list", "required": true, "description": "tables to look at" },
      "refusals": { "type": "status_set", "default": [403, 404], "description": "refusing statuses" },
      "tries": { "type": "integer", "description": "how often" },
      "deep": { "type": "boolean", "description": "whether to follow references" },
      "within_ms": { "type": "duration", "description": "time limit" },
      "body": { "type": "object", "description": "what to send" },
      "steps": { "type": "list", "description": "what to do" }
    }
  })",
                                "rows_are_private/probe.json");
  EXPECT_TRUE(probe) << Listed(probe);
  return {{"rows_are_private", *probe}};
}

std::string Load(const std::string& text) {
  static const ProbeTable probes = Probes();
  const TemporaryFolder folder;
  return Listed(LoadSuite(folder.Write("suite.json", text), probes), folder.path() + "/");
}

constexpr char kParameters[] = R"({ "tables": ["orders"], "refusals": [403] })";

TEST(WrongSuites, EachProblemIsNamed) {
  const std::vector<WrongCase> cases = {
      {"suite id with a blank",
       {{"\"suite\": \"shop\"", "\"suite\": \"my shop\""}},
       R"(2:12 "suite" is not well formed | expected a letter, then letters, digits, _ and -, at most 100 | actual "my shop")"},
      {"suite id holds the label of all items",
       {{"\"suite\": \"shop\"", "\"suite\": \"shop-Readiness\""}},
       R"(2:12 "suite" contains the word "readiness" | expected a word that `ctest -L` does not take for the label of all items | actual "shop-Readiness" | fix choose another word)"},
      {"title is missing",
       {{"  \"title\": \"The shop\",\n", ""}},
       R"(1:1 a suite lacks "title" | expected the keys suite, title, target, audit, severity_weights, items)"},
      {"audit in a folder",
       {{"\"shop.md\"", "\"audits/shop.md\""}},
       R"(5:26 "document" has a folder | expected the audit's base name, like "audit.md" | actual "audits/shop.md" | fix where the audit lies is told to `readiness validate --audit`)"},
      {"audit without items",
       {{"\"items\": 12", "\"items\": 0"}},
       R"(5:66 "items" is out of range | expected 1 to 1000000 | actual 0)"},
      {"weight is negative",
       {{"\"high\": 5", "\"high\": -5"}},
       R"(6:49 the weight of "high" is out of range | expected 0 to 1000000 | actual -5)"},
      {"weight is a fraction",
       {{"\"high\": 5", "\"high\": 0.5"}},
       R"(6:49 the weight of "high" has the wrong type | expected a whole number from 0 to 1000000 | actual the number 0.5)"},
      {"info weighs something",
       {{"\"info\": 0", "\"info\": 1"}},
       R"(6:70 severity "info" has a weight | expected 0 | actual 1 | fix name what shall weigh something "low")"},
      {"nothing weighs anything",
       {{"\"critical\": 10, \"high\": 5, \"low\": 1", "\"critical\": 0, \"high\": 0"}},
       R"(6:23 no severity weighs anything | expected at least one weight over 0)"},
      {"misspelt gating severity",
       {{"[\"critical\", \"high\"]", "[\"critical\", \"hihg\"]"}},
       R"(7:37 unknown severity "hihg" | expected one of: critical, high, low, info | fix did you mean "high"?)"},
      {"nothing gates",
       {{"[\"critical\", \"high\"]", "[]"}},
       R"(7:24 "gating_severities" is empty | expected at least one severity; without any the verdict is always GO)"},
      {"info gates",
       {{"[\"critical\", \"high\"]", "[\"critical\", \"info\"]"}},
       R"(7:37 severity "info" never gates | fix remove it, or name it "low")"},
      {"nothing gates by default",
       {{"  \"gating_severities\": [\"critical\", \"high\"],\n", ""},
        {"\"critical\": 10, \"high\": 5", "\"severe\": 9"},
        {"\"severity\": \"critical\"", "\"severity\": \"severe\""},
        {"\"severity\": \"high\"", "\"severity\": \"severe\""}},
       R"(1:1 no severity gates | expected "gating_severities", as there is neither "critical" nor "high")"},
      {"item id with a slash",
       {{"\"S1.1\"", "\"S1/1\""}},
       R"(10:13 "id" is not well formed | expected a letter or digit, then letters, digits, ., _ and -, at most 100 | actual "S1/1")"},
      {"item id begins with a dot",
       {{"\"S1.1\"", "\"..\""}},
       R"(10:13 "id" is not well formed | expected a letter or digit, then letters, digits, ., _ and -, at most 100 | actual "..")"},
      {"item id twice",
       {{"\"S1.2\"", "\"S1.1\""}},
       R"(23:13 item id "S1.1" is used twice | expected each id once | actual first used at suite.json:10:13)"},
      {"item id of a test of the suite",
       {{"\"S1.1\"", "\"report\""}},
       R"(10:13 item id "report" is taken by a test of the suite or target itself)"},
      {"item id is a number",
       {{"\"S1.1\"", "11"}},
       R"(10:13 "id" has the wrong type | expected a string | actual the number 11 | fix put it in quotes)"},
      {"title with an escape sequence",
       {{"Orders are private", "Orders\\u001b[31m are private"}},
       R"(11:16 "title" has a control character | expected one line of text | actual "Orders\x1b[31m are private")"},
      {"title with a right-to-left override in an unknown key",
       {{"\"title\": \"Orders", "\"\\u202etitle\": \"Orders"}},
       R"(9:5 an item lacks "title" | expected the keys id, title, severity, category, section, source, probe
11:7 unknown key "\u202etitle" of an item | expected one of: id, part_of, title, severity, category, section, source, probe, parameters, isolation, minimum_observations, timeout_ms, narrower_than_audit, not_applicable)"},
      {"misspelt severity",
       {{"\"severity\": \"critical\"", "\"severity\": \"critcal\""}},
       R"(12:19 unknown severity "critcal" | expected one of: critical, high, low, info | fix did you mean "critical"?)"},
      {"severity in capitals",
       {{"\"severity\": \"critical\"", "\"severity\": \"CRITICAL\""}},
       R"(12:19 unknown severity "CRITICAL" | expected one of: critical, high, low, info | fix did you mean "critical"?)"},
      {"category is a list label",
       {{"\"category\": \"privacy\",\n", "\"category\": \"privacy;high\",\n"}},
       R"(13:19 "category" is not well formed | expected a letter, then letters, digits, _ and -, at most 100 | actual "privacy;high")"},
      {"line is zero",
       {{"\"line\": 7", "\"line\": 0"}},
       R"(15:27 "line" is out of range | expected 1 to 10000000 | actual 0)"},
      {"line is minus zero",
       {{"\"line\": 7", "\"line\": -0"}},
       R"(15:27 "line" is out of range | expected 1 to 10000000 | actual 0)"},
      {"hash is empty",
       {{"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", ""}},
       R"(15:40 "sha256" is not the SHA-256 of the audit's line | expected 64 lower-case hex digits | actual an empty string | fix run `readiness validate --audit <file>`, which tells it)"},
      {"hash is in capitals",
       {{"ba7816bf", "BA7816BF"}},
       R"(15:40 "sha256" is not the SHA-256 of the audit's line | expected 64 lower-case hex digits | actual "BA7816BF8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" | fix run `readiness validate --audit <file>`, which tells it)"},
      {"hash is null",
       {{"\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"", "null"}},
       R"(15:40 "sha256" has the wrong type | expected a string | actual null)"},
      {"reason why it is not applicable says nothing",
       {{"\"probe\": \"rows_are_private\",\n", "\"not_applicable\": \" \",\n      \"probe\": \"rows_are_private\",\n"}},
       R"(16:25 "not_applicable" says nothing | expected some text | actual white space)"},
      {"misspelt probe",
       {{"\"probe\": \"rows_are_private\",\n", "\"probe\": \"row_is_private\",\n"}},
       R"(16:16 unknown probe "row_is_private" | expected one of: rows_are_private | fix did you mean "rows_are_private"?)"},
      {"misspelt parameter",
       {{"\"refusals\": [403]", "\"refusal\": [403]"}},
       R"(17:45 unknown parameter "refusal" of probe rows_are_private | expected one of: body, deep, identity, refusals, steps, tables, tries, within_ms | fix did you mean "refusals"?)"},
      {"required parameter is missing",
       {{kParameters, "{}"}},
       R"(17:21 probe rows_are_private needs the parameter "tables" | expected tables to look at)"},
      {"parameters are missing",
       {{",\n      \"parameters\": " + std::string(kParameters), ""}},
       R"(9:5 probe rows_are_private needs the parameter "tables" | expected tables to look at)"},
      {"parameters are a list",
       {{kParameters, "[]"}},
       R"(17:21 "parameters" has the wrong type | expected an object | actual an empty list)"},
      {"required parameter is empty",
       {{"[\"orders\"]", "[]"}},
       R"(17:33 parameter "tables" is empty | expected tables to look at | actual an empty list)"},
      {"list parameter is a string",
       {{"[\"orders\"]", "\"orders\""}},
       R"(17:33 parameter "tables" has the wrong type | expected a list of strings | actual the string "orders" | fix put it in [ ])"},
      {"list parameter holds a number",
       {{"[\"orders\"]", "[\"orders\", 2]"}},
       R"(17:44 an entry of parameter "tables" has the wrong type | expected a string | actual the number 2 | fix put it in quotes)"},
      {"list parameter repeats",
       {{"[\"orders\"]", "[\"orders\", \"orders\"]"}},
       R"(17:44 "orders" is listed twice in parameter "tables")"},
      {"status is a class",
       {{"[403]", "[\"4xx\"]"}},
       R"(17:58 a status in parameter "refusals" has the wrong type | expected a whole number | actual the string "4xx")"},
      {"status is a fraction",
       {{"[403]", "[403.0]"}},
       R"(17:58 a status in parameter "refusals" has the wrong type | expected a whole number from 100 to 599 | actual the number 403.0)"},
      {"status set is a number",
       {{"[403]", "403"}},
       R"(17:57 parameter "refusals" has the wrong type | expected a list of exact statuses, like [401, 403] | actual the number 403 | fix put it in [ ])"},
      {"status set is empty",
       {{"[403]", "[]"}},
       R"(17:57 parameter "refusals" is empty | expected at least one exact status, like [401, 403])"},
      {"status set repeats", {{"[403]", "[403, 403]"}}, R"(17:63 status 403 is listed twice in parameter "refusals")"},
      {"integer parameter beyond 64 bits",
       {{"\"refusals\": [403]", "\"tries\": 9223372036854775808"}},
       R"(17:54 parameter "tries" is out of range | expected -9223372036854775808 to 9223372036854775807 | actual 9223372036854775808)"},
      {"integer parameter beyond all bits",
       {{"\"refusals\": [403]", "\"tries\": 99999999999999999999999"}},
       R"(17:54 parameter "tries" has the wrong type | expected a whole number from -9223372036854775808 to 9223372036854775807 | actual the number 9.999999999999999e+22)"},
      {"boolean parameter is a string",
       {{"\"refusals\": [403]", "\"deep\": \"true\""}},
       R"(17:53 parameter "deep" has the wrong type | expected true or false | actual the string "true" | fix write it without quotes)"},
      {"boolean parameter is a number",
       {{"\"refusals\": [403]", "\"deep\": 1"}},
       R"(17:53 parameter "deep" has the wrong type | expected true or false | actual the number 1)"},
      {"duration parameter is zero",
       {{"\"refusals\": [403]", "\"within_ms\": 0"}},
       R"(17:58 parameter "within_ms" is out of range | expected 1 to 3600000 | actual 0)"},
      {"duration parameter lacks its unit",
       {{"\"refusals\": [403]", "\"within\": 10"}},
       R"(17:45 unknown parameter "within" of probe rows_are_private | expected one of: body, deep, identity, refusals, steps, tables, tries, within_ms | fix did you mean "within_ms"? numbers carry their unit)"},
      {"object parameter is a list",
       {{"\"refusals\": [403]", "\"body\": []"}},
       R"(17:53 parameter "body" has the wrong type | expected an object | actual an empty list)"},
      {"list parameter is an object",
       {{"\"refusals\": [403]", "\"steps\": {}"}},
       R"(17:54 parameter "steps" has the wrong type | expected a list | actual an empty object)"},
      {"misspelt isolation",
       {{"\"shared\"", "\"exclusiv\""}},
       R"(18:20 unknown isolation "exclusiv" | expected one of: shared, exclusive, private | fix did you mean "exclusive"?)"},
      {"no observations",
       {{"\"minimum_observations\": 2", "\"minimum_observations\": 0"}},
       R"(19:31 "minimum_observations" is out of range | expected 1 to 1000000 | actual 0)"},
      {"time without unit",
       {{"\"timeout_ms\": 60000", "\"timeout\": 60"}},
       R"(20:7 unknown key "timeout" of an item | expected one of: id, part_of, title, severity, category, section, source, probe, parameters, isolation, minimum_observations, timeout_ms, narrower_than_audit, not_applicable | fix did you mean "timeout_ms"? numbers carry their unit)"},
      {"time in seconds",
       {{"\"timeout_ms\": 60000", "\"timeout_seconds\": 60"}},
       R"(20:7 unknown key "timeout_seconds" of an item | expected one of: id, part_of, title, severity, category, section, source, probe, parameters, isolation, minimum_observations, timeout_ms, narrower_than_audit, not_applicable | fix did you mean "timeout_ms"? numbers carry their unit)"},
      {"time is zero", {{"60000", "0"}}, R"(20:21 "timeout_ms" is out of range | expected 1 to 3600000 | actual 0)"},
      {"time is over an hour",
       {{"60000", "3600001"}},
       R"(20:21 "timeout_ms" is out of range | expected 1 to 3600000 | actual 3600001)"},
      {"time is a string",
       {{"60000", "\"60000\""}},
       R"(20:21 "timeout_ms" has the wrong type | expected a whole number | actual the string "60000" | fix write it without quotes)"},
      {"reason is empty",
       {{"\"no carts are sold\"", "\"\""}},
       R"(26:62 "not_applicable" is empty | expected some text | actual an empty string)"},
      {"reason is missing but true",
       {{"\"no carts are sold\"", "true"}},
       R"(26:62 "not_applicable" has the wrong type | expected a string | actual true | fix put it in quotes)"},
      {"key of another system",
       {{"\"isolation\": \"shared\"", "\"__proto__\": {\"polluted\": true}"}},
       R"(18:7 unknown key "__proto__" of an item | expected one of: id, part_of, title, severity, category, section, source, probe, parameters, isolation, minimum_observations, timeout_ms, narrower_than_audit, not_applicable)"},
      {"item is a string",
       {{"\"items\": [\n", "\"items\": [ \"S0\",\n"}},
       R"(8:14 an item has the wrong type | expected an object | actual the string "S0")"},
  };
  CheckWrongCases(kGood, cases, Load);
}

TEST(WrongSuites, NoItemsIsAProblem) {
  const std::string text =
      R"({"suite": "s", "title": "t", "target": "t", "audit": {"document": "d", "verdict": "v", "items": 1},
    "severity_weights": {"high": 1}, "items": []})";
  EXPECT_EQ(Load(text), R"(2:47 the suite has no items | expected at least one item | actual an empty list)");
}

TEST(WrongSuites, AllProblemsComeOutInOrderOfPosition) {
  const std::string text =
      Replaced(kGood, {{"\"S1.1\"", "\"\""}, {"60000", "0"}, {"\"suite\": \"shop\"", "\"suite\": 1"}});
  EXPECT_EQ(Load(text),
            R"(2:12 "suite" has the wrong type | expected a string | actual the number 1 | fix put it in quotes
10:13 "id" is empty | expected a letter or digit, then letters, digits, ., _ and -, at most 100 | actual an empty string
20:21 "timeout_ms" is out of range | expected 1 to 3600000 | actual 0)");
}

TEST(WrongSuites, AnUnreadableFileIsNamed) {
  const auto loaded = LoadSuite("/nonexistent/suite.json", {});
  ASSERT_FALSE(loaded);
  ASSERT_EQ(loaded.error().size(), 1u);
  EXPECT_EQ(loaded.error()[0].kind, ErrorKind::kEnvironment);
  EXPECT_EQ(loaded.error()[0].place->file, "/nonexistent/suite.json");
}

}  // namespace
}  // namespace readiness
