#include <gmock/gmock.h>

#include <cstdlib>

#include "wrong_cases.h"

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

const std::string kSource = READINESS_SOURCE_DIRECTORY;

ProbeTable BundledProbes() {
  ProbeTable probes;
  for (const auto& entry : std::filesystem::directory_iterator(kSource + "/probes")) {
    const std::string file = entry.path().string() + "/probe.json";
    if (!std::filesystem::exists(file)) continue;
    const auto text = ReadFile(file);
    EXPECT_TRUE(text);
    const auto probe = ParseProbe(*text, file);
    EXPECT_TRUE(probe) << Listed(probe);
    if (probe) probes.emplace(probe->id, *probe);
  }
  return probes;
}

TEST(BundledProbes, AllLoad) {
  const ProbeTable probes = BundledProbes();
  EXPECT_TRUE(probes.contains("sync_needs_consent"));
}

ProbeDescription RowsArePrivate() {
  const auto probe = ParseProbe(R"({
    "$schema": "../../harness/schema/probe.schema.json",
    "probe": "rows_are_private", "statement": "Rows are private.", "motivation": "m", "method": ["one", "two"],
    "remediation": "r", "needs": ["store", "logs"], "touches": "own_data", "controls": { "owner_sees": "the owner sees it" },
    "parameters": {
      "identity": { "type": "string", "default": "user", "description": "d" },
      "store": { "type": "string", "default": "main", "description": "d" },
      "refusals": { "type": "status_set", "default": [404, 403], "description": "d" },
      "tables": { "type": "string_list", "required": true, "description": "d" },
      "tries": { "type": "integer", "description": "d" },
      "within_ms": { "type": "duration", "default": 500, "description": "d" }
    }
  })",
                                "probes/rows_are_private/probe.json");
  EXPECT_TRUE(probe) << Listed(probe);
  return probe ? *probe : ProbeDescription{};
}

TEST(GoodProbes, EverythingArrives) {
  const ProbeDescription probe = RowsArePrivate();
  EXPECT_EQ(probe.id, "rows_are_private");
  EXPECT_EQ(probe.method, "one\ntwo");
  EXPECT_THAT(probe.needs, ElementsAre("store", "logs"));
  EXPECT_THAT(probe.controls, ElementsAre(Pair("owner_sees", "the owner sees it")));
  EXPECT_EQ(probe.parameters.at("tables").required, true);
  EXPECT_EQ(probe.parameters.at("tables").type, ParameterType::kStringList);
  EXPECT_EQ(probe.parameters.at("identity").fallback, Json("user"));
  EXPECT_EQ(probe.parameters.at("refusals").fallback, Json({403, 404}));
  EXPECT_EQ(probe.parameters.at("within_ms").type, ParameterType::kDuration);
  EXPECT_EQ(probe.parameters.at("tries").fallback, std::nullopt);
}

TEST(GoodTargets, EverythingArrives) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("target.json", R"({
    "$schema": "../../harness/schema/target.schema.json",
    "target": "shop", "title": "The shop",
    "services": { "api": { "openapi": "/openapi.json" }, "worker": {} },
    "stores": { "main": { "owner_columns": ["user_id"], "owners": { "users": "id" } } },
    "data_providers": ["bank"],
    "language_models": ["llm", "small_llm"],
    "commands": { "price": "tells the price of {item}: {price}" },
    "credential": { "header": "X-Key", "value": "${token}" },
    "identities": { "user": {
      "attributes": { "email": "${unique}@example.com" }, "create": ["register"], "owner": "${user_id}", "token": "${key}"
    } },
    "actions": {
      "register": {
        "description": "creates an account",
        "steps": [{
          "service": "api", "method": "POST", "path": "/users/${email}", "authorised": false, "headers": { "Accept": "*/*" },
          "json": { "email": "${email}", "age": 7, "tags": [] },
          "expect": { "status": [201, 200], "equals": { "/b": true, "/a/0": null } },
          "capture": { "user_id": "/id", "key": "query:k of /url" }
        }]
      },
      "order": {
        "description": "orders",
        "available_if_openapi_has": "/paths/~1orders/post",
        "steps": [
          { "store": "main", "sql": "INSERT INTO carts VALUES ($1) RETURNING id", "parameters": ["${user_id}"], "capture": { "cart": "id" } },
          { "service": "api", "method": "GET", "path": "/", "query": { "z": "1", "a": "${cart}" }, "form": {}, "expect": { "status": [200] } }
        ],
        "refused": { "status": [403, 401] }
      }
    }
  })");
  const auto target = LoadTarget(file);
  ASSERT_TRUE(target) << Listed(target);
  EXPECT_EQ(target->file, file);
  EXPECT_EQ(target->services.at("api").openapi, "/openapi.json");
  EXPECT_THAT(target->stores.at("main").owner_columns, ElementsAre("user_id"));
  EXPECT_EQ(target->stores.at("main").owners.at("users"), "id");
  EXPECT_THAT(target->data_providers, ElementsAre("bank"));
  EXPECT_THAT(target->commands, ElementsAre(Pair("price", "tells the price of {item}: {price}")));
  EXPECT_THAT(target->language_models, ElementsAre("llm", "small_llm"));
  EXPECT_EQ(target->credential_header, "X-Key");
  EXPECT_EQ(target->credential_value, "${token}");
  EXPECT_EQ(target->identities.at("user").token, "${key}");

  const HttpStep& registration = *target->actions.at("register").steps.at(0).http;
  EXPECT_FALSE(registration.authorised);
  EXPECT_EQ(*registration.json, Json::parse(R"({"email": "${email}", "age": 7, "tags": []})"));
  EXPECT_FALSE(registration.form);
  EXPECT_THAT(registration.headers, ElementsAre(Pair("Accept", "*/*")));
  EXPECT_THAT(registration.expect.statuses, ElementsAre(200, 201));
  EXPECT_THAT(registration.expect.equals, ElementsAre(Pair("/b", Json(true)), Pair("/a/0", Json(nullptr))));
  EXPECT_THAT(registration.capture, ElementsAre(Pair("key", "query:k of /url"), Pair("user_id", "/id")));

  const Action& order = target->actions.at("order");
  EXPECT_EQ(order.available_if_openapi_has, "/paths/~1orders/post");
  EXPECT_THAT(order.refused, ElementsAre(401, 403));
  EXPECT_FALSE(order.steps.at(0).http);
  EXPECT_THAT(order.steps.at(0).sql->parameters, ElementsAre("${user_id}"));
  EXPECT_THAT(order.steps.at(0).sql->capture, ElementsAre(Pair("cart", "id")));
  EXPECT_FALSE(order.steps.at(1).sql);
  EXPECT_TRUE(order.steps.at(1).http->authorised);
  EXPECT_THAT(order.steps.at(1).http->query, ElementsAre(Pair("z", "1"), Pair("a", "${cart}")));
  EXPECT_TRUE(order.steps.at(1).http->form);
}

TEST(BundledTargets, AllDeploymentsLoadWithEachVariant) {
  const std::string folder = kSource + "/suites/ai-health";
  const auto target = LoadTarget(folder + "/target.json");
  ASSERT_TRUE(target);
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/deployments")) {
    if (entry.path().extension() != ".json") continue;
    const auto deployment = LoadDeployment(entry.path().string(), "", *target);
    EXPECT_TRUE(deployment) << Listed(deployment);
  }
  const auto standin = LoadDeployment(folder + "/deployments/standin.json", "", *target);
  ASSERT_TRUE(standin) << Listed(standin);
  EXPECT_EQ(standin->defects_file, folder + "/standin/defects.json");
  EXPECT_EQ(standin->token_signing_key, "${secret.jwt_key}");
  const ServiceDeployment& api = standin->services.at("api");
  EXPECT_TRUE(api.environment.at("SECRET_KEY").secret);
  EXPECT_FALSE(api.environment.at("PORT").secret);
  EXPECT_EQ(api.port, std::nullopt);
  EXPECT_THAT(api.ready.at(0).http->statuses, ElementsAre(200));
}

TEST(BundledSuites, AnItemWithoutHashSaysHowToGetIt) {
  const std::string sample = *ReadFile(kSource + "/suites/ai-health/suite.json");
  const TemporaryFolder folder;
  const auto loaded = LoadSuite(folder.Write("suite.json", sample), BundledProbes());
  // Whether the bundled suite carries its hashes yet or not: a missing one is the only thing that may be wrong with it.
  if (loaded) return;
  for (const Error& error : loaded.error()) {
    EXPECT_EQ(error.what, "\"sha256\" is not the SHA-256 of the audit's line");
    EXPECT_EQ(error.fix, "run `readiness validate --audit <file>`, which tells it");
  }
}

TEST(GoodSuites, DefaultsAreFilledIn) {
  const ProbeTable probes = {{"rows_are_private", RowsArePrivate()}};
  const TemporaryFolder folder;
  const std::string file = folder.Write("suite.json", R"({
    "$schema": "../../harness/schema/suite.schema.json",
    "suite": "s", "title": "t", "target": "t", "audit": { "document": "a.md", "verdict": "GO", "items": 2 },
    "severity_weights": { "critical": 10, "high": 5, "low": 1 },
    "items": [
      {
        "id": "C2", "title": "t", "severity": "low", "category": "privacy", "section": "one",
        "source": { "line": 86, "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        "probe": "rows_are_private", "parameters": { "tables": ["health_data"] }
      },
      {
        "id": "C2.b", "title": "t", "severity": "high", "category": "privacy", "section": "one",
        "source": { "document": "b.md", "line": 1, "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        "probe": "rows_are_private", "parameters": { "tables": ["a", "b"], "tries": 3, "identity": "admin" },
        "isolation": "private", "minimum_observations": 3, "timeout_ms": 1, "not_applicable": "because", "narrower_than_audit": "so"
      }
    ]
  })");
  const auto suite = LoadSuite(file, probes);
  ASSERT_TRUE(suite) << Listed(suite);
  EXPECT_THAT(suite->gating_severities, ElementsAre("critical", "high"));
  EXPECT_EQ(suite->audit_items, 2);
  ASSERT_EQ(suite->items.size(), 2u);
  const Item& first = suite->items[0];
  EXPECT_EQ(first.source.document, "a.md");
  EXPECT_EQ(first.isolation, Isolation::kShared);
  EXPECT_EQ(first.minimum_observations, 1);
  EXPECT_EQ(first.timeout, Milliseconds(60'000));
  EXPECT_EQ(first.parameters,
            Json::parse(
                R"({"identity":"user","store":"main","refusals":[403,404],"tables":["health_data"],"within_ms":500})"));
  EXPECT_EQ(first.place, (Place{file, 6, 7}));
  const Item& second = suite->items[1];
  EXPECT_EQ(second.source.document, "b.md");
  EXPECT_EQ(second.isolation, Isolation::kPrivate);
  EXPECT_EQ(second.minimum_observations, 3);
  EXPECT_EQ(second.timeout, Milliseconds(1));
  EXPECT_EQ(second.parameters["identity"], "admin");
  EXPECT_EQ(second.not_applicable, "because");
  EXPECT_EQ(second.narrower_than_audit, "so");
}

TEST(GoodDeployments, LanguageModelsArrive) {
  Target target;
  target.id = "shop";
  target.services["api"] = {};
  target.language_models = {"llm"};
  const TemporaryFolder folder;
  const std::string file = folder.Write("local.json", R"({
    "deployment": "local", "target": "shop", "engine": "process", "secrets": { "llm_key": "generated:16" },
    "language_models": { "llm": { "api_key": "${secret.llm_key}", "hosts": ["api.openai.com"], "reply": "{\"a\": 1}" } },
    "services": { "api": {
      "command": ["a"], "ready": [{ "port_open": true }],
      "environment": { "A": "${double.llm.url}", "B": "${double.llm.proxy}", "C": "${double.llm.ca_file}" }
    } }
  })");
  const auto deployment = LoadDeployment(file, "", target);
  ASSERT_TRUE(deployment) << Listed(deployment);
  const LanguageModelDeployment& model = deployment->language_models.at("llm");
  EXPECT_EQ(model.api_key, "${secret.llm_key}");
  EXPECT_THAT(model.hosts, ElementsAre("api.openai.com"));
  EXPECT_EQ(model.reply, R"({"a": 1})");
}

TEST(GoodDeployments, AVariantAddsAndOverrides) {
  Target target;
  target.id = "shop";
  target.services["api"] = {};
  const TemporaryFolder folder;
  const std::string file = folder.Write("deployments/d.json", R"({
    "deployment": "d", "target": "shop", "engine": "process", "source_tree": "/abs/../tree", "defects": "x.json",
    "services": { "api": {
      "command": ["a", "b"], "environment": { "KEEP": "1", "CHANGE": "1" }, "port": 80,
      "ready": [{ "port_open": true }, { "log": { "pattern": "up" } }]
    } },
    "variants": {
      "v": { "services": { "api": { "environment": { "CHANGE": { "secret": "2" }, "ADD": "3" } } } },
      "w": { "services": { "api": { "command": ["c"] } } },
      "x": { "services": { "api": { "environment": { "CHANGE": null } } } }
    }
  })");
  const auto plain = LoadDeployment(file, "", target);
  ASSERT_TRUE(plain) << Listed(plain);
  EXPECT_EQ(plain->services.at("api").environment.size(), 2u);
  EXPECT_EQ(plain->services.at("api").port, 80);
  EXPECT_EQ(plain->services.at("api").ready.size(), 2u);
  EXPECT_EQ(plain->source_tree, "/tree");
  EXPECT_EQ(plain->defects_file, folder.path() + "/deployments/x.json");

  const auto varied = LoadDeployment(file, "v", target);
  ASSERT_TRUE(varied) << Listed(varied);
  const auto& environment = varied->services.at("api").environment;
  EXPECT_EQ(environment.size(), 3u);
  EXPECT_EQ(environment.at("KEEP").value, "1");
  EXPECT_EQ(environment.at("CHANGE").value, "2");
  EXPECT_TRUE(environment.at("CHANGE").secret);
  EXPECT_EQ(environment.at("ADD").value, "3");
  EXPECT_THAT(varied->services.at("api").command, ElementsAre("a", "b"));

  const auto other = LoadDeployment(file, "w", target);
  ASSERT_TRUE(other) << Listed(other);
  EXPECT_THAT(other->services.at("api").command, ElementsAre("c"));

  const auto less = LoadDeployment(file, "x", target);
  ASSERT_TRUE(less) << Listed(less);
  EXPECT_EQ(less->services.at("api").environment.size(), 1u);
  EXPECT_FALSE(less->services.at("api").environment.contains("CHANGE"));
}

TEST(GoodDeployments, ASourceTreeNeedsNoServices) {
  const TemporaryFolder folder;
  const auto target = LoadTarget(folder.Write("t.json", R"({"target": "shop", "title": "Shop", "services": {}})"));
  ASSERT_TRUE(target) << Listed(target);
  const std::string head = R"({"deployment": "d", "target": "shop", "engine": "process", "services": {})";
  const auto with = LoadDeployment(folder.Write("with.json", head + R"(, "source_tree": "tree"})"), "", *target);
  ASSERT_TRUE(with) << Listed(with);
  EXPECT_EQ(with->source_tree, folder.path() + "/tree");
  const auto without = LoadDeployment(folder.Write("without.json", head + "}"), "", *target);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().front().what, "there is nothing to look at");
}

}  // namespace
}  // namespace readiness
