#include "lifecycle/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace readiness {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::optional<std::string> Environment(const std::string& name) {
  const std::map<std::string, std::string> variables{{"PATH", "/bin"},
                                                     {"HOME", "/home/us"},
                                                     {"LANG", "C"},
                                                     {"API_KEY", "key-of-the-shell"},
                                                     {"OTHER", "not inherited"}};
  const auto found = variables.find(name);
  return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
}

Deployment MakeDeployment() {
  Deployment deployment;
  deployment.id = "local";
  deployment.file = "/suites/x/deployments/local.json";
  deployment.stores = {{"main", "postgresql"}};
  DataProviderDeployment provider;
  provider.hosts = {"api.example.com"};
  provider.client_id = "client";
  provider.client_secret = "${secret.client}";
  deployment.data_providers["whoop"] = provider;
  ServiceDeployment service;
  service.command = {"${tool.directory}/api"};
  WaitCondition open;
  open.port_open = true;
  service.ready = {open};
  deployment.services["api"] = service;
  deployment.service_order = {"api"};
  deployment.token_signing_key = "${secret.key}";
  return deployment;
}

PlanInputs MakeInputs() {
  PlanInputs inputs;
  inputs.run_id = "abc";
  inputs.run_directory = "/run/abc";
  inputs.tool_directory = "/opt/bin";
  inputs.secrets = {{"key", "s3cret-key"}, {"client", "s3cret-client"}};
  inputs.service_ports = {{"api", 2001}};
  inputs.double_ports = {{"whoop", 2002}};
  inputs.store_urls = {{"main", "postgresql://readiness:pass-w0rd@127.0.0.1:2003/main"}};
  inputs.environment = Environment;
  return inputs;
}

TEST(PlanTest, PlaceholdersAreFilled) {
  const struct {
    std::string text;
    std::string filled;
  } cases[] = {
      {"", ""},
      {"plain $HOME $ {x} }", "plain $HOME $ {x} }"},
      {"${port.api}", "2001"},
      {"${url.api}/callback?a=${port.api}", "http://127.0.0.1:2001/callback?a=2001"},
      {"${public_url.api}", "http://127.0.0.1:2001"},
      {"${store.main.url}", "postgresql://readiness:pass-w0rd@127.0.0.1:2003/main"},
      {"${double.whoop.url}", "http://127.0.0.1:2002"},
      {"${double.whoop.proxy}", "http://127.0.0.1:2002"},
      {"${double.whoop.ca_file}", "/run/abc/double-whoop-ca/ca.pem"},
      {"${run.directory}/x", "/run/abc/x"},
      {"${secret.key}", "s3cret-key"},
      {"${env.API_KEY}", "key-of-the-shell"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.text);
    Deployment deployment = MakeDeployment();
    deployment.services["api"].environment["X"] = {test.text, false};
    const Result<Plan> plan = MakePlan(Target(), deployment, MakeInputs());
    ASSERT_TRUE(plan) << plan.error().Brief();
    EXPECT_EQ(plan->services.at(0).environment.at("X"), test.filled);
  }
}

TEST(PlanTest, WrongPlaceholdersAreErrors) {
  const struct {
    std::string text;
    ErrorKind kind;
    std::string says;
  } cases[] = {
      {"${port.apu}", ErrorKind::kDefinition, "${port.apu} in services.api.environment.X"},
      {"${}", ErrorKind::kDefinition, "unknown placeholder ${}"},
      {"${port.api", ErrorKind::kDefinition, "unfinished"},
      {"${tool.directory}", ErrorKind::kDefinition, "${tool.directory}"},
      {"${env.NOT_SET}", ErrorKind::kEnvironment, "NOT_SET is not set"},
      {"${env.}", ErrorKind::kDefinition, "unknown"},
      {"${store.other.url}", ErrorKind::kDefinition, "unknown"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.text);
    Deployment deployment = MakeDeployment();
    deployment.services["api"].environment["X"] = {test.text, false};
    const Result<Plan> plan = MakePlan(Target(), deployment, MakeInputs());
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().kind, test.kind);
    EXPECT_THAT(RenderError(plan.error()), HasSubstr(test.says));
    EXPECT_EQ(plan.error().place->file, deployment.file);
  }
}

TEST(PlanTest, AnInstanceHasItsOwnNameAndTheRunsDoubles) {
  Deployment deployment = MakeDeployment();
  deployment.defects_file = "/suites/x/standin/defects.json";
  deployment.language_models["llm"].api_key = "${secret.key}";
  deployment.services["api"].environment = {{"MODEL", {"${double.llm.url}", false}}, {"SELF", {"${url.api}", false}}};
  deployment.services["worker"] = deployment.services["api"];
  deployment.service_order = {"api", "worker"};
  PlanInputs inputs = MakeInputs();
  inputs.double_ports["llm"] = 2004;
  inputs.service_ports["worker"] = 2005;
  EXPECT_EQ(MakePlan(Target(), deployment, inputs)->services.at(0).environment.at("MODEL"),
            "http://127.0.0.1:2004/channels/run/v1");

  inputs.instance = "instance-3-api";
  inputs.instance_of = "api";
  inputs.service_ports["api"] = 2006;
  const Result<Plan> plan = MakePlan(Target(), deployment, inputs);
  ASSERT_TRUE(plan) << plan.error().Brief();
  const ServiceSpec& spec = plan->services.at(0);
  EXPECT_EQ(spec.name, "instance-3-api");
  EXPECT_EQ(spec.log_file, "/run/abc/instance-3-api.log");
  EXPECT_EQ(spec.url, "http://127.0.0.1:2006");
  EXPECT_EQ(spec.environment.at("SELF"), "http://127.0.0.1:2006");
  EXPECT_EQ(spec.environment.at("MODEL"), "http://127.0.0.1:2004/channels/instance-3-api/v1");
  EXPECT_EQ(plan->acknowledgements.at("api"), "/run/abc/defects-instance-3-api.json");
  EXPECT_EQ(plan->services.at(1).name, "worker");
  EXPECT_EQ(plan->session.services.at("api").url, "http://127.0.0.1:2006");
  EXPECT_EQ(plan->session.language_models.at("llm").channel, "instance-3-api");
}

TEST(PlanTest, ValuesAreNotFilledAgain) {
  PlanInputs inputs = MakeInputs();
  inputs.secrets["key"] = "${secret.client}";
  Deployment deployment = MakeDeployment();
  deployment.services["api"].environment["X"] = {"${secret.key}", false};
  const Result<Plan> plan = MakePlan(Target(), deployment, inputs);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->services[0].environment.at("X"), "${secret.client}");
}

TEST(PlanTest, EnvironmentIsExact) {
  Deployment deployment = MakeDeployment();
  deployment.services["api"].environment = {{"PORT", {"${port.api}", false}}, {"LANG", {"de_DE", false}}};
  const Result<Plan> plan = MakePlan(Target(), deployment, MakeInputs());
  ASSERT_TRUE(plan);
  const std::map<std::string, std::string> expected{
      {"PATH", "/bin"}, {"HOME", "/home/us"}, {"LANG", "de_DE"}, {"PORT", "2001"}, {"READINESS_RUN", "abc"}};
  EXPECT_EQ(plan->services[0].environment, expected);
}

TEST(PlanTest, CommandAndDirectoriesAreFilled) {
  Deployment deployment = MakeDeployment();
  deployment.services["api"].command = {"${tool.directory}/api", "--in=${deployment.directory}", "${port.api}"};
  Result<Plan> plan = MakePlan(Target(), deployment, MakeInputs());
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->services[0].command, ElementsAre("/opt/bin/api", "--in=/suites/x/deployments", "2001"));
  EXPECT_EQ(plan->services[0].working_directory, "/run/abc");
  EXPECT_EQ(plan->services[0].url, "http://127.0.0.1:2001");
  EXPECT_EQ(plan->services[0].log_file, "/run/abc/api.log");
  deployment.services["api"].working_directory = "${deployment.directory}/work";
  plan = MakePlan(Target(), deployment, MakeInputs());
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->services[0].working_directory, "/suites/x/deployments/work");
}

TEST(PlanTest, CommandsAreCompleteInTheSession) {
  Deployment deployment = MakeDeployment();
  deployment.source_tree = "/src/tree";
  CommandDeployment command;
  command.command = {"${source_tree}/venv/python", "${tool.directory}/x", "${url.api}"};
  command.working_directory = "${source_tree}/backend";
  command.environment = {{"KEY", {"${secret.key}-and-more", true}}, {"TREE", {"${source_tree}", false}}};
  command.timeout = Milliseconds(1500);
  deployment.commands["check"] = command;
  deployment.commands["plain"].command = {"true"};
  PlanInputs inputs = MakeInputs();
  inputs.defects = "x.C1";
  const Result<Plan> plan = MakePlan(Target(), deployment, inputs);
  ASSERT_TRUE(plan) << plan.error().Brief();
  const CommandSpec& spec = plan->session.commands.at("check");
  EXPECT_THAT(spec.command, ElementsAre("/src/tree/venv/python", "/opt/bin/x", "http://127.0.0.1:2001"));
  EXPECT_EQ(spec.working_directory, "/src/tree/backend");
  const std::map<std::string, std::string> expected{{"PATH", "/bin"},
                                                    {"HOME", "/home/us"},
                                                    {"LANG", "C"},
                                                    {"READINESS_RUN", "abc"},
                                                    {"KEY", "s3cret-key-and-more"},
                                                    {"TREE", "/src/tree"},
                                                    {"READINESS_DEFECTS", "x.C1"}};
  EXPECT_EQ(spec.environment, expected);
  EXPECT_EQ(spec.timeout, Milliseconds(1500));
  EXPECT_THAT(plan->session.secrets, Contains("s3cret-key-and-more"));
  EXPECT_EQ(plan->session.commands.at("plain").working_directory, "/run/abc");
}

TEST(PlanTest, WrongCommandsAreErrors) {
  Deployment deployment = MakeDeployment();
  deployment.commands["check"].command = {"${source_tree}/x"};
  EXPECT_THAT(RenderError(MakePlan(Target(), deployment, MakeInputs()).error()),
              HasSubstr("${source_tree} in commands.check.command"));
  deployment = MakeDeployment();
  deployment.commands["check"].environment["READINESS_RUN"] = {"x", false};
  EXPECT_THAT(RenderError(MakePlan(Target(), deployment, MakeInputs()).error()),
              HasSubstr("commands.check.environment sets READINESS_RUN"));
}

TEST(PlanTest, DoubleIsConfiguredByAFile) {
  const Result<Plan> plan = MakePlan(Target(), MakeDeployment(), MakeInputs());
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->doubles.size(), 1U);
  const ServiceSpec& spec = plan->doubles[0];
  EXPECT_EQ(spec.name, "double-whoop");
  EXPECT_THAT(spec.command,
              ElementsAre("/opt/bin/readiness-double-data-provider", "--config", "/run/abc/double-whoop.json"));
  EXPECT_EQ(spec.url, "http://127.0.0.1:2002");
  ASSERT_EQ(plan->files.size(), 1U);
  const Json expected{{"port", 2002},
                      {"admin_socket", "/run/abc/double-whoop.sock"},
                      {"hosts", {"api.example.com"}},
                      {"client_id", "client"},
                      {"client_secret", "s3cret-client"},
                      {"ca_directory", "/run/abc/double-whoop-ca"}};
  EXPECT_EQ(Json::parse(plan->files[0].contents), expected);
  EXPECT_EQ(plan->session.data_providers.at("whoop").admin_socket, "/run/abc/double-whoop.sock");
}

Deployment WithModel() {
  Deployment deployment = MakeDeployment();
  deployment.language_models["llm"] = {std::nullopt, {"api.openai.example"}, "${secret.client}", "a reply"};
  return deployment;
}

PlanInputs InputsWithModel() {
  PlanInputs inputs = MakeInputs();
  inputs.double_ports["llm"] = 2004;
  return inputs;
}

TEST(PlanTest, LanguageModelIsConfiguredByAFile) {
  const Result<Plan> plan = MakePlan(Target(), WithModel(), InputsWithModel());
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->doubles.size(), 2U);
  const ServiceSpec& spec = plan->doubles[1];
  EXPECT_EQ(spec.name, "double-llm");
  EXPECT_THAT(spec.command,
              ElementsAre("/opt/bin/readiness-double-language-model", "--config", "/run/abc/double-llm.json"));
  EXPECT_EQ(spec.url, "http://127.0.0.1:2004");
  const Json expected{{"port", 2004},
                      {"admin_socket", "/run/abc/double-llm.sock"},
                      {"hosts", {"api.openai.example"}},
                      {"api_key", "s3cret-client"},
                      {"reply", "a reply"},
                      {"ca_directory", "/run/abc/double-llm-ca"}};
  EXPECT_EQ(Json::parse(plan->files.at(1).contents), expected);
  EXPECT_EQ(plan->session.language_models.at("llm").admin_socket, "/run/abc/double-llm.sock");
  EXPECT_EQ(plan->session.language_models.at("llm").channel, "run");
  EXPECT_THAT(plan->session.secrets, ::testing::Contains("s3cret-client"));
}

TEST(PlanTest, LanguageModelIsReachedOnTheChannelOfTheRun) {
  Deployment deployment = WithModel();
  deployment.services["api"].environment = {
      {"A", {"${double.llm.url}"}}, {"B", {"${double.llm.proxy}"}}, {"C", {"${double.llm.ca_file}"}}};
  const Result<Plan> plan = MakePlan(Target(), deployment, InputsWithModel());
  ASSERT_TRUE(plan);
  const auto& environment = plan->services.at(0).environment;
  EXPECT_EQ(environment.at("A"), "http://127.0.0.1:2004/channels/run/v1");
  EXPECT_EQ(environment.at("B"), "http://run@127.0.0.1:2004");
  EXPECT_EQ(environment.at("C"), "/run/abc/double-llm-ca/ca.pem");
}

TEST(PlanTest, LanguageModelNeedsANameOfItsOwn) {
  for (const char* name : {"whoop", "../llm"}) {
    Deployment deployment = MakeDeployment();
    deployment.language_models[name] = {std::nullopt, {}, "k", "r"};
    const Result<Plan> plan = MakePlan(Target(), deployment, InputsWithModel());
    ASSERT_FALSE(plan) << name;
    EXPECT_EQ(plan.error().kind, ErrorKind::kDefinition);
  }
}

TEST(PlanTest, SessionKnowsEverySecret) {
  Deployment deployment = MakeDeployment();
  deployment.services["api"].environment = {{"A", {"prefix-${env.API_KEY}", true}}, {"B", {"harmless", false}}};
  const Result<Plan> plan = MakePlan(Target(), deployment, MakeInputs());
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->session.secrets,
              UnorderedElementsAre("s3cret-key", "s3cret-client", "pass-w0rd", "prefix-key-of-the-shell"));
  EXPECT_EQ(plan->session.token_signing_key, "s3cret-key");
}

TEST(PlanTest, ServicesStartInTheOrderOfWriting) {
  Deployment deployment = MakeDeployment();
  deployment.services["migrations"] = deployment.services["api"];
  deployment.service_order = {"migrations", "api"};
  PlanInputs inputs = MakeInputs();
  inputs.service_ports["migrations"] = 20999;
  const Result<Plan> plan = MakePlan(Target(), deployment, inputs);
  ASSERT_TRUE(plan) << plan.error().Brief();
  ASSERT_EQ(plan->services.size(), 2u);
  EXPECT_EQ(plan->services[0].name, "migrations");
  EXPECT_EQ(plan->services[1].name, "api");
}

TEST(PlanTest, NamesThatCollideAreErrors) {
  for (const std::string name : {"postgresql", "double-x", "../x", "", ".x"}) {
    SCOPED_TRACE(name);
    Deployment deployment = MakeDeployment();
    deployment.services[name] = deployment.services["api"];
    EXPECT_FALSE(MakePlan(Target(), deployment, MakeInputs()));
  }
  for (const std::string variable : {"READINESS_RUN", "READINESS_DEFECTS", "READINESS_DEFECTS_ACKNOWLEDGE"}) {
    SCOPED_TRACE(variable);
    Deployment deployment = MakeDeployment();
    deployment.services["api"].environment[variable] = {"x", false};
    EXPECT_FALSE(MakePlan(Target(), deployment, MakeInputs()));
  }
}

TEST(PlanTest, DefectsVariableOnlyForDeploymentsThatHaveDefects) {
  Deployment deployment = MakeDeployment();
  PlanInputs inputs = MakeInputs();
  inputs.defects = "x.A,x.B";
  Result<Plan> plan = MakePlan(Target(), deployment, inputs);
  ASSERT_TRUE(plan);
  EXPECT_FALSE(plan->services[0].environment.contains("READINESS_DEFECTS"));
  deployment.defects_file = "/suites/x/standin/defects.json";
  plan = MakePlan(Target(), deployment, inputs);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->services[0].environment.at("READINESS_DEFECTS"), "x.A,x.B");
  EXPECT_EQ(plan->services[0].environment.at("READINESS_DEFECTS_ACKNOWLEDGE"), "/run/abc/defects-api.json");
  inputs.defects.clear();
  plan = MakePlan(Target(), deployment, inputs);
  ASSERT_TRUE(plan);
  EXPECT_FALSE(plan->services[0].environment.contains("READINESS_DEFECTS"));
  EXPECT_TRUE(plan->services[0].environment.contains("READINESS_DEFECTS_ACKNOWLEDGE"));
}

TEST(PlanTest, PortsAreForThoseWhoListen) {
  Deployment deployment = MakeDeployment();
  ServiceDeployment quiet;
  WaitCondition log;
  log.log = WaitCondition::LogLine{"ready"};
  quiet.ready = {log};
  ServiceDeployment fixed = quiet;
  fixed.port = 4000;
  ServiceDeployment asks = quiet;
  asks.environment["UPSTREAM"] = {"${url.referred}", false};
  asks.environment["USERS"] = {"${public_url.shown}", false};
  deployment.services["quiet"] = quiet;
  deployment.services["fixed"] = fixed;
  deployment.services["asks"] = asks;
  deployment.services["referred"] = quiet;
  deployment.services["shown"] = quiet;
  EXPECT_THAT(ServicesWithPort(deployment), UnorderedElementsAre("api", "fixed", "referred", "shown"));
}

TEST(PlanTest, SecretsAreResolved) {
  Deployment deployment;
  deployment.secrets = {{"plain", "value"}, {"fresh", "generated:16"}, {"shell", "${env.API_KEY}!"}};
  const auto first = ResolveSecrets(deployment, Environment);
  const auto second = ResolveSecrets(deployment, Environment);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->at("plain"), "value");
  EXPECT_EQ(first->at("shell"), "key-of-the-shell!");
  EXPECT_EQ(first->at("fresh").size(), 32U);
  EXPECT_NE(first->at("fresh"), second->at("fresh"));
  for (const std::string wrong : {"generated:", "generated:0", "generated:x", "generated:16x", "generated:99999",
                                  "${env.NOT_SET}", "${port.api}"}) {
    SCOPED_TRACE(wrong);
    deployment.secrets = {{"x", wrong}};
    EXPECT_FALSE(ResolveSecrets(deployment, Environment));
  }
}

}  // namespace
}  // namespace readiness
