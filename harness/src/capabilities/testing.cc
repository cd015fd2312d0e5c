#include "readiness/testing.h"

#include <algorithm>

namespace readiness::testing {
namespace {

constexpr const char* kAnybody = "*";

tl::unexpected<Error> NotScripted(const std::string& what) {
  return Fail(ErrorKind::kNotAvailable, "the test scripted no answer for " + what);
}

std::string Numbered(const std::string& prefix, const std::string& label, int count) {
  return prefix + label + (count > 1 ? "-" + std::to_string(count) : "");
}

/// The part of `url` from the first slash after the authority up to the query.
std::string PathOf(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  if (begin == std::string::npos) return "/";
  return url.substr(begin, url.find_first_of("?#", begin) - begin);
}

}  // namespace

Error MakeError(ErrorKind kind, std::string what) {
  return Error{kind, std::move(what), std::nullopt, {}, {}, {}};
}

void FakeHttp::Answer(const std::string& method, const std::string& path, int status, std::string body,
                      HeaderList headers) {
  answers_[{method, path}].Add(HttpResponse{status, std::move(headers), std::move(body)});
}

void FakeHttp::FailWith(const std::string& method, const std::string& path, Error error) {
  answers_[{method, path}].Add(Fail(std::move(error)));
}

Result<Exchange> FakeHttp::Send(const HttpRequest& request) {
  requests.push_back(request);
  const std::string path = PathOf(request.url);
  auto found = answers_.find({request.method, path});
  if (found == answers_.end()) found = answers_.find({request.method, kAnybody});
  if (found == answers_.end()) return NotScripted(request.method + " " + path);
  READINESS_ASSIGN(HttpResponse response, Result<HttpResponse>(found->second.Next()));
  Exchange exchange;
  exchange.request = request;
  exchange.response = std::move(response);
  exchange.duration = std::chrono::microseconds(1000);
  return exchange;
}

ScriptedAction& ScriptedAction::Then(std::function<void()> effect) {
  effects_.push_back(std::move(effect));
  return *this;
}

ScriptedAction& ScriptedAction::Captures(const std::string& name, Json value) {
  captured_[name] = std::move(value);
  return *this;
}

ScriptedAction& ScriptedAction::Mismatches(std::string why) {
  mismatch_ = std::move(why);
  return *this;
}

ScriptedAction& ScriptedAction::IsExpected() {
  mismatch_ = "";
  return *this;
}

ScriptedAction& ScriptedAction::Header(std::string name, std::string value) {
  headers_.emplace_back(std::move(name), std::move(value));
  return *this;
}

ScriptedAction& ScriptedAction::Computes(std::function<std::pair<int, std::string>()> answer) {
  computed_ = std::move(answer);
  return *this;
}

ScriptedAction& FakeActions::Answer(const std::string& action, const std::string& who, int status, std::string body) {
  return answers_[action][who].Add(ScriptedAction(status, std::move(body)));
}

void FakeActions::FailWith(const std::string& action, const std::string& who, Error error) {
  Answer(action, who, 0).error_ = std::move(error);
}

int FakeActions::Count(const std::string& action, const std::string& who) const {
  return static_cast<int>(std::count_if(calls.begin(), calls.end(), [&](const Call& call) {
    return call.action == action && (who == kAnybody || call.who.label == who);
  }));
}

Result<bool> FakeActions::Has(const std::string& name) {
  if (has_error_) return Fail(*has_error_);
  return answers_.contains(name) && !lacking_.contains(name);
}

StatusSet FakeActions::RefusalStatuses(const std::string& name) const {
  const auto found = refusals_.find(name);
  return found == refusals_.end() ? StatusSet{} : found->second;
}

Result<ActionResult> FakeActions::Run(const std::string& name, const Identity& who, const Values& arguments) {
  calls.push_back({name, who, arguments});
  const auto action = answers_.find(name);
  if (action == answers_.end()) return NotScripted("action " + name);
  auto answers = action->second.find(who.label);
  if (answers == action->second.end()) answers = action->second.find(kAnybody);
  if (answers == action->second.end()) return NotScripted("action " + name + " by \"" + who.label + "\"");
  const ScriptedAction& answer = answers->second.Next();
  for (const auto& effect : answer.effects_) effect();
  if (answer.error_) return Fail(*answer.error_);

  ActionResult result;
  result.action = name;
  result.captured = answer.captured_;
  auto [status, body] = answer.computed_ ? answer.computed_() : std::pair{answer.status_, answer.body_};
  if (status != 0) {
    Exchange exchange;
    exchange.request.method = "POST";
    exchange.request.url = "http://127.0.0.1:9/" + name;
    exchange.response = HttpResponse{status, answer.headers_, std::move(body)};
    exchange.duration = std::chrono::microseconds(1000);
    result.exchange = std::move(exchange);
  }
  static const StatusSet kExpected{0, 200, 201, 202, 204};
  result.mismatch = answer.mismatch_.value_or(kExpected.contains(status) ? "" : "status " + std::to_string(status));
  result.as_expected = result.mismatch.empty();
  return result;
}

void FakeIdentities::WhenMade(const std::string& label, std::function<void(const Identity&)> effect) {
  effects_[label] = std::move(effect);
}

Result<Identity> FakeIdentities::Create(const std::string& kind, const std::string& label) {
  if (!kinds_.empty() && !kinds_.contains(kind))
    return Fail(ErrorKind::kNotAvailable, "no identity kind \"" + kind + "\"");
  for (const std::string& key : {label, std::string(kAnybody)}) {
    const auto error = errors_.find(key);
    if (error == errors_.end()) continue;
    const Error given = error->second;
    if (key != kAnybody) errors_.erase(error);
    return Fail(given);
  }
  const int count = ++count_by_label_[label];
  Identity identity;
  identity.label = label;
  identity.kind = kind;
  identity.owner = Numbered("id-", label, count);
  const auto token = tokens_.find(label);
  identity.token = token != tokens_.end() ? token->second : Numbered("token-of-", label, count);
  identity.values = {{"user_id", identity.owner},
                     {"email", Numbered("", label, count) + "@readiness.example.com"},
                     {"password", Numbered("password-of-", label, count)},
                     {"access_token", identity.token}};
  made.push_back(identity);
  for (const std::string& key : {label, std::string(kAnybody)}) {
    if (const auto effect = effects_.find(key); effect != effects_.end()) effect->second(identity);
  }
  return identity;
}

void FakeStore::Declare(const std::vector<std::string>& tables) {
  tables_.insert(tables.begin(), tables.end());
}

void FakeStore::AddRows(const std::string& owner, const std::string& table, std::int64_t count) {
  tables_.insert(table);
  Contents& contents = contents_[owner][table];
  contents.rows += count;
  ++contents.version;
}

void FakeStore::ChangeRows(const std::string& owner, const std::string& table) {
  AddRows(owner, table, 0);
}

void FakeStore::ShowSnapshot(const std::string& owner, StoreSnapshot snapshot) {
  scripted_[owner].Add(std::move(snapshot));
}

void FakeStore::AnswerQuery(const std::string& part, Json rows) {
  auto found = std::find_if(rows_.begin(), rows_.end(), [&](const auto& entry) { return entry.first == part; });
  if (found == rows_.end()) found = rows_.emplace(rows_.end(), part, Queue<Json>());
  found->second.Add(std::move(rows));
}

Result<StoreSnapshot> FakeStore::SnapshotOwned(const std::string& owner) {
  snapshots.push_back(owner);
  if (error_) return Fail(*error_);
  if (const auto scripted = scripted_.find(owner); scripted != scripted_.end()) return scripted->second.Next();
  if (tables_.empty()) return Fail(ErrorKind::kTarget, "no table has an owner column: nothing to look at");
  StoreSnapshot snapshot;
  for (const std::string& table : tables_) {
    const Contents contents = contents_[owner][table];
    snapshot[table] = TableState{contents.rows, "version " + std::to_string(contents.version)};
  }
  return snapshot;
}

Result<std::map<std::string, std::int64_t>> FakeStore::CountUnowned() {
  if (error_) return Fail(*error_);
  return unowned;
}

Result<std::vector<std::string>> FakeStore::TablesContaining(const std::string& text) {
  searched.push_back(text);
  if (error_) return Fail(*error_);
  if (text.size() < 6) return Fail(ErrorKind::kUsage, "a searched text has at least 6 characters");
  const auto found = containing_.find(text);
  return found == containing_.end() ? std::vector<std::string>() : found->second;
}

Result<Json> FakeStore::Query(const std::string& statement, const std::vector<Json>& parameters) {
  statements.push_back({statement, parameters});
  if (error_) return Fail(*error_);
  for (auto& [part, queue] : rows_) {
    if (statement.find(part) != std::string::npos) return queue.Next();
  }
  return NotScripted("the statement " + statement);
}

Result<void> FakeStore::Answers(std::chrono::milliseconds) {
  if (error_) return Fail(*error_);
  return {};
}

FakeStore& FakeStores::Get(const std::string& name) {
  std::unique_ptr<FakeStore>& store = stores_[name];
  if (!store) store = std::make_unique<FakeStore>();
  return *store;
}

Result<Store*> FakeStores::Open(const std::string& name) {
  const auto found = stores_.find(name);
  if (found == stores_.end()) return Fail(ErrorKind::kNotAvailable, "store \"" + name + "\" is not declared");
  return found->second.get();
}

void FakeDataProvider::Call(const std::string& account, ProviderCallKind kind, std::string path, int status) {
  const std::int64_t sequence = static_cast<std::int64_t>(calls.size()) + 1;
  calls.push_back({sequence, kind, account, "GET", "upstream.example.com", std::move(path), status});
}

Result<ProviderAccount> FakeDataProvider::OpenAccount(const std::string& label, int records) {
  if (error_) return Fail(*error_);
  if (records < 1) return Fail(ErrorKind::kUsage, "an account at a data provider needs at least one record");
  const int count = ++count_by_label_[label];
  ProviderAccount account;
  account.id = Numbered("account-", label, count);
  account.authorization_code = Numbered("code-", label, count);
  account.records = records;
  for (int i = 0; i < records; ++i) {
    account.canaries.push_back("48." + std::to_string(100'000 + 1000 * static_cast<int>(accounts.size()) + i));
  }
  accounts.push_back(account);
  return account;
}

Result<std::vector<ProviderCall>> FakeDataProvider::Calls(const std::string& account) {
  if (error_) return Fail(*error_);
  std::vector<ProviderCall> seen;
  std::copy_if(calls.begin(), calls.end(), std::back_inserter(seen),
               [&](const ProviderCall& call) { return call.account.empty() || call.account == account; });
  return seen;
}

FakeDataProvider& FakeDoubles::Get(const std::string& name) {
  std::unique_ptr<FakeDataProvider>& provider = providers_[name];
  if (!provider) provider = std::make_unique<FakeDataProvider>();
  return *provider;
}

Result<DataProvider*> FakeDoubles::OpenDataProvider(const std::string& name) {
  const auto found = providers_.find(name);
  if (found == providers_.end())
    return Fail(ErrorKind::kNotAvailable, "data provider \"" + name + "\" is not declared");
  return found->second.get();
}

Result<std::vector<ForgedToken>> FakeTokens::Forge(const Identity& owner, const Identity&) {
  forged_for.push_back(owner.label);
  if (forge_error_) return Fail(*forge_error_);
  std::vector<ForgedToken> tokens;
  for (const std::string& name : forgeries) tokens.push_back({name, name + " token", name + "-of-" + owner.label});
  return tokens;
}

Result<std::string> FakeTokens::Reissue(const Identity& owner) {
  if (reissue_error_) return Fail(*reissue_error_);
  return "reissued-" + owner.token;
}

Result<std::uint64_t> FakeLogs::Mark(const std::string& service) {
  const auto found = logs_.find(service);
  if (found == logs_.end()) return NotScripted("the log of " + service);
  return found->second.size();
}

Result<std::string> FakeLogs::Since(const std::string& service, std::uint64_t mark) {
  if (const auto effect = effects_.find(reads_++); effect != effects_.end()) effect->second();
  const auto found = logs_.find(service);
  if (found == logs_.end()) return NotScripted("the log of " + service);
  return found->second.substr(std::min<std::size_t>(mark, found->second.size()));
}

TestContext::TestContext(Json given, const std::string& store_name, const std::string& provider_name)
    : parameters(std::move(given)),
      store(stores.Get(store_name)),
      provider(doubles.Get(provider_name)),
      context_{parameters, findings, identities, actions,  http,     stores,     doubles,
               tokens,     logs,     openapi,    services, commands, source_tree} {}

bool TestContext::Satisfied(const std::string& id) const {
  bool recorded = false;
  for (const Control& control : findings.controls()) {
    if (control.id != id) continue;
    if (!control.satisfied) return false;
    recorded = true;
  }
  return recorded;
}

}  // namespace readiness::testing
