#pragma once
// The four kinds of definition as typed values: suite, target, deployment, probe description. Plain data that has been
// fully checked: whoever holds one need not check it again. Nothing here reads files (see load.h) or runs anything.
// Strings may hold placeholders `${name}`; which names exist where is stated per field.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "readiness/http.h"
#include "readiness/result.h"

namespace readiness {

using Milliseconds = std::chrono::milliseconds;

// ---- suite.json -------------------------------------------------------------------------------------------------

/// Where an item stands in its audit. The audit's text stays outside; `sha256` is of the normalised line.
struct Source {
  std::string document;  ///< base name: "ai-health.md"
  int line = 0;
  std::string sha256;
};

enum class Isolation { kShared, kExclusive, kPrivate };

struct Item {
  std::string id;
  std::string part_of;  ///< the audit's item that this is a part of ("S1" for "S1.tokens"); empty: it is a whole one
  std::string title;
  std::string severity;  ///< a key of Suite::severity_weights
  std::string category;
  std::string section;  ///< of the audit; one JUnit testsuite each
  Source source;
  std::string probe;
  Json parameters = Json::object();  ///< checked against the probe's schema, defaults filled in
  Isolation isolation = Isolation::kShared;
  int minimum_observations = 1;
  Milliseconds timeout{60'000};
  std::string narrower_than_audit;  ///< why this item covers less than the audit's line; empty: it covers it
  std::string not_applicable;       ///< a person's reason; empty: applicable
  Place place;                      ///< of the item in suite.json
};

struct Suite {
  std::string id;
  std::string title;
  std::string target;  ///< Target::id it is written for
  std::string audit_document;
  std::string audit_verdict;  ///< what the audit itself concluded
  int audit_items = 0;        ///< how many items the audit has, automated or not
  std::map<std::string, int> severity_weights;
  std::vector<std::string> gating_severities;
  std::vector<Item> items;
  std::string file;
};

/// What items may do to a target that we have not started ourselves, which may be somebody's only one.
enum class Reach {
  kNothing,      ///< look at it
  kOwnData,      ///< make fresh identities and objects of their own, and change these
  kWholeTarget,  ///< anything: break services, change every row
};

// ---- probe.json -------------------------------------------------------------------------------------------------

enum class ParameterType { kString, kInteger, kBoolean, kStringList, kStatusSet, kDuration, kObject, kList };

struct ParameterDescription {
  ParameterType type = ParameterType::kString;
  std::string description;
  bool required = false;
  std::optional<Json> fallback;  ///< the `default`
};

struct ProbeDescription {
  std::string id;         ///< name of its folder: a statement that is true when all is well
  std::string statement;  ///< the same as a sentence
  std::string motivation;
  std::string method;  ///< what it does, step by step
  std::string remediation;
  std::vector<std::string> needs;               ///< "running_target", "store", "data_provider", ...
  Reach touches = Reach::kWholeTarget;          ///< what it does to the target
  std::map<std::string, std::string> controls;  ///< id -> what it shows; each must be recorded and satisfied
  std::map<std::string, ParameterDescription> parameters;
};

// ---- target.json ------------------------------------------------------------------------------------------------

/// `expect` or `refused` of a step.
struct Expectation {
  StatusSet statuses;
  /// JSON pointers into the answer that must exist and equal the given value (`equals`), in order of writing.
  std::vector<std::pair<std::string, Json>> equals;
};

struct HttpStep {
  std::string service;
  std::string method;
  std::string path;  ///< placeholders are percent-encoded when filled in
  std::vector<std::pair<std::string, std::string>> query;
  HeaderList headers;
  std::optional<Json> json;  ///< body as JSON; a string that is one placeholder keeps the value's type
  std::optional<std::vector<std::pair<std::string, std::string>>> form;  ///< body as application/x-www-form-urlencoded
  bool authorised = true;                                                ///< send the identity's credential
  Expectation expect;
  /// name -> where: a JSON pointer into the body ("/id"), or "query:<parameter> of <pointer>" for a parameter of a URL
  /// in the body
  std::map<std::string, std::string> capture;
};

struct SqlStep {
  std::string store;
  std::string statement;                       ///< with $1...; no placeholders inside
  std::vector<std::string> parameters;         ///< placeholders
  std::map<std::string, std::string> capture;  ///< name -> column of the first row; no row: not as expected
};

struct Step {
  std::optional<HttpStep> http;  ///< exactly one of the two
  std::optional<SqlStep> sql;
};

struct Action {
  std::string description;
  std::vector<Step> steps;
  StatusSet refused;
  std::string available_if_openapi_has;  ///< JSON pointer into the OpenAPI document; empty: always
};

struct IdentityKind {
  std::map<std::string, std::string>
      attributes;                   ///< placeholders ${unique} (letters and digits) and ${password} (generated, secret)
  std::vector<std::string> create;  ///< actions, run as the identity that is being made; captures become values
  std::string owner;                ///< placeholder over values: what owner columns hold
  std::string token;                ///< placeholder over values: the credential
};

struct TargetService {
  std::string openapi;  ///< path of the OpenAPI document; empty: it has none
};

struct TargetStore {
  std::vector<std::string> owner_columns;     ///< a table with one of these columns is owned by that column's value
  std::map<std::string, std::string> owners;  ///< table -> owner column, where it differs ("users": "id")
};

/// How to fill the operations of the OpenAPI document that is swept. A value is JSON; a text in it may hold
/// placeholders over the values of the identity that the request is about.
struct Operations {
  std::vector<std::string> populate;   ///< actions that make one object of each kind; each is given ${canary}
  std::map<std::string, Json> values;  ///< name of a parameter or body field -> value
  struct Override {
    std::map<std::string, Json> values;  ///< as above, for one operation; goes first
    std::optional<Json> body;            ///< the whole JSON body instead of a generated one
  };
  std::map<std::string, Override> overrides;  ///< "POST /api/v1/users/" -> what differs there
};

struct Target {
  std::string id;
  std::string title;
  std::map<std::string, TargetService> services;
  std::map<std::string, TargetStore> stores;
  std::vector<std::string> data_providers;      ///< doubles that a deployment must provide
  std::vector<std::string> language_models;     ///< likewise
  std::map<std::string, std::string> commands;  ///< name -> what it does, its input and output, in a sentence
  Operations operations;
  std::string credential_header = "Authorization";
  std::string credential_value = "Bearer ${token}";
  std::map<std::string, IdentityKind> identities;
  std::map<std::string, Action> actions;
  std::string file;
};

// ---- deployments/<name>.json ------------------------------------------------------------------------------------

enum class EngineKind { kProcess, kCompose, kExternal };

/// A value of a service's environment. Secret values are redacted everywhere. A generated one is new in every run.
struct EnvValue {
  std::string value;  ///< placeholders ${port.<service>} (where it has to listen) ${url.<service>} (for other services)
                      ///< ${public_url.<service>} (for users) ${store.<store>.url} ${double.<double>.url}
                      ///< ${double.<double>.proxy} ${double.<double>.ca_file} ${run.directory} (not in containers)
                      ///< ${secret.<name>} ${env.<NAME>}
  bool secret = false;
};

/// What must hold before a service counts as started; all of a list, in order. Exactly one of the members is set.
struct WaitCondition {
  struct HttpAnswers {
    std::string path;
    StatusSet statuses;
  };
  struct LogLine {
    std::string pattern;  ///< RE2, searched in the service's output
  };
  std::optional<HttpAnswers> http;
  std::optional<LogLine> log;
  bool port_open = false;
};

struct ServiceDeployment {
  std::vector<std::string>
      command;  ///< placeholders as for env, and ${tool.directory}: where `readiness` lies, ${deployment.directory}
  std::string working_directory;                ///< likewise; empty: the run directory
  std::map<std::string, EnvValue> environment;  ///< nothing else is inherited but PATH, HOME, LANG and TZ
  std::optional<int> port;                      ///< fixed; unset: a free one is chosen
  std::vector<WaitCondition> ready;             ///< never empty
  Milliseconds startup_timeout{30'000};
  Milliseconds stop_grace{5'000};  ///< from SIGTERM to SIGKILL
  int container_port = 0;          ///< engine compose: where it listens inside its container; 0: it does not
  std::string url;                 ///< engine external: where it is; placeholders ${env.<NAME>}
};

/// Engine compose: which compose files describe the services. Services that `services` does not name are started as
/// well where those that it names depend on them.
struct ComposeDeployment {
  std::vector<std::string> files;               ///< absolute
  std::map<std::string, EnvValue> environment;  ///< for ${...} in the files; placeholders as in commands, and
                                                ///< ${image.<name>}; not ${run.directory}
  std::map<std::string, std::string> images;    ///< name -> program on this machine (placeholders as in commands), made
                                                ///< into an image of it and its shared libraries
};

struct DataProviderDeployment {
  std::optional<int> port;         ///< fixed, for targets that are not started by us; unset: a free one
  std::vector<std::string> hosts;  ///< upstream host names it stands for behind ${double.<name>.proxy}
  std::string client_id;           ///< what the target must present; placeholders ${secret.<name>}
  std::string client_secret;
};

struct LanguageModelDeployment {
  std::optional<int> port;         ///< as for data providers
  std::vector<std::string> hosts;  ///< upstream host names it stands for behind ${double.<name>.proxy}
  std::string api_key;             ///< what the target must present; placeholders ${secret.<name>}; redacted
  std::string reply;               ///< content of its answers unless an item scripts others
};

/// One of the target's commands. Placeholders as for a service's command, and ${source_tree}; a fresh process per call.
struct CommandDeployment {
  std::string service;  ///< engine compose: in whose container it runs; empty: on this machine
  std::vector<std::string> command;
  std::string working_directory;  ///< empty: the run directory
  std::map<std::string, EnvValue> environment;
  Milliseconds timeout{30'000};
};

struct Deployment {
  std::string id;
  std::string target;
  EngineKind engine = EngineKind::kProcess;
  std::map<std::string, std::string>
      secrets;                                ///< name -> value; "generated:<bytes>" is new in every run; ${env.<NAME>}
  std::map<std::string, std::string> stores;  ///< store -> "postgresql" (private cluster) or, external, a URL
  std::map<std::string, DataProviderDeployment> data_providers;
  std::map<std::string, LanguageModelDeployment> language_models;
  std::map<std::string, CommandDeployment> commands;
  std::map<std::string, ServiceDeployment> services;
  std::vector<std::string> service_order;  ///< their names as written, which is the order in which they start
  std::string token_signing_key;           ///< placeholder; empty: unknown, tokens cannot be minted with it
  std::string token_algorithm = "HS256";
  std::vector<std::string> allowed_hosts;  ///< beside loopback
  std::string defects_file;                ///< standin/defects.json, absolute; empty: no switchable defects
  std::string source_tree;                 ///< where the target's source lies, absolute; empty: unknown
  ComposeDeployment compose;               ///< engine compose only
  Reach allowed = Reach::kWholeTarget;     ///< engine external: what `allow` says, else kNothing
  Place allowed_place;                     ///< of `allow`, else of `engine`, where it would stand
  std::string file;
};

}  // namespace readiness
