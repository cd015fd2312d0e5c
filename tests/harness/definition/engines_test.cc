// Deployments of the engines compose and external: what they mean, and that what means nothing to an engine is said so.

#include <gmock/gmock.h>

#include "definition/service_url.h"
#include "wrong_cases.h"

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr char kProcess[] = R"({
  "deployment": "local", "target": "shop", "engine": "process", "secrets": {},
  "stores": { "main": "postgresql" },
  "data_providers": { "bank": { "client_id": "shop", "client_secret": "s3cret", "port": 8100 } },
  "services": {
    "api": { "command": ["a", "${public_url.api}"], "ready": [{ "port_open": true }] }
  },
  "commands": { "price": { "command": ["price"] } }
})";

constexpr char kCompose[] = R"({
  "deployment": "containers", "target": "shop", "engine": "compose",
  "compose": {
    "files": ["compose.yaml", "/abs/more.yaml"],
    "environment": { "API_IMAGE": "${image.api}", "TREE": "${deployment.directory}", "KEY": { "secret": "${env.KEY}" } },
    "images": { "api": "${tool.directory}/shop" }
  },
  "stores": { "main": "postgresql" },
  "data_providers": { "bank": { "hosts": ["api.bank.example"], "client_id": "shop", "client_secret": "s3cret" } },
  "source_tree": "tree", "defects": "defects.json",
  "services": {
    "api": {
      "container_port": 8000, "port": 8080,
      "environment": { "PORT": "${port.api}", "SELF": "${url.api}", "BACK": "${public_url.api}", "DB": "${store.main.url}" },
      "ready": [{ "http": { "path": "/health", "status": [200] } }]
    },
    "worker": { "ready": [{ "log": { "pattern": "working" } }] }
  },
  "commands": {
    "price": { "service": "api", "command": ["/shop", "${port.api}"], "environment": { "X": "${url.api}" } }
  },
  "variants": { "strict": { "services": { "api": { "environment": { "MODE": "strict" } } } } }
})";

constexpr char kExternal[] = R"({
  "deployment": "staging", "target": "shop", "engine": "external", "allow": "own_data",
  "stores": { "main": "${env.DATABASE_URL}" },
  "data_providers": { "bank": { "client_id": "shop", "client_secret": "s3cret", "port": 8100 } },
  "services": {
    "api": { "url": "https://staging.example.com", "ready": [{ "http": { "path": "/health", "status": [200] } }] }
  },
  "commands": { "price": { "command": ["${tool.directory}/ask", "${url.api}"] } }
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

std::string Load(const std::string& text) {
  const TemporaryFolder folder;
  return Listed(LoadDeployment(folder.Write("local.json", text), "", Shop()), folder.path() + "/");
}

TEST(GoodEngines, ComposeArrives) {
  const TemporaryFolder folder;
  const auto loaded = LoadDeployment(folder.Write("containers.json", kCompose), "strict", Shop());
  ASSERT_TRUE(loaded) << Listed(loaded);
  EXPECT_EQ(loaded->engine, EngineKind::kCompose);
  EXPECT_EQ(loaded->allowed, Reach::kWholeTarget);
  EXPECT_THAT(loaded->compose.files, ElementsAre(folder.path() + "/compose.yaml", "/abs/more.yaml"));
  EXPECT_THAT(loaded->compose.images, ElementsAre(Pair("api", "${tool.directory}/shop")));
  EXPECT_EQ(loaded->compose.environment.at("API_IMAGE").value, "${image.api}");
  EXPECT_TRUE(loaded->compose.environment.at("KEY").secret);
  const ServiceDeployment& api = loaded->services.at("api");
  EXPECT_EQ(api.container_port, 8000);
  EXPECT_EQ(api.port, 8080);
  EXPECT_EQ(api.environment.at("MODE").value, "strict");
  EXPECT_EQ(loaded->services.at("worker").container_port, 0);
  EXPECT_EQ(loaded->commands.at("price").service, "api");
}

TEST(GoodEngines, ExternalArrives) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("staging.json", kExternal);
  const auto loaded = LoadDeployment(file, "", Shop());
  ASSERT_TRUE(loaded) << Listed(loaded);
  EXPECT_EQ(loaded->engine, EngineKind::kExternal);
  EXPECT_EQ(loaded->allowed, Reach::kOwnData);
  EXPECT_EQ(loaded->allowed_place, (Place{file, 2, 77}));
  EXPECT_EQ(loaded->services.at("api").url, "https://staging.example.com");
  EXPECT_EQ(loaded->data_providers.at("bank").port, 8100);
  EXPECT_EQ(loaded->stores.at("main"), "${env.DATABASE_URL}");
}

TEST(GoodEngines, ExternalAllowsNothingUnlessItSaysSo) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("staging.json", Replaced(kExternal, {{R"(, "allow": "own_data")", ""}}));
  const auto loaded = LoadDeployment(file, "", Shop());
  ASSERT_TRUE(loaded) << Listed(loaded);
  EXPECT_EQ(loaded->allowed, Reach::kNothing);
  EXPECT_EQ(loaded->allowed_place, (Place{file, 2, 56}));
}

TEST(GoodEngines, ExternalNeedsOnlyItsServices) {
  EXPECT_EQ(
      Load(Replaced(
          kExternal,
          {{R"(  "stores": { "main": "${env.DATABASE_URL}" },)", ""},
           {R"(  "data_providers": { "bank": { "client_id": "shop", "client_secret": "s3cret", "port": 8100 } },)",
            ""}})),
      "no problem");
}

TEST(WrongEngines, ProcessHasNoWordsOfOthers) {
  const std::vector<WrongCase> cases = {
      {"compose files",
       {{R"("secrets": {})", R"("compose": { "files": ["compose.yaml"] })"}},
       R"(2:76 "compose" of a deployment means nothing to engine "process" | expected it with engine "compose" only | fix write "engine": "compose", or remove it)"},
      {"permission",
       {{R"("secrets": {})", R"("allow": "nothing")"}},
       R"(2:74 "allow" of a deployment means nothing to engine "process" | expected it with engine "external" only | fix remove it: a target that the run starts may be broken)"},
      {"container's port",
       {{R"("command": ["a",)", R"("container_port": 80, "command": ["a",)"}},
       R"(6:32 "container_port" of a service means nothing to engine "process" | expected it with engine "compose" only | fix remove it; ${port.<service>} tells a process where to listen)"},
      {"URL",
       {{R"("command": ["a",)", R"("url": "http://x", "command": ["a",)"}},
       R"(6:21 "url" of a service means nothing to engine "process" | expected it with engine "external" only | fix remove it: the run chooses where the service listens)"},
      {"no command",
       {{R"("command": ["a", "${public_url.api}"], )", ""}},
       R"(6:12 a service lacks "command" | expected "command", which engine "process" cannot do without)"},
      {"command in a container",
       {{R"({ "command": ["price"] })", R"({ "service": "api", "command": ["price"] })"}},
       R"(8:39 "service" of a command means nothing to engine "process" | expected it with engine "compose" only | fix remove it: commands run on this machine)"},
      {"store elsewhere",
       {{R"("postgresql")", R"("postgresql://u:hunter2@h/db")"}},
       R"(3:23 store "main" is a URL, which only engine "external" takes | expected one of: postgresql)"},
      {"one port for two",
       {{R"("ready":)", R"("port": 8100, "ready":)"}},
       R"(6:5 "bank" and "api" have the same port | expected a port of its own for each | actual 8100)"},
  };
  CheckWrongCases(kProcess, cases, Load);
}

constexpr char kApiEnvironment[] =
    R"({ "PORT": "${port.api}", "SELF": "${url.api}", "BACK": "${public_url.api}", "DB": "${store.main.url}" })";
constexpr char kInService[] =
    "expected one of: port.api, url.api, public_url.api, store.main.url, double.bank.url, double.bank.proxy, "
    "double.bank.ca_file, env.<NAME>";

TEST(WrongEngines, ComposeHasNoWordsOfOthers) {
  const std::string in_service = kInService;
  const std::string run_directory =
      R"(14:29 environment variable "A" has "${run.directory}", which means nothing here | )" + in_service +
      " | fix a container does not see the directory of the run; use a path of its own";
  const std::string tool_directory =
      R"(14:29 environment variable "A" has the unknown placeholder "${tool.directory}" | )" + in_service;
  const std::string no_port = R"(14:29 environment variable "A" has "${url.worker}", which means nothing here | )" +
                              in_service + R"( | fix give service "worker" a "container_port")";
  const std::string in_command = R"(20:46 "command" has "${tool.directory}", which means nothing here | )" +
                                 in_service + " | fix it runs in a container: say where that has it";
  const std::vector<WrongCase> cases = {
      {"no compose files",
       {{R"("files": ["compose.yaml", "/abs/more.yaml"],)", ""}},
       R"(3:14 a compose section lacks "files" | expected the keys files)"},
      {"an empty list of compose files",
       {{R"(["compose.yaml", "/abs/more.yaml"])", "[]"}},
       R"(4:14 "files" is empty | expected at least one compose file)"},
      {"compose file with a placeholder",
       {{R"("/abs/more.yaml")", R"("${env.X}.yaml")"}},
       R"(4:31 "files" has the unknown placeholder "${env.X}" | expected nothing, as none is declared)"},
      {"image that nobody makes",
       {{"${image.api}", "${image.apu}"}},
       R"(5:35 environment variable "API_IMAGE" has the unknown placeholder "${image.apu}" | expected one of: port.api, url.api, public_url.api, store.main.url, double.bank.url, double.bank.proxy, double.bank.ca_file, tool.directory, deployment.directory, image.api, env.<NAME> | fix did you mean "image.api"?)"},
      {"directory of the run in a compose file",
       {{R"("TREE": "${deployment.directory}")", R"("TREE": "${run.directory}")"}},
       R"(5:59 environment variable "TREE" has "${run.directory}", which means nothing here | expected one of: port.api, url.api, public_url.api, store.main.url, double.bank.url, double.bank.proxy, double.bank.ca_file, tool.directory, deployment.directory, image.api, env.<NAME> | fix containers do not see the directory of the run)"},
      {"image of a placeholder that is not known",
       {{"${tool.directory}/shop", "${run.directory}/shop"}},
       R"(6:24 image "api" has the unknown placeholder "${run.directory}" | expected one of: tool.directory, deployment.directory, env.<NAME> | fix did you mean "tool.directory"?)"},
      {"command",
       {{R"("container_port": 8000,)", R"("container_port": 8000, "command": ["a"],)"}},
       R"(13:42 "command" of a service means nothing to engine "compose" | expected it with engine "process" only | fix remove it, and say it in the compose file)"},
      {"working directory",
       {{R"("container_port": 8000,)", R"("container_port": 8000, "working_directory": "/x",)"}},
       R"(13:52 "working_directory" of a service means nothing to engine "compose" | expected it with engine "process" only | fix remove it, and say it in the compose file)"},
      {"URL",
       {{R"("container_port": 8000,)", R"("container_port": 8000, "url": "http://x",)"}},
       R"(13:38 "url" of a service means nothing to engine "compose" | expected it with engine "external" only | fix remove it, and write the "container_port" where the service listens)"},
      {"a condition without a port",
       {{R"("log": { "pattern": "working" })", R"("port_open": true)"}},
       R"(17:26 "ready" asks at a port that the service does not have | expected "container_port": where it listens in its container)"},
      {"a published port without a port",
       {{R"("worker": {)", R"("worker": { "port": 8081,)"}},
       R"(17:25 "port" publishes a port that the service does not have | expected "container_port": where it listens in its container)"},
      {"directory of the run in a container",
       {{kApiEnvironment, R"({ "A": "${run.directory}" })"}},
       run_directory.c_str()},
      {"directory of the tool in a container",
       {{kApiEnvironment, R"({ "A": "${tool.directory}" })"}},
       tool_directory.c_str()},
      {"URL of a service that does not listen", {{kApiEnvironment, R"({ "A": "${url.worker}" })"}}, no_port.c_str()},
      {"command in a container that does not see the tool",
       {{"\"/shop\"", "\"${tool.directory}/shop\""}},
       in_command.c_str()},
      {"command in no container",
       {{R"("service": "api")", R"("service": "apis")"}},
       R"(20:5 unknown service "apis" of the command | expected one of: api, worker | fix did you mean "api"?)"},
      {"variant with a command",
       {{R"({ "environment": { "MODE": "strict" } })", R"({ "command": ["x"] })"}},
       R"(22:63 "command" of a service of a variant means nothing to engine "compose" | expected it with engine "process" only | fix let the variant change the "environment")"},
      {"fixed port of a double",
       {{R"("hosts": ["api.bank.example"])", R"("port": 8100)"}},
       R"(9:41 "port" of a double means nothing to engine "compose" | expected it with engine "process" or "external" only | fix remove it: containers reach the double by ${double.<name>.url}, or under the names of its "hosts")"},
  };
  CheckWrongCases(kCompose, cases, Load);
}

TEST(WrongEngines, ACommandOfThisMachineSeesItsDirectories) {
  EXPECT_EQ(Load(Replaced(
                kCompose,
                {{R"({ "service": "api", "command": ["/shop", "${port.api}"], "environment": { "X": "${url.api}" } })",
                  R"({ "command": ["${tool.directory}/x", "${source_tree}", "${run.directory}"] })"}})),
            "no problem");
}

TEST(WrongEngines, ExternalHasNoWordsOfOthers) {
  constexpr const char* kUrl = R"("url": "https://staging.example.com")";
  const std::vector<WrongCase> cases = {
      {"defects",
       {{R"("allow": "own_data")", R"("defects": "x.json")"}},
       R"(2:79 "defects" of a deployment means nothing to engine "external" | expected it with engine "process" or "compose" only | fix remove it: defects are switched when a service starts)"},
      {"variants",
       {{R"("allow": "own_data")", R"("variants": {})"}},
       R"(2:80 "variants" of a deployment means nothing to engine "external" | expected it with engine "process" or "compose" only | fix remove it: services that run already cannot be varied)"},
      {"misspelt permission",
       {{"own_data", "own-data"}},
       R"(2:77 unknown allow "own-data" | expected one of: nothing, own_data, whole_target | fix did you mean "own_data"?)"},
      {"no URL",
       {{std::string(kUrl) + ", ", ""}},
       R"(6:12 a service lacks "url" | expected "url", which engine "external" cannot do without)"},
      {"environment",
       {{kUrl, std::string(kUrl) + R"(, "environment": {})"}},
       R"(6:67 "environment" of a service means nothing to engine "external" | expected it with engine "process" or "compose" only | fix remove it: the service runs already, and nobody here starts it)"},
      {"URL with a password",
       {{"https://staging", "https://u:hunter2@staging"}},
       R"(6:21 "url" has a user or password | expected http:// or https://, a host, perhaps a port and a path)"},
      {"URL with a query",
       {{"example.com\"", "example.com/?a=b\""}},
       R"(6:21 "url" has a query, a fragment or a character that no path has | expected http:// or https://, a host, perhaps a port and a path | actual "https://staging.example.com/?a=b")"},
      {"log",
       {{R"({ "http": { "path": "/health", "status": [200] } })", R"({ "log": { "pattern": "up" } })"}},
       R"(6:71 there is no log of a service that runs already | expected "http" or "port_open")"},
      {"private store",
       {{"${env.DATABASE_URL}", "postgresql"}},
       R"(3:23 store "main" is no URL of a PostgreSQL database | expected postgresql://user:password@host:port/database, or ${env.<NAME>} that holds it | fix a target that runs already has stores of its own)"},
      {"port where a process would listen",
       {{"${url.api}", "${port.api}"}},
       R"(8:65 "command" has "${port.api}", which means nothing here | expected one of: run.directory, url.api, public_url.api, store.main.url, double.bank.url, double.bank.proxy, double.bank.ca_file, tool.directory, deployment.directory, env.<NAME> | fix say ${url.api}: where a service runs already is its URL)"},
  };
  CheckWrongCases(kExternal, cases, Load);
}

TEST(ServiceUrls, AreReadInParts) {
  const struct {
    const char* text;
    const char* what;  ///< text|host|port, or the problem
  } cases[] = {
      {"http://a", "http://a|a|80"},
      {"https://a.b.example/", "https://a.b.example|a.b.example|443"},
      {"https://a:8443/base/path/", "https://a:8443/base/path|a|8443"},
      {"http://[::1]:8080", "http://[::1]:8080|::1|8080"},
      {"http://[::1]", "http://[::1]|::1|80"},
      {"", "has no scheme that is known"},
      {"a.example", "has no scheme that is known"},
      {"ftp://a", "has no scheme that is known"},
      {"http://", "has no host"},
      {"http://:80", "has no host"},
      {"http://[::1]x:80", "has no host"},
      {"http://a:", "has a wrong port"},
      {"http://a:0", "has a wrong port"},
      {"http://a:65536", "has a wrong port"},
      {"http://a:80x", "has a wrong port"},
      {"http://a@b", "has a user or password"},
      {"http://a/?x", "has a query, a fragment or a character that no path has"},
      {"http://a/#x", "has a query, a fragment or a character that no path has"},
      {"http://a/x y", "has a query, a fragment or a character that no path has"},
      {"http://a/../x", "has a query, a fragment or a character that no path has"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.text);
    const Result<ServiceUrl> url = ParseServiceUrl(test.text);
    EXPECT_EQ(url ? url->text + "|" + url->host + "|" + std::to_string(url->port) : url.error().what, test.what);
  }
}

}  // namespace
}  // namespace readiness
