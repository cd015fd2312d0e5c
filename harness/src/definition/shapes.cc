#include "definition/shapes.h"

namespace readiness {
namespace shapes {
namespace {

constexpr Bounds kPositive{1, 1'000'000};
constexpr Bounds kLines{1, 10'000'000};

Key Required(std::string name) {
  return Key{std::move(name), true};
}
Key Optional(std::string name) {
  return Key{std::move(name), false};
}
Key Required(std::string name, Bounds bounds) {
  return Key{std::move(name), true, bounds};
}
Key Optional(std::string name, Bounds bounds) {
  return Key{std::move(name), false, bounds};
}
Key Required(std::string name, const Words& words) {
  return Key{std::move(name), true, {}, &words};
}
Key Optional(std::string name, const Words& words) {
  return Key{std::move(name), false, {}, &words};
}

}  // namespace

const Words kIsolations = {"shared", "exclusive", "private"};
const Words kParameterTypes = {"string",     "integer",  "boolean", "string_list",
                               "status_set", "duration", "object",  "list"};
const Words kNeeds = {"running_target",    "store", "data_provider", "language_model",  "openapi",
                      "token_signing_key", "logs",  "source_tree",   "service_control", "commands"};
const Words kMethods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
const Words kEngines = {"process", "compose", "external"};
const Words kReaches = {"nothing", "own_data", "whole_target"};
const Words kStoreEngines = {"postgresql"};
const Words kTokenAlgorithms = {"HS256", "HS384", "HS512"};

const Shape kProbe{"a probe description",
                   "probe",
                   "",
                   {Optional("$schema"), Required("probe"), Required("statement"), Required("motivation"),
                    Required("method"), Required("remediation"), Required("needs"), Required("touches", kReaches),
                    Required("controls"), Required("parameters")}};
const Shape kParameter{
    "a parameter description",
    "probe",
    "/definitions/parameter",
    {Required("type", kParameterTypes), Required("description"), Optional("required"), Optional("default")}};

const Shape kSuite{"a suite",
                   "suite",
                   "",
                   {Optional("$schema"), Required("suite"), Required("title"), Required("target"), Required("audit"),
                    Required("severity_weights"), Optional("gating_severities"), Required("items")}};
const Shape kAudit{"an audit",
                   "suite",
                   "/definitions/audit",
                   {Required("document"), Required("verdict"), Required("items", kPositive)}};
const Shape kItem{"an item",
                  "suite",
                  "/definitions/item",
                  {Required("id"), Optional("part_of"), Required("title"), Required("severity"), Required("category"),
                   Required("section"), Required("source"), Required("probe"), Optional("parameters"),
                   Optional("isolation", kIsolations), Optional("minimum_observations", kPositive),
                   Optional("timeout_ms", kMilliseconds), Optional("narrower_than_audit"), Optional("not_applicable")}};
const Shape kSource{
    "a source", "suite", "/definitions/source", {Optional("document"), Required("line", kLines), Required("sha256")}};

const Shape kTarget{"a target",
                    "target",
                    "",
                    {Optional("$schema"), Required("target"), Required("title"), Required("services"),
                     Optional("stores"), Optional("data_providers"), Optional("language_models"), Optional("commands"),
                     Optional("credential"), Optional("identities"), Optional("actions"), Optional("operations")}};
const Shape kTargetService{"a service", "target", "/definitions/service", {Optional("openapi")}};
const Shape kTargetStore{"a store", "target", "/definitions/store", {Optional("owner_columns"), Optional("owners")}};
const Shape kCredential{"a credential", "target", "/definitions/credential", {Required("header"), Required("value")}};
const Shape kIdentity{"an identity",
                      "target",
                      "/definitions/identity",
                      {Optional("attributes"), Required("create"), Optional("owner"), Optional("token")}};
const Shape kAction{
    "an action",
    "target",
    "/definitions/action",
    {Required("description"), Required("steps"), Optional("refused"), Optional("available_if_openapi_has")}};
const Shape kRefused{"a refusal", "target", "/definitions/refused", {Required("status")}};
const Shape kHttpStep{
    "an HTTP step",
    "target",
    "/definitions/http_step",
    {Required("service"), Required("method", kMethods), Required("path"), Optional("query"), Optional("headers"),
     Optional("json"), Optional("form"), Optional("authorised"), Required("expect"), Optional("capture")}};
const Shape kSqlStep{"a SQL step",
                     "target",
                     "/definitions/sql_step",
                     {Required("store"), Required("sql"), Optional("parameters"), Optional("capture")}};
const Shape kExpect{"an expectation", "target", "/definitions/expect", {Required("status"), Optional("equals")}};

const Shape kOperations{"a description of operations",
                        "target",
                        "/definitions/operations",
                        {Optional("populate"), Optional("values"), Optional("overrides")}};
const Shape kOperationOverride{
    "an override of an operation", "target", "/definitions/operation_override", {Optional("values"), Optional("body")}};

const Shape kDeployment{
    "a deployment",
    "deployment",
    "",
    {Optional("$schema"), Required("deployment"), Required("target"), Required("engine", kEngines), Optional("compose"),
     Optional("allow", kReaches), Optional("secrets"), Optional("stores"), Optional("data_providers"),
     Optional("language_models"), Optional("commands"), Optional("token"), Optional("allowed_hosts"),
     Optional("defects"), Optional("source_tree"), Required("services"), Optional("variants")}};
const Shape kCompose{"a compose section",
                     "deployment",
                     "/definitions/compose",
                     {Required("files"), Optional("environment"), Optional("images")}};
const Shape kDataProvider{
    "a data provider",
    "deployment",
    "/definitions/data_provider",
    {Optional("port", kPorts), Optional("hosts"), Required("client_id"), Required("client_secret")}};
const Shape kCommand{"a command",
                     "deployment",
                     "/definitions/target_command",
                     {Optional("service"), Required("command"), Optional("working_directory"), Optional("environment"),
                      Optional("timeout_ms", kMilliseconds)}};
const Shape kLanguageModel{"a language model",
                           "deployment",
                           "/definitions/language_model",
                           {Optional("port", kPorts), Optional("hosts"), Required("api_key"), Required("reply")}};
const Shape kToken{"a token description",
                   "deployment",
                   "/definitions/token",
                   {Optional("algorithm", kTokenAlgorithms), Required("signing_key")}};
const Shape kService{"a service",
                     "deployment",
                     "/definitions/service",
                     {Optional("command"), Optional("working_directory"), Optional("environment"),
                      Optional("port", kPorts), Optional("container_port", kPorts), Optional("url"), Required("ready"),
                      Optional("startup_timeout_ms", kMilliseconds), Optional("stop_grace_ms", kMilliseconds)}};
const Shape kSecretValue{"a secret value", "deployment", "/definitions/secret_value", {Required("secret")}};
const Shape kWait{
    "a wait condition", "deployment", "/definitions/wait", {Optional("http"), Optional("log"), Optional("port_open")}};
const Shape kWaitHttp{
    "an HTTP wait condition", "deployment", "/definitions/wait_http", {Required("path"), Required("status")}};
const Shape kWaitLog{"a log wait condition", "deployment", "/definitions/wait_log", {Required("pattern")}};
const Shape kVariant{"a variant", "deployment", "/definitions/variant", {Required("services")}};
const Shape kServiceOverlay{"a service of a variant",
                            "deployment",
                            "/definitions/service_overlay",
                            {Optional("environment"), Optional("command")}};

}  // namespace shapes

const std::vector<const Shape*>& AllShapes() {
  using namespace shapes;
  // One group for each of the four files.
  static const std::vector<const Shape*> all = {
      &kProbe,       &kParameter,                                //
      &kSuite,       &kAudit,         &kItem,         &kSource,  //
      &kTarget,      &kTargetService, &kTargetStore,  &kCredential,    &kIdentity,          &kAction,        &kRefused,
      &kHttpStep,    &kSqlStep,       &kExpect,       &kOperations,    &kOperationOverride,  //
      &kDeployment,  &kCompose,       &kDataProvider, &kLanguageModel, &kCommand,           &kToken,         &kService,
      &kSecretValue, &kWait,          &kWaitHttp,     &kWaitLog,       &kVariant,           &kServiceOverlay};
  return all;
}

}  // namespace readiness
