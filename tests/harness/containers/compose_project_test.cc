// The compose project of a run as text: no engine is asked.
#include "containers/compose_project.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "containers/container_cli.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kRun = "0123abcd";

// As docker-compose 1.29 prints it: short forms, `version`, booleans and numbers of its own.
constexpr const char* kOldConfig = R"(networks:
  back: {}
  fixed:
    ipam:
      config:
      - subnet: 172.28.0.0/16
    name: company-net
services:
  api:
    build:
      context: /src/api
    command:
    - serve
    - '8000'
    container_name: company-api
    depends_on:
      db:
        condition: service_healthy
    deploy:
      replicas: 2
      resources:
        limits:
          memory: 128M
      restart_policy:
        condition: any
    environment:
      CACHE: null
      COUNT: 10
      DEBUG: 'true'
      PRICE: 5$$
    image: company/api:latest
    networks:
      back:
        aliases:
        - server
      default: {}
      fixed:
        ipv4_address: 172.28.0.10
    ports:
    - published: 8000
      target: 8000
    - 127.0.0.1:9000:9000/udp
    profiles:
    - full
    restart: always
    scale: 3
    secrets:
    - source: key
    volumes:
    - /src/data:/data:ro
    - cache:/cache:rw
    - /anonymous
  db:
    depends_on:
      init:
        condition: service_completed_successfully
    healthcheck:
      interval: 3s
      test:
      - CMD
      - check
    image: db:1
    volumes:
    - db-data:/var/lib/db:rw
  init:
    image: init:1
    links:
    - base:first
  base:
    image: base:1
  unrelated:
    image: other:1
    network_mode: host
    privileged: true
secrets:
  key:
    file: /src/key
version: '3.9'
volumes:
  cache:
    name: company-cache
  db-data: {}
  unused:
    external: true
)";

// The same kinds of things as Compose v2 prints them: long forms everywhere, the project's name.
constexpr const char* kNewConfig = R"(name: company
services:
  api:
    command: ["serve", "8000"]
    depends_on:
      db: {condition: service_started, required: true, restart: true}
    entrypoint: null
    environment: {DEBUG: "true", PRICE: 5$$}
    image: company/api:latest
    networks: {default: null}
    ports:
      - {mode: ingress, target: 8000, published: "8000", protocol: tcp}
    volumes:
      - {type: bind, source: /src/data, target: /data, read_only: true, bind: {create_host_path: true}}
      - {type: volume, source: cache, target: /cache, volume: {}}
  db:
    image: db:1
    networks: {default: {aliases: [database]}}
networks:
  default: {name: company_default}
volumes:
  cache: {name: company_cache}
)";

Json Parse(const std::string& yaml) {
  const Result<Json> parsed = ParseComposeConfig(yaml);
  EXPECT_TRUE(parsed) << RenderError(parsed.error());
  return parsed.value_or(Json::object());
}

ServiceSpec Based(const std::string& name, const std::string& base, int port = 8000) {
  ServiceSpec spec;
  spec.name = name;
  spec.container.emplace();
  spec.container->base = base;
  spec.container->port = port;
  if (port != 0) spec.url = "http://127.0.0.1:20123";
  return spec;
}

ServiceSpec Own(const std::string& name) {
  ServiceSpec spec;
  spec.name = name;
  spec.container.emplace();
  spec.container->image = "readiness-double:1";
  return spec;
}

Json Make(const Json& sources, const std::vector<ServiceSpec>& specs) {
  const Result<Json> project = MakeComposeProject(kRun, sources, specs);
  EXPECT_TRUE(project) << RenderError(project.error());
  return project.value_or(Json::object());
}

std::string Refusal(const std::string& yaml, const std::vector<ServiceSpec>& specs) {
  const Result<Json> project = MakeComposeProject(kRun, Parse(yaml), specs);
  EXPECT_FALSE(project) << yaml;
  if (project) return {};
  EXPECT_EQ(project.error().kind, ErrorKind::kDefinition);
  return RenderError(project.error());
}

TEST(ComposeConfig, ScalarsKeepTheirTypes) {
  const Json config = Parse(R"(services: {a: {image: x, t: true, q: 'true', n: -12, big: 123456789012345678901, f: 0.5,
    o: 0755, v: 1.2.3, e: ~, w: yes, l: [1, "1"]}})");
  EXPECT_EQ(config["services"]["a"], Json::parse(R"({"image": "x", "t": true, "q": "true", "n": -12,
    "big": "123456789012345678901", "f": 0.5, "o": "0755", "v": "1.2.3", "e": null, "w": "yes", "l": [1, "1"]})"));
}

TEST(ComposeConfig, WhatIsNoneIsSaid) {
  const struct {
    std::string yaml;
    ErrorKind kind;
    std::string expected;
  } cases[] = {
      {"", ErrorKind::kDefinition, "hold no services"},
      {"[]", ErrorKind::kDefinition, "hold no services"},
      {"services: []", ErrorKind::kDefinition, "hold no services"},
      {"services: {api: }", ErrorKind::kDefinition, "service api of the compose files says nothing"},
      {"services: {api: [1}", ErrorKind::kDefinition, "not YAML"},
      {"services: {a: {}}\n---\nservices: {b: {}}", ErrorKind::kDefinition, "hold no services"},
      {"services: {a: {image: x, image: y}}", ErrorKind::kDefinition, "twice"},
      {std::string("services: {a: {image: \"x\0\"}}", 29), ErrorKind::kDefinition, "NUL"},
      {"services: " + std::string(3'000'000, ' ') + "{}", ErrorKind::kLimit, "too large"},
      {"services: {a: " + std::string(500, '[') + std::string(500, ']') + "}", ErrorKind::kLimit, "nested"},
  };
  for (const auto& one : cases) {
    const Result<Json> parsed = ParseComposeConfig(one.yaml);
    ASSERT_FALSE(parsed) << one.yaml.substr(0, 100);
    EXPECT_EQ(parsed.error().kind, one.kind);
    EXPECT_THAT(RenderError(parsed.error()), HasSubstr(one.expected));
  }
}

TEST(ComposeConfig, AliasesThatMultiplyAreBounded) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 12; ++level) {
    bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [";
    for (int i = 0; i < 10; ++i) bomb += (i == 0 ? "*a" : ", *a") + std::to_string(level - 1);
    bomb += "]\n";
  }
  EXPECT_EQ(ParseComposeConfig(bomb + "services: {}\n").error().kind, ErrorKind::kLimit);
}

TEST(ComposeProject, IsFitToRunBesideOthers) {
  const Json project = Make(Parse(kOldConfig), {Based("api", "api")});
  const Json& api = project["services"]["api"];
  for (const char* key : {"restart", "profiles", "scale"}) EXPECT_FALSE(api.contains(key)) << key;
  EXPECT_EQ(api["container_name"], "readiness-0123abcd-api");
  EXPECT_EQ(api["ports"], Json({"127.0.0.1:20123:8000"}));
  EXPECT_EQ(api["deploy"], Json::parse(R"({"resources": {"limits": {"memory": "128M"}}})"));
  EXPECT_EQ(api["environment"], Json::parse(R"({"COUNT": "10", "DEBUG": "true", "PRICE": "5$$"})"));
  EXPECT_EQ(api["networks"], Json::parse(R"({"back": {"aliases": ["server"]}, "fixed": {}, "readiness": {}})"));
  EXPECT_EQ(api["volumes"], Json({"/src/data:/data:ro", "cache:/cache:rw", "/anonymous"}));
  EXPECT_EQ(api["image"], "readiness-0123abcd:api") << "a build does not replace somebody's image";
  EXPECT_EQ(api["build"], Json::parse(R"({"context": "/src/api", "labels": {"readiness.run": "0123abcd"}})"));
  EXPECT_EQ(api["logging"]["driver"], "json-file");
  EXPECT_EQ(api["depends_on"]["db"]["condition"], "service_healthy");
  EXPECT_FALSE(project.contains("version"));
  EXPECT_FALSE(project["services"].contains("unrelated")) << "and it is not judged";
  EXPECT_TRUE(project["services"].contains("base")) << "through db and init";
  EXPECT_TRUE(project["services"]["db"].contains("healthcheck"));
  EXPECT_EQ(project["secrets"], Json::parse(R"({"key": {"file": "/src/key"}})"));
  EXPECT_FALSE(project["volumes"].contains("unused"));
  EXPECT_FALSE(project["networks"]["fixed"].contains("ipam"));
  for (const char* kind : {"services", "networks", "volumes"}) {
    for (const auto& [name, one] : project[kind].items()) {
      EXPECT_EQ(one["labels"][kContainerLabel], kRun) << kind << " " << name;
      EXPECT_FALSE(one.contains("name")) << kind << " " << name;
    }
  }
}

TEST(ComposeProject, TakesTheFormsOfComposeV2) {
  const Json project = Make(Parse(kNewConfig), {Based("api", "api")});
  const Json& api = project["services"]["api"];
  EXPECT_EQ(api["networks"], Json::parse(R"({"readiness": {}})"));
  EXPECT_EQ(api["ports"], Json({"127.0.0.1:20123:8000"}));
  EXPECT_EQ(api["volumes"].size(), 2u);
  EXPECT_FALSE(api.contains("entrypoint"));
  EXPECT_EQ(project["services"]["db"]["networks"], Json::parse(R"({"readiness": {"aliases": ["database"]}})"));
  EXPECT_EQ(project["volumes"], Json::parse(R"({"cache": {"labels": {"readiness.run": "0123abcd"}}})"));
  EXPECT_FALSE(project["networks"].contains("default"));
  EXPECT_FALSE(project.contains("name"));
}

TEST(ComposeProject, OldFormsOfListsAreTaken) {
  const Json project = Make(Parse(R"(services:
  api: {image: x, depends_on: [db], environment: ["A=1=2", "B", "C="], labels: ["a=b", "readiness.run=forged"],
        networks: [front], build: /src}
  db: {image: y}
networks: {front: })"),
                            {Based("api", "api")});
  const Json& api = project["services"]["api"];
  EXPECT_EQ(api["environment"], Json::parse(R"({"A": "1=2", "C": ""})"));
  EXPECT_EQ(api["labels"], Json::parse(R"({"a": "b", "readiness.run": "0123abcd"})"));
  EXPECT_EQ(api["networks"], Json::parse(R"({"front": {}, "readiness": {}})"));
  EXPECT_EQ(api["build"]["context"], "/src");
  EXPECT_TRUE(project["services"].contains("db"));
}

TEST(ComposeProject, SpecsAreLaidOver) {
  ServiceSpec api = Based("api", "api");
  api.environment = {{"DEBUG", "no"}, {"PASSWORD", "a$b${C}"}};
  api.container->aliases = {"api.example.com"};
  api.container->mounts = {{"/run/x", "/run/readiness/x", true}, {"/run/y", "/ack", false}};
  ServiceSpec own = Own("whoop");
  own.command = {"/double", "--config", "$x"};
  own.container->user = "1:2";
  own.container->aliases = {"api.whoop.com"};
  own.url = "http://127.0.0.1:20124";
  own.container->port = 8080;
  const Json project = Make(Parse(kNewConfig), {own, api});
  const Json& over = project["services"]["api"];
  EXPECT_EQ(over["environment"], Json::parse(R"({"DEBUG": "no", "PRICE": "5$$", "PASSWORD": "a$$b$${C}"})"));
  EXPECT_EQ(over["command"], Json({"serve", "8000"}));
  EXPECT_EQ(over["networks"]["readiness"]["aliases"], Json({"api.example.com"}));
  ASSERT_EQ(over["volumes"].size(), 4u);
  EXPECT_EQ(over["volumes"][3], Json::parse(R"({"type": "bind", "source": "/run/y", "target": "/ack",
                                                "read_only": false})"));
  const Json& whoop = project["services"]["whoop"];
  EXPECT_EQ(whoop["image"], "readiness-double:1");
  EXPECT_EQ(whoop["entrypoint"], Json({"/double", "--config", "$$x"}));
  EXPECT_EQ(whoop["user"], "1:2");
  EXPECT_EQ(whoop["networks"], Json::parse(R"({"readiness": {"aliases": ["api.whoop.com"]}})"));
  EXPECT_EQ(whoop["ports"], Json({"127.0.0.1:20124:8080"}));
}

TEST(ComposeProject, InstancesAreCopiesOfTheirBase) {
  ServiceSpec instance = Based("instance-1-api", "api");
  instance.url = "http://127.0.0.1:20999";
  const Json project = Make(Parse(kOldConfig), {Based("api", "api"), instance});
  const Json& copy = project["services"]["instance-1-api"];
  EXPECT_EQ(copy["container_name"], "readiness-0123abcd-instance-1-api");
  EXPECT_EQ(copy["ports"], Json({"127.0.0.1:20999:8000"}));
  EXPECT_EQ(copy["image"], "readiness-0123abcd:api");
  EXPECT_EQ(copy["depends_on"], project["services"]["api"]["depends_on"]);
  EXPECT_FALSE(copy["networks"]["fixed"].contains("ipv4_address"));
}

TEST(ComposeProject, WithoutSourcesOnlyOurOwn) {
  const Json project = Make(nullptr, {Own("whoop")});
  EXPECT_EQ(project["services"].size(), 1u);
  EXPECT_EQ(project["networks"], Json::parse(R"({"readiness": {"labels": {"readiness.run": "0123abcd"}}})"));
}

TEST(ComposeProject, RefusesByName) {
  const struct {
    std::string service;  // what service api says beside its image
    std::string expected;
  } cases[] = {
      {"network_mode: host", "shares a namespace of this machine"},
      {"pid: host", "no \"pid: host\""},
      {"ipc: host", "no \"ipc: host\""},
      {"uts: host", "no \"uts: host\""},
      {"userns_mode: host", "no \"userns_mode: host\""},
      {"cgroup: host", "no \"cgroup: host\""},
      {"network_mode: 'container:mysql'", "somebody else's container"},
      {"ipc: 'container:mysql'", "somebody else's container"},
      {"network_mode: company", "uses a network of others"},
      {"network_mode: 'service:db'", "has no network of its own"},
      {"network_mode: none", "has no network of its own"},
      {"privileged: true", "is privileged"},
      {"provider: {type: x}", "is no container"},
      {"volumes_from: ['container:x:ro']", "somebody else's container"},
      {"external_links: ['redis:cache']", "somebody else's container"},
      {"volumes: ['/var/run/docker.sock:/var/run/docker.sock:rw']", "the container engine's socket"},
      {"volumes: [{type: bind, source: /var/run/../run/docker.sock, target: /d}]", "the container engine's socket"},
      {"volumes: ['/home/me/.docker/run/docker.sock:/x']", "the container engine's socket"},
      {"volumes: ['/run/:/host-run']", "the container engine's socket"},
      {"volumes: ['/:/host:ro']", "the container engine's socket"},
      {"volumes: ['theirs:/x']", "volume theirs is external"},
      {"networks: [theirs]", "network theirs is external"},
      {"networks: [theirs-old]", "network theirs-old is external"},
      {"networks: [lan]", "network lan is no bridge"},
      {"networks: [readiness]", "the harness' own"},
      {"secrets: [theirs]", "secret theirs is external"},
      {"configs: [{source: theirs}]", "config theirs is external"},
      {"build: {context: /x, privileged: true}", "is built with privileges"},
      {"depends_on: [gone]", "no service gone"},
      {"networks: {fixed: {ipv4_address: 172.28.0.10}}, environment: {PEER: 'http://172.28.0.10:80'}",
       "a fixed address is told"},
  };
  for (const auto& one : cases) {
    const std::string yaml = "services:\n  api: {image: x, " + one.service +
                             "}\n  db: {image: y}\n"
                             "volumes: {theirs: {external: true, name: x}}\n"
                             "networks: {theirs: {external: true}, theirs-old: {external: {name: x}}, readiness: {},\n"
                             "  lan: {driver: macvlan}, fixed: {ipam: {config: [{subnet: 172.28.0.0/16}]}}}\n"
                             "secrets: {theirs: {external: true}}\nconfigs: {theirs: {external: true}}\n";
    EXPECT_THAT(Refusal(yaml, {Based("api", "api")}), HasSubstr(one.expected)) << one.service;
  }
}

TEST(ComposeProject, RefusalsReachWhatIsDependedOn) {
  EXPECT_THAT(
      Refusal("services: {api: {image: x, depends_on: [db]}, db: {image: y, pid: host}}", {Based("api", "api")}),
      HasSubstr("service db"));
}

TEST(ComposeProject, SharedNetworksAreLeftAsTheyAre) {
  const Json project = Make(Parse("services: {api: {image: x, depends_on: [side]}, side: {image: y, network_mode: "
                                  "'service:api'}}"),
                            {Based("api", "api")});
  EXPECT_EQ(project["services"]["side"]["network_mode"], "service:api");
  EXPECT_FALSE(project["services"]["side"].contains("networks"));
}

TEST(ComposeProject, AddressesThatNobodyIsToldAreDropped) {
  const Json project = Make(Parse("services: {api: {image: x, environment: {A: 172.28.0.101}, networks: {n: "
                                  "{ipv4_address: 172.28.0.10}}}}\nnetworks: {n: {ipam: {config: [{subnet: "
                                  "172.28.0.0/16, gateway: 172.28.0.1}]}}}"),
                            {Based("api", "api")});
  EXPECT_EQ(project["services"]["api"]["networks"]["n"], Json::object());
}

TEST(ComposeProject, UnknownBasesAndClashesAreSaid) {
  EXPECT_THAT(Refusal(kNewConfig, {Based("ap", "ap")}), HasSubstr("did you mean api?"));
  EXPECT_THAT(Refusal(kNewConfig, {Based("api", "api"), Own("db")}), HasSubstr("both have a service db"));
  ServiceSpec impossible = Based("api", "api");
  impossible.environment = {{"A=B", "c"}};
  EXPECT_THAT(Refusal(kNewConfig, {impossible}), HasSubstr("impossible environment variable"));
  ServiceSpec homeless = Based("api", "api");
  homeless.url.clear();
  EXPECT_FALSE(MakeComposeProject(kRun, Parse(kNewConfig), {homeless}));
}

TEST(ComposeText, IsYamlThatSaysTheSame) {
  const Json project{{"a", "\x7f \xc2\x85 \xc2\x9f \xef\xbf\xbe \xef\xbf\xbf \xf0\x9f\x98\x80 \\u0000 \x01 \xc3\xa4"}};
  const std::string text = ComposeText(project).value();
  EXPECT_EQ(Json::parse(text), project);
  for (const char* raw : {"\x7f", "\xc2\x85", "\xef\xbf\xbe", "\\ud83d"}) EXPECT_THAT(text, Not(HasSubstr(raw)));
  EXPECT_THAT(text, HasSubstr("\xf0\x9f\x98\x80"));
  EXPECT_FALSE(ComposeText(Json{{"a", "\xff"}}));
  EXPECT_FALSE(ComposeText(Json{{"a", Json::array({std::string("\0", 1)})}}));
}

}  // namespace
}  // namespace readiness
