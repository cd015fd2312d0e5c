// Plans of the engines compose and external: the two sides of every address, and what is handed to containers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "containers/compose_project.h"
#include "lifecycle/plan.h"

namespace readiness {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using Variables = std::map<std::string, std::string>;

std::optional<std::string> Environment(const std::string& name) {
  const Variables variables{{"PATH", "/bin"}, {"API_URL", "https://staging.example.com/base/"}, {"BAD", "nonsense"}};
  const auto found = variables.find(name);
  return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
}

Deployment InContainers() {
  Deployment deployment;
  deployment.id = "containers";
  deployment.file = "/suites/x/deployments/containers.json";
  deployment.engine = EngineKind::kCompose;
  deployment.compose.files = {"/suites/x/deployments/compose.yaml"};
  deployment.stores = {{"main", "postgresql"}};
  deployment.data_providers["whoop"] = {std::nullopt, {"api.example.com"}, "client", "${secret.client}"};
  deployment.language_models["llm"] = {std::nullopt, {"api.openai.example"}, "${secret.client}", "a reply"};
  ServiceDeployment service;
  service.container_port = 8000;
  WaitCondition open;
  open.port_open = true;
  service.ready = {open};
  deployment.services["api"] = service;
  service.container_port = 0;
  WaitCondition line;
  line.log = WaitCondition::LogLine{"working"};
  service.ready = {line};
  deployment.services["worker"] = service;
  deployment.service_order = {"api", "worker"};
  return deployment;
}

PlanInputs Inputs() {
  PlanInputs inputs;
  inputs.run_id = "abc";
  inputs.run_directory = "/run/abc";
  inputs.tool_directory = "/opt/bin";
  inputs.secrets = {{"key", "s3cret-key"}, {"client", "s3cret-client"}};
  inputs.service_ports = {{"api", 2001}};
  inputs.double_ports = {{"whoop", 2002}, {"llm", 2004}};
  inputs.store_urls = {{"main", "postgresql://readiness:pass-w0rd@127.0.0.1:2003/main"}};
  inputs.inside_store_urls = {{"main", "postgresql://readiness:in-pass-w0rd@postgresql:5432/main"}};
  inputs.images = {{"standin", "readiness-standin:1"}};
  inputs.double_images = {{"readiness-double-data-provider", "provider:1"},
                          {"readiness-double-language-model", "model:1"}};
  inputs.containers = {{"/usr/bin/docker"}, {{"PATH", "/bin"}, {"HOME", "/root"}}};
  inputs.user = "1000:100";
  inputs.environment = Environment;
  return inputs;
}

/// What `text` is in the environment of the service api.
std::string InService(const std::string& text, const PlanInputs& inputs = Inputs()) {
  Deployment deployment = InContainers();
  deployment.services["api"].environment["X"] = {text, false};
  const Result<Plan> plan = MakePlan(Target(), deployment, inputs);
  return plan ? plan->services.at(0).environment.at("X") : plan.error().Brief();
}

TEST(ContainerPlanTest, ServicesSeeTheirOwnSide) {
  const struct {
    std::string text;
    std::string filled;
  } cases[] = {
      {"${port.api}", "8000"},
      {"${url.api}/x", "http://api:8000/x"},
      {"${public_url.api}/x", "http://127.0.0.1:2001/x"},
      {"${store.main.url}", "postgresql://readiness:in-pass-w0rd@postgresql:5432/main"},
      {"${double.whoop.url}", "http://double-whoop:8080"},
      {"${double.whoop.proxy}", "http://double-whoop:8080"},
      {"${double.whoop.ca_file}", "/run/readiness/whoop-ca/ca.pem"},
      {"${double.llm.url}", "http://double-llm:8080/channels/run/v1"},
      {"${double.llm.proxy}", "http://run@double-llm:8080"},
      {"${secret.key}", "s3cret-key"},
  };
  for (const auto& test : cases) EXPECT_EQ(InService(test.text), test.filled) << test.text;
  EXPECT_THAT(InService("${run.directory}"), HasSubstr("unknown placeholder ${run.directory}"));
  EXPECT_THAT(InService("${tool.directory}"), HasSubstr("unknown placeholder ${tool.directory}"));
}

TEST(ContainerPlanTest, InstancesAreReachedByTheirOwnName) {
  PlanInputs inputs = Inputs();
  inputs.instance = "instance-3-api";
  inputs.instance_of = "api";
  inputs.service_ports["api"] = 2006;
  EXPECT_EQ(InService("${url.api}", inputs), "http://instance-3-api:8000");
  EXPECT_EQ(InService("${public_url.api}", inputs), "http://127.0.0.1:2006");
  EXPECT_EQ(InService("${double.llm.url}", inputs), "http://double-llm:8080/channels/instance-3-api/v1");
  Deployment deployment = InContainers();
  deployment.defects_file = "/suites/x/standin/defects.json";
  const Result<Plan> plan = MakePlan(Target(), deployment, inputs);
  ASSERT_TRUE(plan) << plan.error().Brief();
  const ServiceSpec& spec = plan->services.at(0);
  EXPECT_EQ(spec.name, "instance-3-api");
  EXPECT_EQ(spec.container->base, "api");
  EXPECT_EQ(spec.url, "http://127.0.0.1:2006");
  EXPECT_EQ(plan->acknowledgements.at("api"), "/run/abc/defects-instance-3-api/acknowledged.json");
  EXPECT_THAT(plan->folders, Contains("/run/abc/defects-instance-3-api"));
}

std::vector<std::string> Mounts(const ContainerSpec& container) {
  std::vector<std::string> mounts;
  for (const ContainerSpec::Mount& mount : container.mounts)
    mounts.push_back(mount.source + ":" + mount.target + (mount.read_only ? ":ro" : ""));
  return mounts;
}

TEST(ContainerPlanTest, ServicesAreContainersOfTheComposeFiles) {
  Deployment deployment = InContainers();
  deployment.defects_file = "/suites/x/standin/defects.json";
  deployment.services["api"].environment = {{"KEY", {"${secret.key}-x", true}}};
  PlanInputs inputs = Inputs();
  inputs.defects = "x.A";
  const Result<Plan> plan = MakePlan(Target(), deployment, inputs);
  ASSERT_TRUE(plan) << plan.error().Brief();
  ASSERT_EQ(plan->services.size(), 2u);
  const ServiceSpec& api = plan->services[0];
  const Variables environment{{"KEY", "s3cret-key-x"},
                              {"READINESS_DEFECTS", "x.A"},
                              {"READINESS_DEFECTS_ACKNOWLEDGE", "/run/readiness/defects/acknowledged.json"}};
  EXPECT_EQ(api.environment, environment) << "a container has an environment of its own";
  EXPECT_THAT(api.command, IsEmpty());
  EXPECT_EQ(api.working_directory, "");
  EXPECT_EQ(api.url, "http://127.0.0.1:2001");
  EXPECT_EQ(api.log_file, "/run/abc/api.log");
  EXPECT_EQ(api.container->base, "api");
  EXPECT_EQ(api.container->image, "");
  EXPECT_EQ(api.container->port, 8000);
  EXPECT_THAT(Mounts(*api.container), UnorderedElementsAre("/run/abc/double-whoop-ca:/run/readiness/whoop-ca:ro",
                                                           "/run/abc/double-llm-ca:/run/readiness/llm-ca:ro",
                                                           "/run/abc/defects-api:/run/readiness/defects"));
  const ServiceSpec& worker = plan->services[1];
  EXPECT_EQ(worker.url, "");
  EXPECT_EQ(worker.container->port, 0);
  EXPECT_EQ(plan->acknowledgements.at("api"), "/run/abc/defects-api/acknowledged.json");
  EXPECT_THAT(plan->folders,
              UnorderedElementsAre("/run/abc/double-whoop-ca", "/run/abc/double-whoop.d", "/run/abc/double-llm-ca",
                                   "/run/abc/double-llm.d", "/run/abc/defects-api", "/run/abc/defects-worker"));
}

TEST(ContainerPlanTest, TheSessionHoldsThisMachinesSide) {
  const Result<Plan> plan = MakePlan(Target(), InContainers(), Inputs());
  ASSERT_TRUE(plan) << plan.error().Brief();
  const Session& session = plan->session;
  EXPECT_EQ(session.engine, "compose");
  EXPECT_EQ(session.services.at("api").url, "http://127.0.0.1:2001");
  EXPECT_EQ(session.stores.at("main"), "postgresql://readiness:pass-w0rd@127.0.0.1:2003/main");
  EXPECT_EQ(session.data_providers.at("whoop").admin_socket, "/run/abc/double-whoop.d/sock");
  EXPECT_THAT(session.secrets, Contains("pass-w0rd"));
  EXPECT_THAT(session.secrets, Contains("in-pass-w0rd"));
  EXPECT_EQ(session.allowed, Reach::kWholeTarget);
}

TEST(ContainerPlanTest, DoublesAreContainersOfTheirOwn) {
  const Result<Plan> plan = MakePlan(Target(), InContainers(), Inputs());
  ASSERT_TRUE(plan) << plan.error().Brief();
  ASSERT_EQ(plan->doubles.size(), 2u);
  const ServiceSpec& spec = plan->doubles[0];
  EXPECT_EQ(spec.name, "double-whoop");
  EXPECT_THAT(spec.command, ElementsAre("/readiness-double-data-provider", "--config", "/run/readiness/config.json"));
  EXPECT_THAT(spec.environment, IsEmpty());
  EXPECT_EQ(spec.url, "http://127.0.0.1:2002");
  EXPECT_EQ(spec.container->image, "provider:1");
  EXPECT_EQ(spec.container->base, "");
  EXPECT_EQ(spec.container->port, 8080);
  EXPECT_EQ(spec.container->user, "1000:100");
  EXPECT_THAT(spec.container->aliases, ElementsAre("api.example.com"));
  EXPECT_THAT(Mounts(*spec.container), ElementsAre("/run/abc/double-whoop.json:/run/readiness/config.json:ro",
                                                   "/run/abc/double-whoop-ca:/run/readiness/ca",
                                                   "/run/abc/double-whoop.d:/run/readiness/admin"));
  EXPECT_EQ(plan->doubles[1].container->image, "model:1");
  EXPECT_EQ(plan->files.at(0).file, "/run/abc/double-whoop.json");
  const Json expected{{"listen", "0.0.0.0"},
                      {"port", 8080},
                      {"tls_port", 443},
                      {"names", {"double-whoop"}},
                      {"admin_socket", "/run/readiness/admin/sock"},
                      {"hosts", {"api.example.com"}},
                      {"client_id", "client"},
                      {"client_secret", "s3cret-client"},
                      {"ca_directory", "/run/readiness/ca"}};
  EXPECT_EQ(Json::parse(plan->files.at(0).contents), expected);
}

TEST(ContainerPlanTest, ComposeFilesGetTheirVariables) {
  Deployment deployment = InContainers();
  deployment.compose.environment = {{"IMAGE", {"${image.standin}", false}},
                                    {"TREE", {"${deployment.directory}/tree", false}},
                                    {"DB", {"${store.main.url}", false}},
                                    {"KEY", {"${secret.key}!", true}}};
  const Result<Plan> plan = MakePlan(Target(), deployment, Inputs());
  ASSERT_TRUE(plan) << plan.error().Brief();
  EXPECT_THAT(plan->compose.files, ElementsAre("/suites/x/deployments/compose.yaml"));
  EXPECT_THAT(plan->compose.environment,
              UnorderedElementsAre(Pair("IMAGE", "readiness-standin:1"), Pair("TREE", "/suites/x/deployments/tree"),
                                   Pair("DB", "postgresql://readiness:in-pass-w0rd@postgresql:5432/main"),
                                   Pair("KEY", "s3cret-key!")));
  EXPECT_THAT(plan->session.secrets, Contains("s3cret-key!"));
}

TEST(ContainerPlanTest, CommandsRunInTheContainerOfTheirService) {
  Deployment deployment = InContainers();
  CommandDeployment command;
  command.service = "api";
  command.command = {"/shop", "price", "${url.api}"};
  command.working_directory = "/srv";
  command.environment = {{"KEY", {"${secret.key}", true}}, {"PATH", {"/usr/bin", false}}};
  deployment.commands["price"] = command;
  PlanInputs inputs = Inputs();
  inputs.defects = "x.A";
  Result<Plan> plan = MakePlan(Target(), deployment, inputs);
  ASSERT_TRUE(plan) << plan.error().Brief();
  const CommandSpec& spec = plan->session.commands.at("price");
  EXPECT_THAT(spec.command, ElementsAre("/usr/bin/docker", "exec", "--interactive", "--workdir", "/srv", "--env", "KEY",
                                        "--env", "PATH=/usr/bin", "--env", "READINESS_DEFECTS",
                                        ContainerName("abc", "api"), "/shop", "price", "http://api:8000"));
  const Variables environment{{"PATH", "/bin"}, {"HOME", "/root"}, {"KEY", "s3cret-key"}, {"READINESS_DEFECTS", "x.A"}};
  EXPECT_EQ(spec.environment, environment);
  EXPECT_EQ(spec.working_directory, "/run/abc");

  deployment.commands["price"].environment = {{"DOCKER_HOST", {"${secret.key}", true}}};
  plan = MakePlan(Target(), deployment, inputs);
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().what, HasSubstr("cannot be called DOCKER_HOST"));
}

TEST(ContainerPlanTest, CommandsOfThisMachineSeeItsSide) {
  Deployment deployment = InContainers();
  deployment.commands["price"].command = {"${tool.directory}/price", "${url.api}", "${store.main.url}",
                                          "${run.directory}"};
  const Result<Plan> plan = MakePlan(Target(), deployment, Inputs());
  ASSERT_TRUE(plan) << plan.error().Brief();
  EXPECT_THAT(plan->session.commands.at("price").command,
              ElementsAre("/opt/bin/price", "http://127.0.0.1:2001",
                          "postgresql://readiness:pass-w0rd@127.0.0.1:2003/main", "/run/abc"));
}

TEST(ContainerPlanTest, PortsAreForThoseWhoListen) {
  EXPECT_THAT(ServicesWithPort(InContainers()), UnorderedElementsAre("api"));
  EXPECT_THAT(DoublePrograms(InContainers()),
              UnorderedElementsAre("readiness-double-data-provider", "readiness-double-language-model"));
}

TEST(ContainerPlanTest, InstancesMustNotShareWhatIsTheirOwn) {
  Deployment deployment = InContainers();
  EXPECT_TRUE(CheckInstance(deployment, "api", true));
  EXPECT_EQ(CheckInstance(deployment, "apy", true).error().kind, ErrorKind::kNotAvailable);
  deployment.compose.environment = {{"DB", {"${store.main.url}", false}}};
  EXPECT_TRUE(CheckInstance(deployment, "api", false));
  const Result<void> shared = CheckInstance(deployment, "api", true);
  ASSERT_FALSE(shared);
  EXPECT_EQ(shared.error().kind, ErrorKind::kNotAvailable);
  EXPECT_THAT(shared.error().expected, HasSubstr("${store.main.url}"));
  deployment.services["api"].environment = {{"DATABASE_URL", {"${store.main.url}", false}}};
  EXPECT_TRUE(CheckInstance(deployment, "api", true));
  deployment.compose.environment = {{"LLM", {"${double.llm.proxy}", false}}};
  EXPECT_FALSE(CheckInstance(deployment, "api", false));
}

// ---- external -----------------------------------------------------------------------------------------------------

Deployment External() {
  Deployment deployment;
  deployment.id = "staging";
  deployment.file = "/suites/x/deployments/staging.json";
  deployment.engine = EngineKind::kExternal;
  deployment.allowed = Reach::kOwnData;
  deployment.allowed_place = {deployment.file, 3, 4};
  deployment.data_providers["whoop"] = {8100, {}, "client", "${secret.client}"};
  deployment.services["api"].url = "${env.API_URL}";
  WaitCondition open;
  open.port_open = true;
  deployment.services["api"].ready = {open};
  deployment.service_order = {"api"};
  deployment.allowed_hosts = {"cdn.example.com"};
  deployment.commands["price"].command = {"price", "${url.api}", "${public_url.api}"};
  return deployment;
}

TEST(ExternalPlanTest, ServicesAreWhereTheyAre) {
  PlanInputs inputs = Inputs();
  inputs.service_ports.clear();
  inputs.double_ports = {{"whoop", 8100}};
  const Result<Plan> plan = MakePlan(Target(), External(), inputs);
  ASSERT_TRUE(plan) << plan.error().Brief();
  ASSERT_EQ(plan->services.size(), 1u);
  EXPECT_EQ(plan->services[0].url, "https://staging.example.com/base");
  EXPECT_THAT(plan->services[0].command, IsEmpty());
  EXPECT_FALSE(plan->services[0].container);
  const Session& session = plan->session;
  EXPECT_EQ(session.engine, "external");
  EXPECT_EQ(session.services.at("api").url, "https://staging.example.com/base");
  EXPECT_EQ(session.services.at("api").log_file, "") << "nobody keeps a log";
  EXPECT_THAT(session.allowed_hosts, ElementsAre("cdn.example.com", "staging.example.com"));
  EXPECT_EQ(session.allowed, Reach::kOwnData);
  EXPECT_EQ(session.allowed_place.line, 3);
  EXPECT_THAT(session.commands.at("price").command,
              ElementsAre("price", "https://staging.example.com/base", "https://staging.example.com/base"));
  ASSERT_EQ(plan->doubles.size(), 1u);
  EXPECT_EQ(plan->doubles[0].url, "http://127.0.0.1:8100");
  EXPECT_FALSE(plan->doubles[0].container);
  EXPECT_THAT(ServicesWithPort(External()), IsEmpty());
}

TEST(ExternalPlanTest, WhatIsNoUrlIsAnError) {
  Deployment deployment = External();
  PlanInputs inputs = Inputs();
  inputs.service_ports.clear();
  for (const char* variable : {"BAD", "NOT_SET"}) {
    deployment.services["api"].url = std::string("${env.") + variable + "}";
    const Result<Plan> plan = MakePlan(Target(), deployment, inputs);
    ASSERT_FALSE(plan) << variable;
    EXPECT_EQ(plan.error().place->file, deployment.file);
    EXPECT_THAT(RenderError(plan.error()), HasSubstr("services.api.url"));
  }
}

}  // namespace
}  // namespace readiness
