#include "wrong_cases.h"

namespace readiness {
namespace {

constexpr char kGood[] = R"({
  "probe": "rows_are_private",
  "statement": "Rows are private.",
  "motivation": "Leaks end companies.",
  "method": ["make two users", "let one look"],
  "remediation": "filter by owner",
  "needs": ["running_target", "store"], "touches": "own_data",
  "controls": { "owner_sees": "the owner sees it" },
  "parameters": {
    "identity": { "type": "string", "default": "user", "description": "kind of principal" },
    "tables": { "type": "string_list", "required": true, "description": "tables to look at" },
    "refusals": { "type": "status_set", "default": [403, 404], "description": "refusing statuses" },
    "within_ms": { "type": "duration", "default": 500, "description": "time limit" }
  }
})";

std::string Load(const std::string& text) {
  return Listed(ParseProbe(text, "probes/rows_are_private/probe.json"));
}

TEST(WrongProbes, EachProblemIsNamed) {
  const std::vector<WrongCase> cases = {
      {"not an object",
       {{kGood, "[]"}},
       R"(1:1 a probe description has the wrong type | expected an object | actual an empty list)"},
      {"empty file",
       {{kGood, ""}},
       R"(1:1 not valid JSON | actual syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal)"},
      {"id is not the folder",
       {{"\"rows_are_private\"", "\"rows_are_public\""}},
       R"(2:12 the probe's id is not the name of its folder | expected "rows_are_private" | actual "rows_are_public" | fix rename the folder or the probe)"},
      {"id has capitals",
       {{"\"rows_are_private\"", "\"RowsArePrivate\""}},
       R"(2:12 "probe" is not well formed | expected a lower-case letter, then lower-case letters, digits and _, at most 100 | actual "RowsArePrivate")"},
      {"id holds the label of all items",
       {{"\"rows_are_private\"", "\"readiness_probe\""}},
       R"(2:12 "probe" contains the word "readiness" | expected a word that `ctest -L` does not take for the label of all items | actual "readiness_probe" | fix choose another word)"},
      {"missing statement",
       {{"  \"statement\": \"Rows are private.\",\n", ""}},
       R"(1:1 a probe description lacks "statement" | expected the keys probe, statement, motivation, method, remediation, needs, touches, controls, parameters)"},
      {"empty statement",
       {{"Rows are private.", ""}},
       R"(3:16 "statement" is empty | expected some text | actual an empty string)"},
      {"method is a string",
       {{"[\"make two users\", \"let one look\"]", "\"look\""}},
       R"(5:13 "method" has the wrong type | expected a list of strings | actual the string "look" | fix put it in [ ])"},
      {"method is empty",
       {{"[\"make two users\", \"let one look\"]", "[]"}},
       R"(5:13 "method" is empty | expected what the probe does, one string per step)"},
      {"misspelt need",
       {{"\"store\"", "\"stor\""}},
       R"(7:31 unknown need "stor" | expected one of: running_target, store, data_provider, language_model, openapi, token_signing_key, logs, source_tree, service_control, commands | fix did you mean "store"?)"},
      {"need listed twice",
       {{"\"store\"", "\"running_target\""}},
       R"(7:31 "running_target" is listed twice in "needs")"},
      {"what it touches is misspelt",
       {{"own_data", "own-data"}},
       R"(7:52 unknown touches "own-data" | expected one of: nothing, own_data, whole_target | fix did you mean "own_data"?)"},
      {"what it touches is not said",
       {{", \"touches\": \"own_data\"", ""}},
       R"(1:1 a probe description lacks "touches" | expected the keys probe, statement, motivation, method, remediation, needs, touches, controls, parameters)"},
      {"control is a number",
       {{"\"the owner sees it\"", "1"}},
       R"(8:31 control "owner_sees" has the wrong type | expected a string | actual the number 1 | fix put it in quotes)"},
      {"misspelt type",
       {{"\"string_list\"", "\"strings_list\""}},
       R"(11:25 unknown type "strings_list" | expected one of: string, integer, boolean, string_list, status_set, duration, object, list | fix did you mean "string_list"?)"},
      {"type in capitals",
       {{"\"string_list\"", "\"String-List\""}},
       R"(11:25 unknown type "String-List" | expected one of: string, integer, boolean, string_list, status_set, duration, object, list | fix did you mean "string_list"?)"},
      {"required is a string",
       {{"\"required\": true", "\"required\": \"true\""}},
       R"(11:52 "required" has the wrong type | expected true or false | actual the string "true" | fix write it without quotes)"},
      {"required and default",
       {{"\"required\": true", "\"required\": true, \"default\": [\"a\"]"}},
       R"(11:69 parameter "tables" is required and has a default | expected "required": true or "default" | actual both | fix remove one of the two)"},
      {"default of the wrong type",
       {{"\"user\"", "7"}},
       R"(10:48 "default" has the wrong type | expected a string | actual the number 7 | fix put it in quotes)"},
      {"default status out of range",
       {{"[403, 404]", "[403, 4040]"}},
       R"(12:58 a status in "default" is out of range | expected 100 to 599 | actual 4040)"},
      {"duration without unit",
       {{"within_ms", "within"}},
       R"(13:5 the name of the duration "within" lacks its unit | expected "within_ms" | actual "within" | fix numbers carry their unit in the name)"},
      {"duration over an hour",
       {{"500", "3600001"}},
       R"(13:51 "default" is out of range | expected 1 to 3600000 | actual 3600001)"},
      {"unknown key of a parameter",
       {{"\"default\": \"user\"", "\"defualt\": \"user\""}},
       R"(10:37 unknown key "defualt" of a parameter description | expected one of: type, description, required, default | fix did you mean "default"?)"},
      {"parameter name with blank",
       {{"\"identity\"", "\"the identity\""}},
       R"(10:5 the name of the parameter is not well formed | expected a letter, then letters, digits, _ and -, at most 100 | actual "the identity")"},
      {"unknown key",
       {{"\"needs\"", "\"need\""}},
       R"(1:1 a probe description lacks "needs" | expected the keys probe, statement, motivation, method, remediation, needs, touches, controls, parameters
7:3 unknown key "need" of a probe description | expected one of: $schema, probe, statement, motivation, method, remediation, needs, touches, controls, parameters | fix did you mean "needs"?)"},
  };
  CheckWrongCases(kGood, cases, Load);
}

TEST(WrongProbes, PlaceNamesTheFile) {
  const auto loaded = ParseProbe("{}", "probes/x/probe.json");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error()[0].place, (Place{"probes/x/probe.json", 1, 1}));
  EXPECT_EQ(loaded.error()[0].kind, ErrorKind::kDefinition);
}

}  // namespace
}  // namespace readiness
