#include "wrong_cases.h"

namespace readiness {
namespace {

constexpr char kGood[] = R"({
  "deployment": "local",
  "target": "shop",
  "engine": "process",
  "secrets": { "key": "generated:32", "bank": "${env.BANK_SECRET}" },
  "stores": { "main": "postgresql" },
  "data_providers": {
    "bank": { "hosts": ["api.bank.example"], "client_id": "shop", "client_secret": "${secret.bank}" }
  },
  "token": { "algorithm": "HS256", "signing_key": "${secret.key}" },
  "defects": "../standin/defects.json",
  "source_tree": "tree", "commands": { "price": { "command": ["${source_tree}/price"], "working_directory": "${source_tree}", "timeout_ms": 500 } },
  "allowed_hosts": ["cdn.example", "::1"],
  "services": {
    "api": {
      "command": ["${tool.directory}/shop", "--port", "${port.api}", ""],
      "working_directory": "${deployment.directory}",
      "environment": {
        "DATABASE_URL": "${store.main.url}",
        "SECRET_KEY": { "secret": "${secret.key}" },
        "HTTPS_PROXY": "${double.bank.proxy}",
        "EMPTY": ""
      },
      "port": 8080,
      "ready": [{ "log": { "pattern": "listening on \\d+" } }, { "http": { "path": "/health", "status": [200] } }],
      "startup_timeout_ms": 15000,
      "stop_grace_ms": 3000
    },
    "cache": { "command": ["cache"], "ready": [{ "port_open": true }] }
  },
  "variants": {
    "strict": { "services": { "api": { "environment": { "MODE": "strict" }, "command": ["other"] } } }
  }
})";

Target Shop() {
  Target target;
  target.id = "shop";
  target.file = "target.json";
  target.services["api"] = {};
  target.stores["main"] = {};
  target.data_providers = {"bank"};
  target.commands["price"] = "tells prices";
  return target;
}

std::string LoadVariant(const std::string& text, const std::string& variant) {
  const TemporaryFolder folder;
  return Listed(LoadDeployment(folder.Write("local.json", text), variant, Shop()), folder.path() + "/");
}

std::string Load(const std::string& text) {
  return LoadVariant(text, "");
}

constexpr char kReadyHttp[] = R"({ "http": { "path": "/health", "status": [200] } })";
constexpr char kReadyPort[] = R"([{ "port_open": true }])";
constexpr char kEnvEmpty[] = R"("EMPTY": "")";
constexpr char kOverlay[] = R"({ "environment": { "MODE": "strict" }, "command": ["other"] })";

TEST(WrongDeployments, EachProblemIsNamed) {
  const std::vector<WrongCase>
      cases =
          {
              {"another target",
               {{"\"target\": \"shop\"", "\"target\": \"shops\""}},
               R"(3:13 the deployment is of another target | expected "shop", as target.json says | actual "shops")"},
              {"misspelt engine",
               {{"\"process\"", "\"proces\""}},
               R"(4:13 unknown engine "proces" | expected one of: process, compose, external | fix did you mean "process"?)"},
              {"secret without length",
               {{"generated:32", "generated:"}},
               R"(5:23 secret "key" has a wrong length | expected generated:<bytes> with 8 to 1024 | actual "generated:")"},
              {"secret with a short length",
               {{"generated:32", "generated:4"}},
               R"(5:23 secret "key" has a wrong length | expected generated:<bytes> with 8 to 1024 | actual "generated:4")"},
              {"secret with a length and more",
               {{"generated:32", "generated:32 bytes"}},
               R"(5:23 secret "key" has a wrong length | expected generated:<bytes> with 8 to 1024 | actual "generated:32 bytes")"},
              {"secret too short to redact",
               {{"generated:32", "abc"}},
               R"(5:23 secret "key" is too short | expected at least 4 bytes | actual 3 bytes | fix a shorter one cannot be redacted)"},
              {"secret from another secret",
               {{"${env.BANK_SECRET}", "${secret.key}"}},
               R"(5:47 secret "bank" has the unknown placeholder "${secret.key}" | expected one of: env.<NAME>)"},
              {"secret with an open placeholder is not shown",
               {{"${env.BANK_SECRET}", "hunter2${"}},
               R"(5:47 secret "bank" has a placeholder without closing brace | expected ${name} with letters, digits, _, . and - in the name)"},
              {"secret with a control character is not shown",
               {{"${env.BANK_SECRET}", "hunter2\\u0007"}},
               R"(5:47 secret "bank" has a control character | expected text)"},
              {"secret from no variable",
               {{"${env.BANK_SECRET}", "${env.}"}},
               R"(5:47 secret "bank" has the unknown placeholder "${env.}" | expected one of: env.<NAME> | fix did you mean "env.<NAME>"?)"},
              {"command that the target lacks",
               {{"\"price\": {", "\"prise\": {"}},
               R"(12:40 unknown command "prise" | expected one of: price | fix did you mean "price"?)"},
              {"command without a program",
               {{"[\"${source_tree}/price\"]", "[]"}},
               R"(12:62 "command" names no program | expected a list: the program, then its arguments)"},
              {"command with a misspelt placeholder",
               {{"\"working_directory\": \"${source_tree}\"", "\"working_directory\": \"${source.tree}\""}},
               R"(12:109 "working_directory" has the unknown placeholder "${source.tree}" | expected one of: secret.key, secret.bank, run.directory, port.api, url.api, public_url.api, port.cache, url.cache, public_url.cache, store.main.url, double.bank.url, double.bank.proxy, double.bank.ca_file, source_tree, tool.directory, deployment.directory, env.<NAME> | fix did you mean "source_tree"?)"},
              {"command in a tree that nobody names",
               {{"\"source_tree\": \"tree\", ", ""}},
               R"(12:40 "command" has the unknown placeholder "${source_tree}" | expected one of: secret.key, secret.bank, run.directory, port.api, url.api, public_url.api, port.cache, url.cache, public_url.cache, store.main.url, double.bank.url, double.bank.proxy, double.bank.ca_file, tool.directory, deployment.directory, env.<NAME>
12:86 "working_directory" has the unknown placeholder "${source_tree}" | expected one of: secret.key, secret.bank, run.directory, port.api, url.api, public_url.api, port.cache, url.cache, public_url.cache, store.main.url, double.bank.url, double.bank.proxy, double.bank.ca_file, tool.directory, deployment.directory, env.<NAME>)"},
              {"command with a condition of services",
               {{"\"timeout_ms\": 500", "\"ready\": []"}},
               R"(12:127 unknown key "ready" of a command | expected one of: service, command, working_directory, environment, timeout_ms)"},
              {"store is missing",
               {{"{ \"main\": \"postgresql\" }", "{}"}},
               R"(6:13 the deployment provides no store "main" | expected "main" in "stores", as target.json names it)"},
              {"stores are missing",
               {{"  \"stores\": { \"main\": \"postgresql\" },\n", ""}},
               R"(1:1 the deployment provides no store "main" | expected "main" in "stores", as target.json names it)"},
              {"store is misspelt",
               {{"{ \"main\": \"postgresql\" }", "{ \"mian\": \"postgresql\" }"}},
               R"(6:13 the deployment provides no store "main" | expected "main" in "stores", as target.json names it | fix did you mean "mian"?
6:15 unknown store "mian" | expected one of: main | fix did you mean "main"?)"},
              {"store of unknown kind",
               {{"\"postgresql\"", "\"postgres\""}},
               R"(6:23 unknown kind of store "postgres" | expected one of: postgresql | fix did you mean "postgresql"?)"},
              {"store is a URL",
               {{"\"postgresql\"", "\"postgresql://u:hunter2@h/db\""}},
               R"(6:23 store "main" is a URL, which only engine "external" takes | expected one of: postgresql)"},
              {"data provider is missing",
               {{"\"bank\": { \"hosts\"", "\"banc\": { \"hosts\""}},
               R"(7:21 the deployment provides no data provider "bank" | expected "bank" in "data_providers", as target.json names it | fix did you mean "banc"?
8:5 unknown data provider "banc" | expected one of: bank | fix did you mean "bank"?)"},
              {"language model that the target has not",
               {{"  \"token\"", "  \"language_models\": { \"llm\": { \"api_key\": \"k\", \"reply\": \"r\" } }, \"token\""}},
               R"(10:24 unknown language model "llm" | expected nothing, as none is declared)"},
              {"language model without key and reply",
               {{"  \"token\"", "  \"language_models\": { \"llm\": { \"apikey\": \"k\" } }, \"token\""}},
               R"(10:24 unknown language model "llm" | expected nothing, as none is declared
10:31 a language model lacks "api_key" | expected the keys api_key, reply
10:31 a language model lacks "reply" | expected the keys api_key, reply
10:33 unknown key "apikey" of a language model | expected one of: port, hosts, api_key, reply | fix did you mean "api_key"?)"},
              {"language model with placeholders that are no secrets",
               {{"  \"token\"",
                 "  \"language_models\": { \"llm\": { \"api_key\": \"${run.directory}\", \"reply\": \"${secret.key}\" } }, \"token\""}},
               R"(10:24 unknown language model "llm" | expected nothing, as none is declared
10:44 "api_key" has the unknown placeholder "${run.directory}" | expected one of: secret.key, secret.bank, env.<NAME>
10:73 "reply" has the unknown placeholder "${secret.key}" | expected nothing, as none is declared)"},
              {"host is a URL",
               {{"\"api.bank.example\"", "\"https://api.bank.example\""}},
               R"(8:25 an entry of "hosts" is not well formed | expected a host name or address without scheme, port and path | actual "https://api.bank.example")"},
              {"host with a port",
               {{"\"cdn.example\"", "\"cdn.example:443\""}},
               R"(13:21 an entry of "allowed_hosts" is not well formed | expected a host name or address without scheme, port and path | actual "cdn.example:443")"},
              {"client id is missing",
               {{"\"client_id\": \"shop\", ", ""}},
               R"(8:13 a data provider lacks "client_id" | expected the keys client_id, client_secret)"},
              {"client secret names no secret",
               {{"\"${secret.bank}\"", "\"${secret.bnak}\""}},
               R"(8:84 "client_secret" has the unknown placeholder "${secret.bnak}" | expected one of: secret.key, secret.bank, env.<NAME> | fix did you mean "secret.bank"?)"},
              {"misspelt algorithm",
               {{"\"HS256\"", "\"HS265\""}},
               R"(10:27 unknown algorithm "HS265" | expected one of: HS256, HS384, HS512 | fix did you mean "HS256"?)"},
              {"signing key of a store",
               {{"\"signing_key\": \"${secret.key}\"", "\"signing_key\": \"${store.main.url}\""}},
               R"(10:51 "signing_key" has the unknown placeholder "${store.main.url}" | expected one of: secret.key, secret.bank, env.<NAME>)"},
              {"defects file with a placeholder",
               {{"../standin/defects.json", "${tool.directory}/defects.json"}},
               R"(11:14 "defects" has the unknown placeholder "${tool.directory}" | expected nothing, as none is declared)"},
              {"service is missing",
               {{"\"api\": {\n", "\"apis\": {\n"}},
               R"(14:15 the deployment provides no service "api" | expected "api" in "services", as target.json names it | fix did you mean "apis"?
32:31 unknown service "api" | expected one of: apis, cache | fix did you mean "apis"?)"},
              {"command is a string",
               {{"[\"cache\"]", "\"cache\""}},
               R"(29:27 "command" has the wrong type | expected a list of strings | actual the string "cache" | fix put it in [ ])"},
              {"command is empty",
               {{"[\"cache\"]", "[]"}},
               R"(29:27 "command" names no program | expected a list: the program, then its arguments)"},
              {"command with a NUL",
               {{"[\"cache\"]", "[\"ca\\u0000che\"]"}},
               R"(29:28 an entry of "command" has a control character | expected text)"},
              {"command with an unknown placeholder",
               {{"${tool.directory}", "${tools.directory}"}},
               R"(16:19 "command" has the unknown placeholder "${tools.directory}" | expected one of: secret.key, secret.bank, run.directory, port.api, url.api, public_url.api, port.cache, url.cache, public_url.cache, store.main.url, double.bank.url, double.bank.proxy, double.bank.ca_file, tool.directory, deployment.directory, env.<NAME> | fix did you mean "tool.directory"?)"},
              {"working directory is empty",
               {{"\"${deployment.directory}\"", "\"\""}},
               R"(17:28 "working_directory" is empty | expected some text | actual an empty string)"},
              {"variable is a number",
               {{kEnvEmpty, "\"EMPTY\": 8000"}},
               R"(22:18 environment variable "EMPTY" has the wrong type | expected a string or {"secret": "..."} | actual the number 8000 | fix put it in quotes: "8000")"},
              {"variable is a boolean",
               {{kEnvEmpty, "\"EMPTY\": true"}},
               R"(22:18 environment variable "EMPTY" has the wrong type | expected a string or {"secret": "..."} | actual true | fix put it in quotes: "true")"},
              {"variable is null",
               {{kEnvEmpty, "\"EMPTY\": null"}},
               R"(22:18 environment variable "EMPTY" has the wrong type | expected a string or {"secret": "..."} | actual null)"},
              {"variable is a list",
               {{kEnvEmpty, "\"EMPTY\": [\"a\"]"}},
               R"(22:18 environment variable "EMPTY" has the wrong type | expected a string or {"secret": "..."} | actual a list)"},
              {"variable with an equals sign",
               {{kEnvEmpty, "\"A=B\": \"\""}},
               R"(22:9 the name of the environment variable is not well formed | expected a letter or _, then letters, digits and _, at most 100 | actual "A=B")"},
              {"variable with a NUL",
               {{kEnvEmpty, "\"EMPTY\": \"a\\u0000b\""}},
               R"(22:18 environment variable "EMPTY" has a control character | expected text)"},
              {"secret variable with another key",
               {{"{ \"secret\": \"${secret.key}\" }", "{ \"value\": \"${secret.key}\" }"}},
               R"(20:23 a secret value lacks "secret" | expected the keys secret
20:25 unknown key "value" of a secret value | expected one of: secret)"},
              {"secret variable is empty",
               {{"{ \"secret\": \"${secret.key}\" }", "{ \"secret\": \"\" }"}},
               R"(20:35 "secret" is empty | expected some text | actual an empty string)"},
              {"placeholder of the tool in a variable",
               {{kEnvEmpty, "\"EMPTY\": \"${tool.directory}\""}},
               R"(22:18 environment variable "EMPTY" has the unknown placeholder "${tool.directory}" | expected one of: secret.key, secret.bank, run.directory, port.api, url.api, public_url.api, port.cache, url.cache, public_url.cache, store.main.url, double.bank.url, double.bank.proxy, double.bank.ca_file, env.<NAME> | fix did you mean "run.directory"?)"},
              {"placeholder of no store",
               {{"${store.main.url}", "${store.mian.url}"}},
               R"(19:25 environment variable "DATABASE_URL" has the unknown placeholder "${store.mian.url}" | expected one of: secret.key, secret.bank, run.directory, port.api, url.api, public_url.api, port.cache, url.cache, public_url.cache, store.main.url, double.bank.url, double.bank.proxy, double.bank.ca_file, env.<NAME> | fix did you mean "store.main.url"?)"},
              {"placeholder of no part of a double",
               {{"${double.bank.proxy}", "${double.bank.ca}"}},
               R"(21:24 environment variable "HTTPS_PROXY" has the unknown placeholder "${double.bank.ca}" | expected one of: secret.key, secret.bank, run.directory, port.api, url.api, public_url.api, port.cache, url.cache, public_url.cache, store.main.url, double.bank.url, double.bank.proxy, double.bank.ca_file, env.<NAME> | fix did you mean "double.bank.ca_file"?)"},
              {"placeholder of no service",
               {{"${port.api}", "${port.app}"}},
               R"(16:55 "command" has the unknown placeholder "${port.app}" | expected one of: secret.key, secret.bank, run.directory, port.api, url.api, public_url.api, port.cache, url.cache, public_url.cache, store.main.url, double.bank.url, double.bank.proxy, double.bank.ca_file, tool.directory, deployment.directory, env.<NAME> | fix did you mean "port.api"?)"},
              {"defects hidden in a variable",
               {{"\"EMPTY\"", "\"READINESS_DEFECTS\""}},
               R"(22:9 environment variable "READINESS_DEFECTS" is set by the tool | fix remove it, and set it in the shell that runs ctest)"},
              {"port is zero", {{"8080", "0"}}, R"(24:15 "port" is out of range | expected 1 to 65535 | actual 0)"},
              {"port is too high",
               {{"8080", "65536"}},
               R"(24:15 "port" is out of range | expected 1 to 65535 | actual 65536)"},
              {"port twice",
               {{"\"command\": [\"cache\"]", "\"command\": [\"cache\"], \"port\": 8080"}},
               R"(29:5 "api" and "cache" have the same port | expected a port of its own for each | actual 8080)"},
              {"no wait condition",
               {{kReadyPort, "[]"}},
               R"(29:47 "ready" is empty | expected at least one of {"http": {"path": "/health", "status": [200]}}, {"log": {"pattern": "started"}} or {"port_open": true} | actual an empty list | fix a service without a wait condition would count as started at once)"},
              {"ready is missing",
               {{", \"ready\": [{ \"port_open\": true }]", ""}},
               R"(29:14 a service lacks "ready" | expected the keys ready)"},
              {"ready is an object",
               {{kReadyPort, "{ \"port_open\": true }"}},
               R"(29:47 "ready" has the wrong type | expected a list of wait conditions | actual an object)"},
              {"wait condition is empty",
               {{kReadyPort, "[{}]"}},
               R"(29:48 a wait condition states 0 conditions | expected {"http": {"path": "/health", "status": [200]}}, {"log": {"pattern": "started"}} or {"port_open": true})"},
              {"wait condition is two",
               {{kReadyPort, R"([{ "port_open": true, "log": { "pattern": "up" } }])"}},
               R"(29:48 a wait condition states 2 conditions | expected {"http": {"path": "/health", "status": [200]}}, {"log": {"pattern": "started"}} or {"port_open": true} | fix write one list entry for each)"},
              {"wait condition is misspelt",
               {{"\"port_open\"", "\"port-open\""}},
               R"(29:48 a wait condition states 0 conditions | expected {"http": {"path": "/health", "status": [200]}}, {"log": {"pattern": "started"}} or {"port_open": true}
29:50 unknown key "port-open" of a wait condition | expected one of: http, log, port_open | fix did you mean "port_open"?)"},
              {"port need not be open",
               {{"\"port_open\": true", "\"port_open\": false"}},
               R"(29:63 "port_open" is false | expected true, or another wait condition)"},
              {"pattern is not regular",
               {{"listening on \\\\d+", "listening (on"}},
               R"(25:39 "pattern" is not a regular expression: missing ): listening (on | expected a regular expression (RE2) for a line of the service's output | actual "listening (on")"},
              {"pattern matches everything",
               {{"listening on \\\\d+", ".*"}},
               R"(25:39 "pattern" matches an empty text, so it would be found at once | expected a regular expression (RE2) for a line of the service's output | actual ".*")"},
              {"pattern looks ahead",
               {{"listening on \\\\d+", "a(?=b)"}},
               R"x(25:39 "pattern" is not a regular expression: invalid perl operator: (?= | expected a regular expression (RE2) for a line of the service's output | actual "a(?=b)")x"},
              {"wait path is relative",
               {{"\"/health\"", "\"health\""}},
               R"(25:84 "path" does not begin with / | expected the path after host and port | actual "health" | fix did you mean "/health"?)"},
              {"wait status is one number",
               {{"\"status\": [200]", "\"status\": 200"}},
               R"(25:105 "status" has the wrong type | expected a list of exact statuses, like [401, 403] | actual the number 200 | fix put it in [ ])"},
              {"wait without path",
               {{kReadyHttp, R"({ "http": { "status": [200] } })"}},
               R"(25:74 an HTTP wait condition lacks "path" | expected the keys path, status)"},
              {"time without unit",
               {{"\"startup_timeout_ms\"", "\"startup_timeout\""}},
               R"(26:7 unknown key "startup_timeout" of a service | expected one of: command, working_directory, environment, port, container_port, url, ready, startup_timeout_ms, stop_grace_ms | fix did you mean "startup_timeout_ms"? numbers carry their unit)"},
              {"time is a fraction",
               {{"15000", "1.5"}},
               R"(26:29 "startup_timeout_ms" has the wrong type | expected a whole number from 1 to 3600000 | actual the number 1.5)"},
              {"grace is negative",
               {{"3000", "-1"}},
               R"(27:24 "stop_grace_ms" is out of range | expected 1 to 3600000 | actual -1)"},
              {"variant of no service",
               {{"{ \"api\": { \"environment\": { \"MODE\"", "{ \"app\": { \"environment\": { \"MODE\""}},
               R"(32:31 unknown service "app" | expected one of: api, cache | fix did you mean "api"?)"},
              {"variant with another key",
               {{kOverlay, R"({ "port": 1 })"}},
               R"(32:40 unknown key "port" of a service of a variant | expected one of: environment, command)"},
              {"variant with a number",
               {{"{ \"MODE\": \"strict\" }", "{ \"MODE\": 1 }"}},
               R"(32:65 environment variable "MODE" has the wrong type | expected a string or {"secret": "..."} | actual the number 1 | fix put it in quotes: "1")"},
              {"variant that takes away what is not set",
               {{"{ \"MODE\": \"strict\" }", "{ \"EMPTYY\": null }"}},
               R"(32:57 unknown environment variable "EMPTYY" of the service | expected one of: DATABASE_URL, EMPTY, HTTPS_PROXY, SECRET_KEY | fix did you mean "EMPTY"?)"},
              {"variant without services",
               {{"{ \"services\": { \"api\": " + std::string(kOverlay) + " } }", "{}"}},
               R"(32:15 a variant lacks "services" | expected the keys services)"},
              {"unknown key",
               {{"\"defects\"", "\"defect\""}},
               R"(11:3 unknown key "defect" of a deployment | expected one of: $schema, deployment, target, engine, compose, allow, secrets, stores, data_providers, language_models, commands, token, allowed_hosts, defects, source_tree, services, variants | fix did you mean "defects"?)"},
          };
  CheckWrongCases(kGood, cases, Load);
}

TEST(WrongDeployments, AnUnknownVariantIsNamed) {
  EXPECT_EQ(LoadVariant(kGood, "stric"),
            R"(31:15 unknown variant "stric" | expected one of: strict | fix did you mean "strict"?)");
  EXPECT_EQ(LoadVariant(Replaced(kGood, {{R"(,
  "variants": {
    "strict": { "services": { "api": { "environment": { "MODE": "strict" }, "command": ["other"] } } }
  })",
                                          ""}}),
                        "strict"),
            R"(1:1 unknown variant "strict" | expected nothing, as none is declared)");
}

TEST(WrongDeployments, AVariantIsCheckedEvenWhenNotChosen) {
  EXPECT_EQ(
      Load(Replaced(kGood, {{"\"MODE\": \"strict\"", "\"MODE\": \"${nothing}\""}})),
      R"(32:65 environment variable "MODE" has the unknown placeholder "${nothing}" | expected one of: secret.key, secret.bank, run.directory, port.api, url.api, public_url.api, port.cache, url.cache, public_url.cache, store.main.url, double.bank.url, double.bank.proxy, double.bank.ca_file, env.<NAME>)");
}

}  // namespace
}  // namespace readiness
