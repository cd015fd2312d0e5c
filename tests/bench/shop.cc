#include "bench/shop.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "lifecycle/session.h"

namespace readiness::bench {
namespace {

using Json = nlohmann::ordered_json;

Json Step() {
  return {{"as", "anonymous"},
          {"action", "read_health"},
          {"expect", {{"status", {200}}, {"json", Json::array({{{"at", "/status"}, {"equals", "up"}}})}}}};
}

Json Exchange(int controls, int attempts) {
  Json parameters = {{"fix", "mend it"}, {"control", Json::array()}, {"attempt", Json::array()}};
  for (int i = 0; i < controls; ++i) parameters["control"].push_back(Step());
  for (int i = 0; i < attempts; ++i) parameters["attempt"].push_back(Step());
  return parameters;
}

Json Target() {
  Json action = {{"description", "asks whether the service is alive"},
                 {"steps", Json::array({{{"service", "api"},
                                         {"method", "GET"},
                                         {"path", "/health"},
                                         {"authorised", false},
                                         {"expect", {{"status", {200}}}}}})}};
  return {{"target", "shop"},
          {"title", "Shop"},
          {"services", {{"api", Json::object()}}},
          {"actions", {{"read_health", action}}}};
}

Json Deployment() {
  return {{"deployment", "local"},
          {"target", "shop"},
          {"engine", "process"},
          {"services",
           {{"api",
             {{"command", {BENCH_SERVER, "${port.api}"}},
              {"ready", Json::array({{{"http", {{"path", "/health"}, {"status", {200}}}}}})},
              {"startup_timeout_ms", 10000}}}}}};
}

Json Suite() {
  return {{"suite", "shop"},
          {"title", "Shop"},
          {"target", "shop"},
          {"audit", {{"document", "AUDIT.md"}, {"verdict", "NO-GO"}, {"items", 0}}},
          {"severity_weights", {{"critical", 10}, {"high", 5}, {"medium", 3}, {"low", 1}, {"info", 0}}},
          {"gating_severities", {"critical", "high"}},
          {"items", Json::array()}};
}

void AddItem(Json& suite, const std::string& probe, Json parameters) {
  const char* severities[] = {"critical", "high", "medium", "low"};
  const char* categories[] = {"security", "privacy", "reliability"};
  const std::size_t number = suite["items"].size();
  suite["items"].push_back({{"id", fmt::format("I{}", number)},
                            {"title", fmt::format("What line {} of the audit says holds", number + 1)},
                            {"severity", severities[number % 4]},
                            {"category", categories[number % 3]},
                            {"section", fmt::format("Section {}", number % 20)},
                            {"source", {{"line", number + 1}, {"sha256", std::string(64, '0')}}},
                            {"probe", probe},
                            {"parameters", std::move(parameters)}});
  suite["audit"]["items"] = number + 1;
}

Result<void> WriteDefinitions(const std::string& folder, const Json& suite) {
  READINESS_RETURN_IF_ERROR(MakeDirectories(folder));
  READINESS_RETURN_IF_ERROR(WriteText(folder + "/target.json", Target().dump(2)));
  READINESS_RETURN_IF_ERROR(WriteText(folder + "/local.json", Deployment().dump(2)));
  return WriteText(folder + "/suite.json", suite.dump(2));
}

}  // namespace

Result<void> WriteShop(const std::string& folder, int items, ItemKind kind) {
  Json suite = Suite();
  for (int i = 0; i < items; ++i) {
    if (kind == ItemKind::kOneRequest) {
      AddItem(suite, "answers_once", {{"action", "read_health"}});
    } else {
      AddItem(suite, "scenario", Exchange(1, 1));
    }
  }
  return WriteDefinitions(folder, suite);
}

Result<void> WriteLongShop(const std::string& folder, int exchanges) {
  Json suite = Suite();
  AddItem(suite, "scenario", Exchange(exchanges / 2, exchanges - exchanges / 2));
  return WriteDefinitions(folder, suite);
}

Command ResolveShop(const std::string& tool, const std::string& folder, const std::string& state) {
  return {{tool, "resolve", "--name", "shop", "--definition", folder + "/suite.json", "--target-name", "shop",
           "--target", folder + "/target.json", "--deployment", folder + "/local.json", "--state-directory",
           state.empty() ? folder + "/state" : state, "--suite-directory", folder + "/suite"}};
}

Command RunItem(const std::string& tool, const std::string& folder, int item) {
  return {{tool, "run", fmt::format("{}/suite/items/I{}/item.json", folder, item)}};
}

Result<ShopRun> ShopRun::Up(const std::string& tool, const std::string& folder) {
  ShopRun run(tool, folder + "/state");
  READINESS_ASSIGN(const Finished up,
                   Run({{tool, "up", "--name", "shop", "--target", folder + "/target.json", "--deployment",
                         folder + "/local.json", "--state-directory", run.state_, "--lease", "3600"}}));
  READINESS_ASSIGN(const TargetState state, ReadState(run.state_));
  if (!state.started) return Fail(ErrorKind::kTarget, "the benchmark's own target did not start: " + state.reason);
  READINESS_ASSIGN(const Session session, ReadSession(state.run_directory));
  run.url_ = session.services.at("api").url;
  return run;
}

ShopRun::ShopRun(ShopRun&& other) noexcept
    : tool_(std::move(other.tool_)), state_(std::exchange(other.state_, std::string())), url_(std::move(other.url_)) {}

ShopRun::~ShopRun() {
  if (!state_.empty()) (void)Run({{tool_, "down", "--state-directory", state_}});
}

std::string ProjectWithTool(const std::string& calls) {
  return fmt::format(R"(cmake_minimum_required(VERSION 3.25)
project(bench LANGUAGES NONE)
enable_testing()
add_executable(readiness::tool IMPORTED GLOBAL)
set_target_properties(readiness::tool PROPERTIES IMPORTED_LOCATION [==[{}]==])
include([==[{}]==])
{})",
                     READINESS_TOOL, READINESS_MODULE, calls);
}

Result<void> WriteText(const std::string& file, const std::string& text) {
  return WriteFileAtomically(file, text);
}

Command Configure(const std::string& folder) {
  return {{CMAKE_PROGRAM, "-G", CMAKE_GENERATOR_NAME, "-S", folder, "-B", folder + "/build"}};
}

}  // namespace readiness::bench
