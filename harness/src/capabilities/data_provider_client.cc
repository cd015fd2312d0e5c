#include "capabilities/data_provider_client.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/text.h"

namespace readiness {
namespace {

std::optional<ProviderCallKind> ParseKind(const std::string& word) {
  if (word == "token") return ProviderCallKind::kToken;
  if (word == "data") return ProviderCallKind::kData;
  if (word == "other") return ProviderCallKind::kOther;
  return std::nullopt;
}

}  // namespace

DataProviderClient::DataProviderClient(const std::string& name, std::string admin_socket, SecretKeeper& secrets)
    : admin_("data provider double \"" + name + "\"", std::move(admin_socket)), secrets_(secrets) {}

Result<ProviderAccount> DataProviderClient::OpenAccount(const std::string& label, int records) {
  if (records < 1) return Fail(ErrorKind::kUsage, "an account at a data provider needs at least one record");
  const Json question{{"label", Printable(label, 200)}, {"records", records}};
  READINESS_ASSIGN(const Json answer, admin_.Ask("POST", "/accounts", question.dump(), 201));
  DoubleReader reader(answer, "the account");
  ProviderAccount account;
  account.id = reader.String("id");
  account.authorization_code = reader.String("authorization_code");
  const std::int64_t served = reader.Integer("records");
  for (const Json& canary : reader.List("canaries")) {
    if (!canary.is_string() || canary.get_ref<const std::string&>().empty()) {
      return Fail(admin_.NotUnderstood("opened an account", "a canary is no text"));
    }
    account.canaries.push_back(canary.get<std::string>());
  }
  if (!reader.problem().empty()) return Fail(admin_.NotUnderstood("opened an account", reader.problem()));
  if (account.id.empty() || account.authorization_code.empty() || account.canaries.empty() || served != records) {
    Error error = admin_.NotUnderstood("opened an account that cannot be used", Printable(answer.dump(), 300));
    error.expected = "an id, an authorization code, canaries and " + std::to_string(records) + " records";
    return Fail(std::move(error));
  }
  account.records = records;
  secrets_.Add(account.authorization_code);
  return account;
}

Result<std::vector<ProviderCall>> DataProviderClient::Calls(const std::string& account) {
  READINESS_ASSIGN(const Json answer, admin_.Ask("GET", "/calls?account=" + PercentEncode(account), "", 200));
  DoubleReader reader(answer, "the call log");
  const Json& list = reader.List("calls");
  if (!reader.problem().empty()) return Fail(admin_.NotUnderstood("gave its call log", reader.problem()));
  std::vector<ProviderCall> calls;
  for (const Json& element : list) {
    DoubleReader fields(element, "a call");
    ProviderCall call;
    call.sequence = fields.Integer("sequence");
    const std::string kind = fields.String("kind");
    call.account = fields.String("account");
    call.method = fields.String("method");
    call.host = fields.String("host");
    call.path = fields.String("path");
    const std::int64_t status = fields.Integer("status");
    if (!fields.problem().empty()) return Fail(admin_.NotUnderstood("gave its call log", fields.problem()));
    const std::optional<ProviderCallKind> parsed = ParseKind(kind);
    if (!parsed)
      return Fail(admin_.NotUnderstood("gave its call log", "a call of kind \"" + Printable(kind, 60) + "\""));
    if (status < 0 || status > 999)
      return Fail(admin_.NotUnderstood("gave its call log", "a call with an impossible status"));
    if (!call.account.empty() && call.account != account) {
      return Fail(admin_.NotUnderstood("gave its call log",
                                       "a call of another account than \"" + Printable(account, 60) + "\""));
    }
    call.kind = *parsed;
    call.status = static_cast<int>(status);
    calls.push_back(std::move(call));
  }
  std::stable_sort(calls.begin(), calls.end(),
                   [](const ProviderCall& a, const ProviderCall& b) { return a.sequence < b.sequence; });
  return calls;
}

}  // namespace readiness
