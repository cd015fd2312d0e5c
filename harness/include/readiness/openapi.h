#pragma once
// The operations that the target itself declares in its OpenAPI document, so that a probe can sweep every one instead
// of a hand-picked few. Requests are generated: what target.json states by name (`operations.values` and
// `operations.overrides`) first, then the schema's own example, default or enumeration, then a value made for the
// type. The document is foreign: its size, depth and number of operations are bounded. One thread.

#include <optional>
#include <string>
#include <vector>

#include "readiness/canaries.h"
#include "readiness/http.h"
#include "readiness/identities.h"

namespace readiness {

struct OperationParameter {
  std::string name;
  std::string in;  ///< "path", "query", "header" or "cookie"
  bool required = false;
  Json schema = Json::object();  ///< with references resolved
};

struct Operation {
  std::string service;
  std::string method;  ///< upper case
  std::string path;    ///< as declared: "/api/v1/users/{user_id}"
  std::string id;      ///< operationId; may be empty
  std::vector<std::string> tags;
  std::vector<OperationParameter> parameters;
  std::string body_type;           ///< "application/json", "application/x-www-form-urlencoded"; empty: takes no body
  Json body_schema = Json();       ///< null: no body
  bool declares_security = false;  ///< the document says that a credential is needed; never trusted

  /// "GET /api/v1/users/{user_id}": what messages, parameters and `operations.overrides` call it.
  std::string Name() const { return method + " " + path; }
  /// Does `name` occur as parameter in `in`, or, for in = "body", as a property of the body's schema at its top level?
  bool Takes(const std::string& in, const std::string& name) const;
};

/// How one request departs from what would be generated.
struct OperationInput {
  /// Fills parameters and body fields of these names, before anything that target.json states.
  Values values;
  /// Sent in addition, declared or not. `body` is laid over a JSON object or form; ignored without a body.
  std::vector<std::pair<std::string, std::string>> query;
  HeaderList headers;
  Values body;
};

/// A principal that owns at least one object of every kind that target.json can make, each with a canary.
struct PopulatedIdentity {
  Identity who;       ///< its values hold what the actions captured
  Canaries canaries;  ///< its own texts: of the objects, and its unique attributes
};

class OpenApi {
 public:
  virtual ~OpenApi() = default;

  /// Every operation of `service`, in the document's order. Errors: kNotAvailable (target.json names no document),
  /// kTarget, kMalformed, kLimit; kMalformed too when there is none.
  virtual Result<std::vector<Operation>> Operations(const std::string& service) = 0;

  /// Runs the `operations.populate` actions of target.json as `who`, each with fresh arguments ${canary} and ${date} (a day
  /// of the past, as 2013-05-17), and adds what they capture to its values. Errors: as Actions::Run; kTarget when an action is not as expected.
  virtual Result<PopulatedIdentity> Populate(const Identity& who) = 0;

  /// Sends `operation` with the credential of `who`, while placeholders in target.json's values are filled from
  /// `subject`: whose objects the request is about. Errors: as Http::Send; kNotAvailable when a required value can
  /// neither be found nor generated (the message names it and the place in target.json to state it).
  virtual Result<Exchange> Call(const Operation& operation, const Identity& who, const Identity& subject,
                                const OperationInput& input = {}) = 0;

  /// Names of the path parameters of `operation` that are filled with a value of the subject: they address its objects.
  virtual std::vector<std::string> SubjectPathParameters(const Operation& operation) = 0;
};

}  // namespace readiness
