#include "wrong_cases.h"

namespace readiness {
namespace {

constexpr char kGood[] = R"({
  "target": "shop",
  "title": "The shop",
  "services": { "api": { "openapi": "/openapi.json" }, "worker": {} },
  "stores": { "main": { "owner_columns": ["user_id"], "owners": { "users": "id" } } },
  "data_providers": ["bank"],
  "credential": { "header": "Authorization", "value": "Bearer ${token}" },
  "identities": {
    "user": {
      "attributes": { "email": "${unique}@example.com", "secret_word": "${password}" },
      "create": ["register", "login"],
      "owner": "${user_id}",
      "token": "${access_token}"
    }
  },
  "actions": {
    "register": {
      "description": "creates an account",
      "steps": [{
        "service": "api", "method": "POST", "path": "/users", "authorised": false,
        "json": { "email": "${email}", "tags": ["${secret_word}"] },
        "expect": { "status": [201], "equals": { "/active": true } },
        "capture": { "user_id": "/id" }
      }]
    },
    "login": {
      "description": "obtains a token",
      "steps": [{
        "service": "api", "method": "PUT", "path": "/login", "authorised": false, "headers": { "X-Shop": "1" },
        "form": { "user": "${email}" },
        "expect": { "status": [200] },
        "capture": { "access_token": "query:token of /url" }
      }]
    },
    "order": {
      "description": "orders ${article}",
      "available_if_openapi_has": "/paths/~1orders/post",
      "steps": [
        { "store": "main", "sql": "SELECT id FROM carts WHERE owner = $1", "parameters": ["${user_id}"], "capture": { "cart": "id" } },
        { "service": "api", "method": "PATCH", "path": "/orders/${cart}", "query": { "n": "1" }, "expect": { "status": [202] } }
      ],
      "refused": { "status": [401, 403] }
    }
  }
})";

std::string Load(const std::string& text) {
  const TemporaryFolder folder;
  return Listed(LoadTarget(folder.Write("target.json", text)), folder.path() + "/");
}

constexpr char kSql[] = "SELECT id FROM carts WHERE owner = $1";
constexpr char kSqlStore[] = R"("store": "main", )";
constexpr char kOrderQuery[] = R"("query": { "n": "1" })";

TEST(WrongTargets, EachProblemIsNamed) {
  const std::vector<WrongCase> cases =
      {
          {"no services",
           {{R"({ "api": { "openapi": "/openapi.json" }, "worker": {} })", "{}"}},
           R"(20:20 unknown service "api" | expected nothing, as none is declared
29:20 unknown service "api" | expected nothing, as none is declared
40:22 unknown service "api" | expected nothing, as none is declared)"},
          {"document path is relative",
           {{"\"/openapi.json\"", "\"openapi.json\""}},
           R"(4:37 "openapi" does not begin with / | expected the path after host and port | actual "openapi.json" | fix did you mean "/openapi.json"?)"},
          {"key of a service",
           {{"\"openapi\": \"/", "\"openApi\": \"/"}},
           R"(4:26 unknown key "openApi" of a service | expected one of: openapi | fix did you mean "openapi"?
37:35 "available_if_openapi_has" on an action whose services have no OpenAPI document | expected "openapi" of a service that the action uses)"},
          {"service name begins with a digit",
           {{"\"worker\"", "\"2nd\""}},
           R"(4:56 the name of the service is not well formed | expected a letter, then letters, digits, _ and -, at most 100 | actual "2nd")"},
          {"owner column is an expression",
           {{"\"user_id\"]", "\"user_id; --\"]"}},
           R"(5:43 an entry of "owner_columns" is not well formed | expected a letter or _, then letters, digits and _, at most 100 | actual "user_id; --")"},
          {"owner columns are a string",
           {{"[\"user_id\"]", "\"user_id\""}},
           R"(5:42 "owner_columns" has the wrong type | expected a list of strings | actual the string "user_id" | fix put it in [ ])"},
          {"data provider twice",
           {{"[\"bank\"]", "[\"bank\", \"bank\"]"}},
           R"(6:30 "bank" is listed twice in "data_providers")"},
          {"language model twice",
           {{"[\"bank\"]", "[\"bank\"], \"language_models\": [\"llm\", \"llm\"]"}},
           R"(6:58 "llm" is listed twice in "language_models")"},
          {"language model called like a data provider",
           {{"[\"bank\"]", "[\"bank\"], \"language_models\": [\"bank\"]"}},
           R"(6:50 "bank" is a data provider and a language model | expected a name of its own | fix both would be ${double.bank.url})"},
          {"credential without token",
           {{"Bearer ${token}", "Bearer abc"}},
           R"(7:55 "value" has no ${token} | expected the credential of the identity, like "Bearer ${token}" | actual "Bearer abc" | fix without it everybody would send the same)"},
          {"credential with a misspelt token",
           {{"Bearer ${token}", "Bearer ${tokn}"}},
           R"(7:55 "value" has the unknown placeholder "${tokn}" | expected one of: token | fix did you mean "token"?)"},
          {"header with a colon",
           {{"\"Authorization\"", "\"Authorization:\""}},
           R"(7:29 "header" is not well formed | expected letters, digits and !#$%&'*+-.^_`|~, at most 100 | actual "Authorization:")"},
          {"attribute with an unknown placeholder",
           {{"${unique}", "${uniqe}"}},
           R"(10:32 attribute "email" has the unknown placeholder "${uniqe}" | expected one of: unique, password | fix did you mean "unique"?)"},
          {"attribute is a number",
           {{"\"${password}\" }", "12345 }"}},
           R"(10:72 attribute "secret_word" has the wrong type | expected a string | actual the number 12345 | fix put it in quotes)"},
          {"create is empty",
           {{"[\"register\", \"login\"]", "[]"}},
           R"(11:17 "create" is empty | expected at least one action that makes the identity | actual an empty list
12:16 "owner" has the unknown placeholder "${user_id}" | expected one of: email, secret_word
13:16 "token" has the unknown placeholder "${access_token}" | expected one of: email, secret_word)"},
          {"create names no action",
           {{"[\"register\", \"login\"]", "[\"register\", \"logn\"]"}},
           R"(11:30 unknown action "logn" | expected one of: register, login, order | fix did you mean "login"?)"},
          {"owner is never captured",
           {{"\"owner\": \"${user_id}\"", "\"owner\": \"${userid}\""}},
           R"(12:16 "owner" has the unknown placeholder "${userid}" | expected one of: email, secret_word, user_id, access_token | fix did you mean "user_id"?)"},
          {"token is never captured",
           {{"\"token\": \"${access_token}\"", "\"token\": \"${acces_token}\""}},
           R"(13:16 "token" has the unknown placeholder "${acces_token}" | expected one of: email, secret_word, user_id, access_token | fix did you mean "access_token"?)"},
          {"creation uses what nobody has",
           {{"{ \"user\": \"${email}\" }", "{ \"user\": \"${mail}\" }"}},
           R"(30:27 "${mail}" has no value yet when identity "user" is made | expected one of: email, secret_word, user_id | fix did you mean "email"?)"},
          {"creation sends a credential too early",
           {{"\"path\": \"/users\", \"authorised\": false", "\"path\": \"/users\""}},
           R"(19:17 a step sends the credential of identity "user" before there is one | expected access_token to be captured by a step before it | fix add "authorised": false)"},
          {"unknown key of an action",
           {{R"("description": "obtains a token",)", R"("steps_": [], "description": "obtains a token",)"}},
           R"(27:7 unknown key "steps_" of an action | expected one of: description, steps, refused, available_if_openapi_has | fix did you mean "steps"?)"},
          {"action with empty steps",
           {{R"([
        { "store": "main", "sql": "SELECT id FROM carts WHERE owner = $1", "parameters": ["${user_id}"], "capture": { "cart": "id" } },
        { "service": "api", "method": "PATCH", "path": "/orders/${cart}", "query": { "n": "1" }, "expect": { "status": [202] } }
      ])",
             "[]"}},
           R"(38:16 "steps" is empty | expected at least one step | actual an empty list)"},
          {"step of two kinds",
           {{kSqlStore, R"("store": "main", "path": "/", )"}},
           R"(39:9 a step is both an HTTP request and a SQL statement | expected either "service", "method", "path" and "expect", or "store" and "sql")"},
          {"step of no kind",
           {{R"({ "store": "main", "sql": "SELECT id FROM carts WHERE owner = $1", "parameters": ["${user_id}"], "capture": { "cart": "id" } })",
             "{}"}},
           R"(39:9 a step is neither an HTTP request nor a SQL statement | expected either "service", "method", "path" and "expect", or "store" and "sql")"},
          {"step is a string",
           {{"\"steps\": [\n", "\"steps\": [ \"login\",\n"}},
           R"(38:18 a step has the wrong type | expected an object | actual the string "login")"},
          {"unknown service",
           {{"\"service\": \"api\", \"method\": \"PATCH\"", "\"service\": \"apis\", \"method\": \"PATCH\""}},
           R"(40:22 unknown service "apis" | expected one of: api, worker | fix did you mean "api"?)"},
          {"unknown store",
           {{kSqlStore, R"("store": "mian", )"}},
           R"(39:20 unknown store "mian" | expected one of: main | fix did you mean "main"?)"},
          {"unknown method",
           {{"\"PATCH\"", "\"PACTH\""}},
           R"(40:39 unknown method "PACTH" | expected one of: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS | fix did you mean "PATCH"?)"},
          {"method in small letters",
           {{"\"PATCH\"", "\"patch\""}},
           R"(40:39 unknown method "patch" | expected one of: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS | fix did you mean "PATCH"?)"},
          {"path is relative",
           {{"\"/login\"", "\"login\""}},
           R"(29:52 "path" does not begin with / | expected the path after host and port | actual "login" | fix did you mean "/login"?)"},
          {"path has a query",
           {{"\"/login\"", "\"/login?x=1\""}},
           R"(29:52 "path" has the character "?" | expected a path without query, fragment and spaces | actual "/login?x=1" | fix state the query under "query")"},
          {"placeholder is not closed",
           {{"/orders/${cart}", "/orders/${cart"}},
           R"(40:56 "path" has a placeholder without closing brace | expected ${name} with letters, digits, _, . and - in the name | actual "/orders/${cart")"},
          {"placeholder has no name",
           {{"/orders/${cart}", "/orders/${}"}},
           R"(40:56 "path" has a placeholder without name | expected ${name} with letters, digits, _, . and - in the name | actual "/orders/${}")"},
          {"placeholder has a blank",
           {{"/orders/${cart}", "/orders/${ cart }"}},
           R"(40:56 "path" has the character " " | expected a path without query, fragment and spaces | actual "/orders/${ cart }"
40:56 "path" has a placeholder with a character that no name has | expected ${name} with letters, digits, _, . and - in the name | actual "/orders/${ cart }")"},
          {"placeholder deep in a body",
           {{"[\"${secret_word}\"]", "[{\"x\": \"${secret word}\"}]"}},
           R"(21:55 a string in "json" has a placeholder with a character that no name has | expected ${name} with letters, digits, _, . and - in the name | actual "${secret word}")"},
          {"placeholder in a key of a body",
           {{"\"tags\"", "\"${email}\""}},
           R"(21:40 a key in "json" has a placeholder | expected placeholders in values only | actual "${email}")"},
          {"query value is a number",
           {{kOrderQuery, R"("query": { "n": 1 })"}},
           R"(40:91 query parameter "n" has the wrong type | expected a string | actual the number 1 | fix put it in quotes)"},
          {"query is a string",
           {{kOrderQuery, R"("query": "n=1")"}},
           R"(40:84 "query" has the wrong type | expected an object | actual the string "n=1")"},
          {"two bodies",
           {{"\"form\"", "\"json\": {}, \"form\""}},
           R"(30:29 a step has two bodies | expected "json" or "form" | actual both | fix remove one of the two)"},
          {"header with a line break",
           {{"\"X-Shop\": \"1\"", "\"X-Shop\": \"1\\r\\nX-Evil: 2\""}},
           R"(29:106 header "X-Shop" has a control character | expected one line of text | actual "1\x0d\nX-Evil: 2")"},
          {"header twice",
           {{"\"X-Shop\": \"1\"", "\"X-Shop\": \"1\", \"x-shop\": \"2\""}},
           R"(29:111 header "x-shop" is given twice | expected each header once)"},
          {"header of the credential",
           {{kOrderQuery, R"("headers": { "authorization": "x" })"}},
           R"(40:88 header "authorization" is the credential's | expected a step that sets it itself to be unauthorised | fix remove the header, or add "authorised": false)"},
          {"authorised is a string",
           {{"\"/login\", \"authorised\": false", "\"/login\", \"authorised\": \"no\""}},
           R"(28:17 a step sends the credential of identity "user" before there is one | expected access_token to be captured by a step before it | fix add "authorised": false
29:76 "authorised" has the wrong type | expected true or false | actual the string "no")"},
          {"expectation is missing",
           {{", \"expect\": { \"status\": [202] }", ""}},
           R"(40:9 an HTTP step lacks "expect" | expected the keys service, method, path, expect)"},
          {"expectation without status",
           {{"{ \"status\": [202] }", "{}"}},
           R"(40:108 an expectation lacks "status" | expected the keys status)"},
          {"expectation is a range",
           {{"[202]", "\"2xx\""}},
           R"(40:120 "status" has the wrong type | expected a list of exact statuses, like [401, 403] | actual the string "2xx" | fix a range would take any error for the right one: write each status as a number)"},
          {"expected status out of range",
           {{"[202]", "[99, 600]"}},
           R"(40:121 a status in "status" is out of range | expected 100 to 599 | actual 99
40:125 a status in "status" is out of range | expected 100 to 599 | actual 600)"},
          {"equals without pointer",
           {{"\"/active\"", "\"active\""}},
           R"(22:50 a key of "equals" does not begin with / | expected a JSON pointer into the answer, like "/status" | actual "active")"},
          {"capture without pointer",
           {{"\"user_id\": \"/id\"", "\"user_id\": \"id\""}},
           R"(23:33 capture "user_id" does not begin with / | expected a JSON pointer into the answer, or "query:<parameter> of <JSON pointer>" | actual "id" | fix did you mean "/id"?)"},
          {"capture with a wrong escape",
           {{"\"user_id\": \"/id\"", "\"user_id\": \"/a~2\""}},
           R"(23:33 capture "user_id" has a ~ that is not ~0 or ~1 | expected a JSON pointer into the answer, or "query:<parameter> of <JSON pointer>" | actual "/a~2")"},
          {"capture of a query without pointer",
           {{"query:token of /url", "query:token"}},
           R"(32:38 capture "access_token" lacks " of <JSON pointer>" after the query parameter | expected a JSON pointer into the answer, or "query:<parameter> of <JSON pointer>" | actual "query:token")"},
          {"capture of a query without parameter",
           {{"query:token of /url", "query: of /url"}},
           R"(32:38 capture "access_token" lacks the name of the query parameter | expected a JSON pointer into the answer, or "query:<parameter> of <JSON pointer>" | actual "query: of /url")"},
          {"capture name with a dot",
           {{"\"user_id\": \"/id\"", "\"user.id\": \"/id\""}},
           R"(12:16 "owner" has the unknown placeholder "${user_id}" | expected one of: email, secret_word, access_token
23:22 the name of the capture is not well formed | expected a letter, then letters, digits, _ and -, at most 100 | actual "user.id")"},
          {"statement with a placeholder", {{kSql, "SELECT id FROM carts WHERE owner = '${user_id}'"}}, R"(39:35 "sql" has a placeholder | expected values as $1, $2, ... with the placeholders under "parameters" | actual "SELECT id FROM carts WHERE owner = '${user_id}'" | fix a value inside the statement could change what it does)"},
          {"statement with more parameters",
           {{kSql, "SELECT id FROM carts WHERE owner = $1 AND n = $2"}},
           R"(39:35 "sql" and "parameters" differ in number | expected 2 parameters, as in the statement | actual 1 parameters)"},
          {"statement with fewer parameters",
           {{kSql, "SELECT id FROM carts WHERE owner = '$1'"}},
           R"(39:35 "sql" and "parameters" differ in number | expected 0 parameters, as in the statement | actual 1 parameters)"},
          {"statement with a gap",
           {{kSql, "SELECT id FROM carts WHERE owner = $2"}},
           R"(39:35 "sql" uses $2 but not $1 | actual "SELECT id FROM carts WHERE owner = $2")"},
          {"statement with an open literal",
           {{kSql, "SELECT id FROM carts WHERE owner = $1 AND x = 'a"}},
           R"(39:35 "sql" has a ' without its partner | actual "SELECT id FROM carts WHERE owner = $1 AND x = 'a")"},
          {"statement with a NUL", {{kSql, "SELECT\\u0000"}}, R"(39:35 "sql" has a control character | expected text)"},
          {"sql parameter is a number",
           {{"[\"${user_id}\"]", "[7]"}},
           R"(39:91 an entry of "parameters" has the wrong type | expected a string | actual the number 7 | fix put it in quotes)"},
          {"refusal is expected",
           {{"[401, 403]", "[202, 403]"}},
           R"(42:18 status 202 is both expected and a refusal | expected no status in common with "expect" of the last step)"},
          {"refusal is a list",
           {{"{ \"status\": [401, 403] }", "[401]"}},
           R"(42:18 a refusal has the wrong type | expected an object | actual a list)"},
          {"refusal has another key",
           {{"\"status\": [401, 403]", "\"statuses\": [401, 403]"}},
           R"(42:18 a refusal lacks "status" | expected the keys status
42:20 unknown key "statuses" of a refusal | expected one of: status | fix did you mean "status"?)"},
          {"refusal of a statement",
           {{R"("${user_id}"], "capture": { "cart": "id" } },)", R"("${user_id}"], "capture": { "cart": "id" } }],
      "steps_": [)"}},
           R"(40:7 unknown key "steps_" of an action | expected one of: description, steps, refused, available_if_openapi_has | fix did you mean "steps"?
43:18 "refused" on an action that ends in a SQL step | expected an HTTP step last)"},
          {"condition is no pointer",
           {{"/paths/~1orders/post", "paths/orders/post"}},
           R"(37:35 "available_if_openapi_has" does not begin with / | expected a JSON pointer, like "/paths/~1users/post" | actual "paths/orders/post")"},
          {"condition without a document",
           {{"{ \"openapi\": \"/openapi.json\" }", "{}"}},
           R"(37:35 "available_if_openapi_has" on an action whose services have no OpenAPI document | expected "openapi" of a service that the action uses)"},
          {"unknown key",
           {{"\"actions\"", "\"action\""}},
           R"(11:18 unknown action "register" | expected nothing, as none is declared
16:3 unknown key "action" of a target | expected one of: $schema, target, title, services, stores, data_providers, language_models, commands, credential, identities, actions, operations | fix did you mean "actions"?)"},
      };
  CheckWrongCases(kGood, cases, Load);
}

// The same target with its operations described.
std::string WithOperations() {
  std::string text = kGood;
  text.replace(text.rfind("\n}"), 2, R"(,
  "operations": {
    "populate": ["order"],
    "values": { "user_id": "${user_id}", "days": 7 },
    "overrides": {
      "POST /orders/{order_id}": { "values": { "n": [1, "${cart}"] }, "body": { "a": ["${email}"] } }
    }
  }
})");
  return text;
}

TEST(WrongTargets, OperationsAreNamed) {
  const std::string good = WithOperations();
  const std::vector<WrongCase> cases = {
      {"populate names no action",
       {{R"(["order"])", R"(["ordr", 7])"}},
       R"(46:18 unknown action "ordr" | expected one of: register, login, order | fix did you mean "order"?
46:26 an entry of "populate" has the wrong type | expected a string | actual the number 7 | fix put it in quotes)"},
      {"value with an unknown placeholder",
       {{R"("user_id": "${user_id}", "days")", R"("user_id": "${user_is}", "days")"}},
       R"(47:28 value "user_id" has the unknown placeholder "${user_is}" | expected one of: unique, password, fresh, email, secret_word, access_token, cart, user_id | fix did you mean "user_id"?)"},
      {"placeholder inside a list",
       {{R"([1, "${cart}"])", R"([1, "${"])"}},
       R"(49:57 value "n" has a placeholder without closing brace | expected ${name} with letters, digits, _, . and - in the name | actual "${")"},
      {"override without method",
       {{"\"POST /orders/", "\"/orders/"}},
       R"(49:7 "/orders/{order_id}" is no name of an operation | expected a method and a path as in the OpenAPI document, like "POST /things/{thing_id}")"},
      {"method in lower case",
       {{"\"POST /orders/", "\"post /orders/"}},
       R"(49:7 "post /orders/{order_id}" is no name of an operation | expected a method and a path as in the OpenAPI document, like "POST /things/{thing_id}" | fix did you mean "POST"?)"},
      {"override with a query",
       {{"{order_id}\"", "{order_id}?a=1\""}},
       R"(49:7 the path of operation "POST /orders/{order_id}?a=1" has the character "?" | expected a path without query, fragment and spaces | actual "/orders/{order_id}?a=1" | fix state the query under "query")"},
      {"unknown key of an override",
       {{"\"body\": { \"a\"", "\"bodi\": { \"a\""}},
       R"(49:71 unknown key "bodi" of an override of an operation | expected one of: values, body | fix did you mean "body"?)"},
      {"unknown key",
       {{"\"populate\"", "\"populates\""}},
       R"(46:5 unknown key "populates" of a description of operations | expected one of: populate, values, overrides | fix did you mean "populate"?)"},
      {"values are a list",
       {{R"({ "user_id": "${user_id}", "days": 7 })", "[7]"}},
       R"(47:15 "values" has the wrong type | expected an object | actual a list)"},
  };
  CheckWrongCases(good.c_str(), cases, Load);
}

TEST(Operations, AreReadAsWritten) {
  const TemporaryFolder folder;
  const auto target = LoadTarget(folder.Write("target.json", WithOperations()));
  ASSERT_TRUE(target) << Listed(target.error());
  const Operations& operations = target->operations;
  EXPECT_EQ(operations.populate, std::vector<std::string>{"order"});
  EXPECT_EQ(operations.values, (std::map<std::string, Json>{{"user_id", "${user_id}"}, {"days", 7}}));
  const Operations::Override& override = operations.overrides.at("POST /orders/{order_id}");
  EXPECT_EQ(override.values.at("n"), (Json{1, "${cart}"}));
  EXPECT_EQ(override.body, (Json{{"a", {"${email}"}}}));
}

TEST(Targets, SqlAloneMayDependOnTheOnlyDocument) {
  std::string text = kGood;
  const std::string second = R"(,
        { "service": "api", "method": "PATCH", "path": "/orders/${cart}", "query": { "n": "1" }, "expect": { "status": [202] } })";
  text.replace(text.find(second), second.size(), "");
  const std::string refused = R"(,
      "refused": { "status": [401, 403] })";
  text.replace(text.find(refused), refused.size(), "");
  EXPECT_EQ(Load(text), "no problem");
}

}  // namespace
}  // namespace readiness
