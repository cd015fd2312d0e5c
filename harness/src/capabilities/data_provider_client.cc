#include "capabilities/data_provider_client.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/located_json.h"
#include "base/text.h"
#include "capabilities/unix_socket_http.h"

namespace readiness {
namespace {

/// Reads typed members of one JSON object and remembers the first that is missing or of another type.
class Reader {
 public:
  Reader(const Json& object, std::string place) : object_(object), place_(std::move(place)) {
    if (!object_.is_object()) problem_ = place_ + " is no object";
  }

  std::string String(const char* name) {
    const Json* value = Find(name, "a string", [](const Json& v) { return v.is_string(); });
    return value == nullptr ? "" : value->get<std::string>();
  }
  std::int64_t Integer(const char* name) {
    const Json* value = Find(name, "an integer", [](const Json& v) { return v.is_number_integer(); });
    return value == nullptr ? 0 : value->get<std::int64_t>();
  }
  const Json& List(const char* name) {
    static const Json kNone = Json::array();
    const Json* value = Find(name, "a list", [](const Json& v) { return v.is_array(); });
    return value == nullptr ? kNone : *value;
  }
  const std::string& problem() const { return problem_; }

 private:
  template <class Check>
  const Json* Find(const char* name, const char* type, Check check) {
    if (!problem_.empty()) return nullptr;
    const auto found = object_.find(name);
    if (found != object_.end() && check(*found)) return &*found;
    problem_ = "\"" + std::string(name) + "\" of " + place_ + " is not " + type;
    return nullptr;
  }

  const Json& object_;
  std::string place_;
  std::string problem_;
};

std::optional<ProviderCallKind> ParseKind(const std::string& word) {
  if (word == "token") return ProviderCallKind::kToken;
  if (word == "data") return ProviderCallKind::kData;
  if (word == "other") return ProviderCallKind::kOther;
  return std::nullopt;
}

}  // namespace

DataProviderClient::DataProviderClient(std::string name, std::string admin_socket, SecretKeeper& secrets)
    : name_(std::move(name)), admin_socket_(std::move(admin_socket)), secrets_(secrets) {}

Error DataProviderClient::NotUnderstood(const std::string& what, const std::string& actual) const {
  Error error;
  error.kind = ErrorKind::kTarget;
  error.what = "data provider double \"" + name_ + "\": " + what;
  error.actual = actual;
  return error;
}

Result<Json> DataProviderClient::Ask(const std::string& method, const std::string& path, const std::string& body,
                                     int expected_status) {
  Result<UnixSocketAnswer> answer = SendOverUnixSocket(admin_socket_, method, path, body);
  if (!answer) return Fail(NotUnderstood("does not answer", answer.error().Brief()));
  if (answer->status != expected_status) {
    Error error = NotUnderstood(method + " " + path.substr(0, path.find('?')) + " failed",
                                "status " + std::to_string(answer->status) + ": " + Printable(answer->body, 300));
    error.expected = "status " + std::to_string(expected_status);
    return Fail(std::move(error));
  }
  Result<Json> json = ParseStrictJson(answer->body, "answer of double " + name_);
  if (!json) return Fail(NotUnderstood("answered with something else than JSON", json.error().Brief()));
  return json;
}

Result<ProviderAccount> DataProviderClient::OpenAccount(const std::string& label, int records) {
  if (records < 1) return Fail(ErrorKind::kUsage, "an account at a data provider needs at least one record");
  const Json question{{"label", Printable(label, 200)}, {"records", records}};
  READINESS_ASSIGN(const Json answer, Ask("POST", "/accounts", question.dump(), 201));
  Reader reader(answer, "the account");
  ProviderAccount account;
  account.id = reader.String("id");
  account.authorization_code = reader.String("authorization_code");
  const std::int64_t served = reader.Integer("records");
  for (const Json& canary : reader.List("canaries")) {
    if (!canary.is_string() || canary.get_ref<const std::string&>().empty()) {
      return Fail(NotUnderstood("opened an account", "a canary is no text"));
    }
    account.canaries.push_back(canary.get<std::string>());
  }
  if (!reader.problem().empty()) return Fail(NotUnderstood("opened an account", reader.problem()));
  if (account.id.empty() || account.authorization_code.empty() || account.canaries.empty() || served != records) {
    Error error = NotUnderstood("opened an account that cannot be used", Printable(answer.dump(), 300));
    error.expected = "an id, an authorization code, canaries and " + std::to_string(records) + " records";
    return Fail(std::move(error));
  }
  account.records = records;
  secrets_.Add(account.authorization_code);
  return account;
}

Result<std::vector<ProviderCall>> DataProviderClient::Calls(const std::string& account) {
  READINESS_ASSIGN(const Json answer, Ask("GET", "/calls?account=" + PercentEncode(account), "", 200));
  Reader reader(answer, "the call log");
  const Json& list = reader.List("calls");
  if (!reader.problem().empty()) return Fail(NotUnderstood("gave its call log", reader.problem()));
  std::vector<ProviderCall> calls;
  for (const Json& element : list) {
    Reader fields(element, "a call");
    ProviderCall call;
    call.sequence = fields.Integer("sequence");
    const std::string kind = fields.String("kind");
    call.account = fields.String("account");
    call.method = fields.String("method");
    call.host = fields.String("host");
    call.path = fields.String("path");
    const std::int64_t status = fields.Integer("status");
    if (!fields.problem().empty()) return Fail(NotUnderstood("gave its call log", fields.problem()));
    const std::optional<ProviderCallKind> parsed = ParseKind(kind);
    if (!parsed) return Fail(NotUnderstood("gave its call log", "a call of kind \"" + Printable(kind, 60) + "\""));
    if (status < 0 || status > 999) return Fail(NotUnderstood("gave its call log", "a call with an impossible status"));
    if (!call.account.empty() && call.account != account) {
      return Fail(
          NotUnderstood("gave its call log", "a call of another account than \"" + Printable(account, 60) + "\""));
    }
    call.kind = *parsed;
    call.status = static_cast<int>(status);
    calls.push_back(std::move(call));
  }
  std::stable_sort(calls.begin(), calls.end(),
                   [](const ProviderCall& a, const ProviderCall& b) { return a.sequence < b.sequence; });
  return calls;
}

SessionDoubles::SessionDoubles(const Target& target, const Session& session, SecretKeeper& secrets)
    : target_(target), session_(session), secrets_(secrets) {}

Result<DataProvider*> SessionDoubles::OpenDataProvider(const std::string& name) {
  const auto& declared = target_.data_providers;
  if (std::find(declared.begin(), declared.end(), name) == declared.end()) {
    return Fail(ErrorKind::kNotAvailable, "data provider \"" + name + "\" is not declared in " + target_.file);
  }
  const auto endpoint = session_.data_providers.find(name);
  if (endpoint == session_.data_providers.end() || endpoint->second.admin_socket.empty()) {
    return Fail(ErrorKind::kNotAvailable,
                "the deployment \"" + session_.deployment_id + "\" provides no data provider \"" + name + "\"");
  }
  std::unique_ptr<DataProvider>& provider = open_[name];
  if (!provider) provider = std::make_unique<DataProviderClient>(name, endpoint->second.admin_socket, secrets_);
  return provider.get();
}

Result<LanguageModel*> SessionDoubles::OpenLanguageModel(const std::string& name) {
  return Fail(ErrorKind::kNotAvailable, "language model " + name + " is not declared");
}

}  // namespace readiness
