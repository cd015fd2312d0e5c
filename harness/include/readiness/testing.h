#pragma once
// Fakes for the tests of probes. A TestContext holds one fake for each capability; a test scripts answers, runs the
// probe and looks at the findings and at what the fakes recorded. No network, no files, no clock: a test decides
// everything that the probe sees.
//
//   READINESS_DECLARE_PROBE(sync_needs_consent);
//
//   TEST(SyncNeedsConsent, Violated) {
//     readiness::testing::TestContext t({{"store", "main"}, {"provider", "whoop"}, {"stored_in", {"health_data"}}});
//     t.actions.Answer("grant_consent", "*", 200);
//     t.actions.Answer("sync_provider", "owner", 200).Then([&] { t.store.AddRows(t.OwnerOf("owner"), "health_data",
//     14); }); t.actions.Answer("sync_provider", "no-consent", 200).Then([&] {
//       t.provider.Call(t.AccountOf("no-consent"), ProviderCallKind::kData);
//     });
//     ASSERT_TRUE(readiness::probes::sync_needs_consent(t.context()));
//     EXPECT_THAT(t.findings.violations(), SizeIs(1));
//   }
//
// Wherever answers are queued, each is used once and the last one repeats. What a test did not script is an Error
// (kNotAvailable), never a success. One thread; not for production code.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "readiness/probe.h"

/// Declares the probe `name` for its test.
#define READINESS_DECLARE_PROBE(name)                            \
  namespace readiness::probes {                                  \
  ::readiness::Result<void> name(::readiness::Context& context); \
  }

namespace readiness::testing {

/// An Error of `kind`, for Fail methods and comparisons.
Error MakeError(ErrorKind kind, std::string what = "scripted by the test");

/// Values used one after another; the last one repeats.
template <class T>
class Queue {
 public:
  T& Add(T value) { return *values_.emplace_back(std::make_unique<T>(std::move(value))); }
  bool empty() const { return values_.empty(); }
  /// Requires: not empty.
  T& Next() {
    T& value = *values_[next_];
    if (next_ + 1 < values_.size()) ++next_;
    return value;
  }

 private:
  std::vector<std::unique_ptr<T>> values_;  // on the heap: Add hands out references
  std::size_t next_ = 0;
};

// ---- http ---------------------------------------------------------------------------------------------------------

/// Answers by method and path.
class FakeHttp : public Http {
 public:
  /// Queues an answer to `method` `path` (without query; "*" as path: any). A JSON body may be given as text.
  void Answer(const std::string& method, const std::string& path, int status, std::string body = {},
              HeaderList headers = {});
  void FailWith(const std::string& method, const std::string& path, Error error);

  Result<Exchange> Send(const HttpRequest& request) override;

  std::vector<HttpRequest> requests;  ///< everything that was sent, in order

 private:
  std::map<std::pair<std::string, std::string>, Queue<Result<HttpResponse>>> answers_;
};

// ---- actions ------------------------------------------------------------------------------------------------------

/// One scripted answer of an action. Methods return it again, so that they can be chained.
class ScriptedAction {
 public:
  ScriptedAction(int status, std::string body) : status_(status), body_(std::move(body)) {}
  /// Happens when the action runs: rows appear, an upstream is called.
  ScriptedAction& Then(std::function<void()> effect);
  /// Adds a captured value.
  ScriptedAction& Captures(const std::string& name, Json value);
  /// The action counts as not as expected whatever its status.
  ScriptedAction& Mismatches(std::string why);
  /// The action counts as expected whatever its status.
  ScriptedAction& IsExpected();
  ScriptedAction& Header(std::string name, std::string value);
  /// Status and body are made when the action runs, after its effects.
  ScriptedAction& Computes(std::function<std::pair<int, std::string>()> answer);

 private:
  friend class FakeActions;
  int status_ = 0;
  std::string body_;
  HeaderList headers_;
  Values captured_;
  std::optional<Error> error_;
  std::optional<std::string> mismatch_;
  std::function<std::pair<int, std::string>()> computed_;
  std::vector<std::function<void()>> effects_;
};

class FakeActions : public Actions {
 public:
  struct Call {
    std::string action;
    Identity who;
    Values arguments;
  };

  /// Queues an answer for `action` run by the identity labelled `who`; "*": by anybody without answers of its own.
  /// Status 0: the last step was a SQL statement. As expected when the status is 0, 200, 201, 202 or 204, unless the
  /// answer says otherwise. The reference stays valid as long as the fake.
  ScriptedAction& Answer(const std::string& action, const std::string& who, int status, std::string body = "{}");
  /// Queues an Error of Run.
  void FailWith(const std::string& action, const std::string& who, Error error);
  /// Declares an action that the running target lacks: Has is false, as for actions without any answer.
  void Lacks(const std::string& action) { lacking_.insert(action); }
  /// Has answers with an Error.
  void FailHas(Error error) { has_error_ = std::move(error); }
  /// What RefusalStatuses tells.
  void Refuses(const std::string& action, StatusSet statuses) { refusals_[action] = std::move(statuses); }

  /// How often `action` ran, by anybody or by `who`.
  int Count(const std::string& action, const std::string& who = "*") const;

  Result<bool> Has(const std::string& name) override;
  Result<ActionResult> Run(const std::string& name, const Identity& who, const Values& arguments = {}) override;
  StatusSet RefusalStatuses(const std::string& name) const override;

  std::vector<Call> calls;  ///< every Run, in order, also those without answer

 private:
  std::map<std::string, std::map<std::string, Queue<ScriptedAction>>> answers_;  // action -> label
  std::set<std::string> lacking_;
  std::map<std::string, StatusSet> refusals_;
  std::optional<Error> has_error_;
};

// ---- identities ---------------------------------------------------------------------------------------------------

/// Makes an identity of any kind. Label "owner" gives owner "id-owner", token "token-of-owner" and values user_id,
/// email, password, access_token; a second one of the same label gets "id-owner-2" and so on.
class FakeIdentities : public Identities {
 public:
  /// The next Create for `label` fails ("*": every one).
  void FailWith(const std::string& label, Error error) { errors_[label] = std::move(error); }
  /// Kinds that exist; all do when none is stated.
  void Declare(std::set<std::string> kinds) { kinds_ = std::move(kinds); }
  /// Sets the token of the identity labelled `label`, a genuine JWT for instance.
  void SetToken(const std::string& label, std::string token) { tokens_[label] = std::move(token); }
  /// Happens when an identity labelled `label` is made ("*": any).
  void WhenMade(const std::string& label, std::function<void(const Identity&)> effect);

  Result<Identity> Create(const std::string& kind, const std::string& label) override;

  std::vector<Identity> made;  ///< in order

 private:
  std::map<std::string, Error> errors_;
  std::map<std::string, std::string> tokens_;
  std::map<std::string, int> count_by_label_;
  std::map<std::string, std::function<void(const Identity&)>> effects_;
  std::set<std::string> kinds_;
};

// ---- stores -------------------------------------------------------------------------------------------------------

/// Tables in memory. A snapshot shows what the test has put there; scripted snapshots go first.
class FakeStore : public Store {
 public:
  struct Statement {
    std::string statement;
    std::vector<Json> parameters;
  };

  /// Tables that every owner has, with 0 rows. AddRows and ChangeRows declare theirs by themselves.
  void Declare(const std::vector<std::string>& tables);
  void AddRows(const std::string& owner, const std::string& table, std::int64_t count);
  /// Other contents, same number of rows.
  void ChangeRows(const std::string& owner, const std::string& table);
  /// Queues what snapshots of `owner` show, one after another; the last one repeats.
  void ShowSnapshot(const std::string& owner, StoreSnapshot snapshot);
  /// TablesContaining(text) names `tables`. For a text that the test did not name it finds nothing.
  void Contain(const std::string& text, std::vector<std::string> tables) { containing_[text] = std::move(tables); }
  /// Queues the rows (a JSON array) for statements in which `part` occurs.
  void AnswerQuery(const std::string& part, Json rows);
  /// Every call fails from now on; std::nullopt ends that.
  void FailWith(std::optional<Error> error) { error_ = std::move(error); }

  Result<StoreSnapshot> SnapshotOwned(const std::string& owner) override;
  Result<std::map<std::string, std::int64_t>> CountUnowned() override;
  Result<std::vector<std::string>> TablesContaining(const std::string& text) override;
  Result<Json> Query(const std::string& statement, const std::vector<Json>& parameters) override;
  Result<void> Answers(std::chrono::milliseconds within) override;

  std::map<std::string, std::int64_t> unowned;  ///< what CountUnowned tells
  std::vector<std::string> snapshots;           ///< owners of every snapshot taken, in order
  std::vector<std::string> searched;            ///< texts
  std::vector<Statement> statements;

 private:
  struct Contents {
    std::int64_t rows = 0;
    int version = 0;
  };
  std::set<std::string> tables_;
  std::map<std::string, std::map<std::string, Contents>> contents_;  // owner -> table
  std::map<std::string, Queue<StoreSnapshot>> scripted_;
  std::map<std::string, std::vector<std::string>> containing_;
  std::vector<std::pair<std::string, Queue<Json>>> rows_;
  std::optional<Error> error_;
};

class FakeStores : public Stores {
 public:
  /// Store `name`; made by the first call.
  FakeStore& Get(const std::string& name);
  Result<Store*> Open(const std::string& name) override;

 private:
  std::map<std::string, std::unique_ptr<FakeStore>> stores_;
};

// ---- doubles ------------------------------------------------------------------------------------------------------

/// Label "owner" opens account "account-owner" with code "code-owner" and canaries that occur nowhere else. Like the
/// identities, a second account of a label is "account-owner-2".
class FakeDataProvider : public DataProvider {
 public:
  /// The double records a call; `account` empty: one without credential.
  void Call(const std::string& account, ProviderCallKind kind, std::string path = "/v1/data", int status = 200);
  void FailWith(std::optional<Error> error) { error_ = std::move(error); }

  Result<ProviderAccount> OpenAccount(const std::string& label, int records) override;
  Result<std::vector<ProviderCall>> Calls(const std::string& account) override;

  std::vector<ProviderAccount> accounts;  ///< opened, in order
  std::vector<ProviderCall> calls;        ///< of all accounts, in order

 private:
  std::map<std::string, int> count_by_label_;
  std::optional<Error> error_;
};

/// Records what the probe scripts; a test says what the target asks, usually as an effect of an action.
class FakeLanguageModel : public LanguageModel {
 public:
  /// The target asks the model `prompt` with a genuine key; answered by the present reply.
  void Call(const std::string& prompt, bool genuine_key = true);
  void FailWith(std::optional<Error> error) { error_ = std::move(error); }
  /// What the target was answered last, for effects that depend on it.
  const ModelReply& reply() const { return replies.back(); }

  Result<void> AnswerWith(const ModelReply& reply) override;
  Result<std::vector<ModelCall>> Calls() override;
  Result<std::vector<ModelCall>> CallsOfLast() override { return Calls(); }

  std::vector<ModelReply> replies{ModelReply{}};  ///< the first is what it answers unscripted
  std::vector<ModelCall> calls;

 private:
  std::optional<Error> error_;
};

class FakeDoubles : public Doubles {
 public:
  /// Data provider `name`; made by the first call.
  FakeDataProvider& Get(const std::string& name);
  /// Language model `name`; made by the first call.
  FakeLanguageModel& Model(const std::string& name);
  Result<DataProvider*> OpenDataProvider(const std::string& name) override;
  Result<LanguageModel*> OpenLanguageModel(const std::string& name) override;

 private:
  std::map<std::string, std::unique_ptr<FakeDataProvider>> providers_;
  std::map<std::string, std::unique_ptr<FakeLanguageModel>> models_;
};

// ---- tokens and logs ----------------------------------------------------------------------------------------------

/// Forges texts that are no JWTs but distinct. `forgeries` are the names; remove one to see what the probe makes of it.
class FakeTokens : public Tokens {
 public:
  void FailForge(std::optional<Error> error) { forge_error_ = std::move(error); }
  /// Set by default as if the key were known; an Error of kNotAvailable is a deployment without key.
  void FailReissue(std::optional<Error> error) { reissue_error_ = std::move(error); }

  Result<std::vector<ForgedToken>> Forge(const Identity& owner, const Identity& stranger) override;
  Result<std::string> Reissue(const Identity& owner) override;

  std::vector<std::string> forgeries{"garbage",  "expired",         "wrong-key",
                                     "alg-none", "payload-swapped", "truncated-signature"};
  std::vector<std::string> forged_for;  ///< labels of owners, in order

 private:
  std::optional<Error> forge_error_;
  std::optional<Error> reissue_error_;
};

class FakeLogs : public Logs {
 public:
  /// `service` writes `text`; before the first call it has no log (kNotAvailable).
  void Write(const std::string& service, const std::string& text) { logs_[service] += text; }
  /// Happens before the read (Since) number `number`, counted from 0.
  void WhenRead(int number, std::function<void()> effect) { effects_[number] = std::move(effect); }
  Result<std::uint64_t> Mark(const std::string& service) override;
  Result<std::string> Since(const std::string& service, std::uint64_t mark) override;

 private:
  std::map<std::string, std::string> logs_;
  std::map<int, std::function<void()>> effects_;
  int reads_ = 0;
};

// ---- operations, services, commands, source tree --------------------------------------------------------------------

/// Operations and their answers. Populate gives every identity the canary "canary-of-<label>" and value "object_id"
/// "object-of-<label>". A path parameter is filled with "<parameter>-of-<subject>" unless the input names it.
class FakeOpenApi : public OpenApi {
 public:
  struct Sent {
    std::string operation;  ///< Name()
    Identity who;
    Identity subject;
    OperationInput input;
  };
  using Effect = std::function<void(const Sent&)>;

  /// Declares an operation of service "api": "GET /things/{thing_id}". Its path parameters are addressed by the
  /// subject; change what it returns for more. The reference is valid until the next Declare.
  Operation& Declare(const std::string& name);
  /// Queues an answer for `operation` sent by the identity labelled `who` ("*": by anybody without answers of its own).
  void Answer(const std::string& operation, const std::string& who, int status, std::string body = "{}",
              Effect effect = nullptr);
  /// What an operation answers, decided by what is sent: status and body.
  using Handler = std::function<std::pair<int, std::string>(const Sent&)>;
  /// Everything sent to `operation` that is not answered otherwise goes to `handler`.
  void Handle(const std::string& operation, Handler handler) { handlers_[operation] = std::move(handler); }
  void FailCall(const std::string& operation, const std::string& who, Error error);
  void FailOperations(std::optional<Error> error) { operations_error_ = std::move(error); }
  /// Happens when objects of an identity are made.
  void WhenPopulated(std::function<void(const Identity&)> effect) { populated_effect_ = std::move(effect); }
  void FailPopulate(std::optional<Error> error) { populate_error_ = std::move(error); }

  Result<std::vector<Operation>> Operations(const std::string& service) override;
  Result<PopulatedIdentity> Populate(const Identity& who) override;
  Result<Exchange> Call(const Operation& operation, const Identity& who, const Identity& subject,
                        const OperationInput& input = {}) override;
  std::vector<std::string> SubjectPathParameters(const Operation& operation) override;

  std::map<std::string, Values> values_of;  ///< what Populate captures for a label, in addition
  std::vector<Sent> sent;                   ///< every Call, in order, also those without answer
  std::vector<std::string> populated;       ///< labels, in order

 private:
  struct Scripted {
    int status = 0;
    std::string body;
    Effect effect;
    std::optional<Error> error;
  };
  Result<std::pair<int, std::string>> AnswerTo(const Sent& request);

  std::vector<Operation> operations_;
  std::map<std::string, Handler> handlers_;
  std::map<std::string, std::map<std::string, Queue<Scripted>>> answers_;
  std::optional<Error> operations_error_;
  std::optional<Error> populate_error_;
  std::function<void(const Identity&)> populated_effect_;
};

class FakeServices : public Services {
 public:
  /// Happens when an instance with `variant` is started ("*": any).
  void WhenStarted(const std::string& variant, std::function<void()> effect) { effects_[variant] = std::move(effect); }
  void WhenStopped(std::function<void()> effect) { stopped_effect_ = std::move(effect); }
  /// Happens when a store is broken or mended.
  void WhenBroken(std::function<void(StoreFault)> effect) { broken_effect_ = std::move(effect); }
  void WhenMended(std::function<void()> effect) { mended_effect_ = std::move(effect); }
  /// Happens when a service is broken or mended.
  void WhenServiceBroken(std::function<void(ServiceFault)> effect) { service_broken_effect_ = std::move(effect); }
  void WhenServiceMended(std::function<void()> effect) { service_mended_effect_ = std::move(effect); }
  /// Starting `variant` fails.
  void FailStart(const std::string& variant, Error error) { errors_[variant] = std::move(error); }
  void FailBreak(std::optional<Error> error) { break_error_ = std::move(error); }
  void FailMend(std::optional<Error> error) { mend_error_ = std::move(error); }
  void FailBreakService(std::optional<Error> error) { service_break_error_ = std::move(error); }
  void FailMendService(std::optional<Error> error) { service_mend_error_ = std::move(error); }

  Result<void> StartInstance(const std::string& service, const InstanceOptions& options) override;
  Result<void> StopInstance(const std::string& service) override;
  Result<void> BreakStore(const std::string& store, StoreFault fault) override;
  Result<void> MendStore(const std::string& store) override;
  Result<void> BreakService(const std::string& service, ServiceFault fault) override;
  Result<void> MendService(const std::string& service) override;
  Result<std::string> ProcessOf(const std::string& service) override;

  std::string process = "pid 1 of tick 1";  ///< what ProcessOf says; empty: it does not run
  std::string running;                      ///< variant of the present instance; empty without one
  std::vector<std::string> started;         ///< variants, in order
  /// "start api llm-on own-stores", "stop api", "break main stopped", "mend main", "break service api cut_off", "mend
  /// service api"
  std::vector<std::string> log;

 private:
  std::map<std::string, std::function<void()>> effects_;
  std::map<std::string, Error> errors_;
  std::function<void()> stopped_effect_;
  std::function<void(StoreFault)> broken_effect_;
  std::function<void()> mended_effect_;
  std::function<void(ServiceFault)> service_broken_effect_;
  std::function<void()> service_mended_effect_;
  std::optional<Error> break_error_;
  std::optional<Error> mend_error_;
  std::optional<Error> service_break_error_;
  std::optional<Error> service_mend_error_;
};

class FakeCommands : public Commands {
 public:
  using Function = std::function<Result<CommandResult>(const Json& input)>;
  void Answer(const std::string& name, Function function) { functions_[name] = std::move(function); }
  Result<CommandResult> Run(const std::string& name, const Json& input) override;

  std::vector<std::pair<std::string, Json>> calls;

 private:
  std::map<std::string, Function> functions_;
};

/// A tree in memory. Globs know "*", "**" and "?".
class FakeSourceTree : public SourceTree {
 public:
  void Write(const std::string& path, std::string text) { files_[path] = std::move(text); }
  void FailWith(std::optional<Error> error) { error_ = std::move(error); }
  Result<std::vector<SourceFile>> Files(const std::vector<std::string>& globs) override;
  Result<std::string> Read(const std::string& path) override;

 private:
  std::map<std::string, std::string> files_;
  std::optional<Error> error_;
};

// ---- all of them --------------------------------------------------------------------------------------------------

/// What a probe gets, made of fakes. Store "main" and data provider "whoop" exist; others by stores.Get and
/// doubles.Get. Parameters are taken as they are: give every one that the probe asks for, also those with a default in
/// probe.json.
class TestContext {
 public:
  TestContext() : TestContext(Json::object()) {}
  explicit TestContext(Json given, const std::string& store_name = "main", const std::string& provider_name = "whoop");
  /// From braces: TestContext t({{"store", "main"}, {"stored_in", {"health_data"}}});
  explicit TestContext(Json::initializer_list_t given, const std::string& store_name = "main",
                       const std::string& provider_name = "whoop")
      : TestContext(Json(given), store_name, provider_name) {}
  TestContext(const TestContext&) = delete;
  TestContext& operator=(const TestContext&) = delete;

  Context& context() { return context_; }

  /// What owner columns hold for the first identity labelled `label`, whether it has been made or not: "id-<label>".
  static std::string OwnerOf(const std::string& label) { return "id-" + label; }
  /// The first account labelled `label` at a data provider: "account-<label>".
  static std::string AccountOf(const std::string& label) { return "account-" + label; }
  /// Was control `id` recorded, and satisfied each time?
  bool Satisfied(const std::string& id) const;

  const Parameters parameters;
  Findings findings;
  FakeIdentities identities;
  FakeActions actions;
  FakeHttp http;
  FakeStores stores;
  FakeDoubles doubles;
  FakeTokens tokens;
  FakeLogs logs;
  FakeOpenApi openapi;
  FakeServices services;
  FakeCommands commands;
  FakeSourceTree source_tree;
  FakeStore& store;            ///< the one called `store_name`
  FakeDataProvider& provider;  ///< the one called `provider_name`

 private:
  Context context_;
};

}  // namespace readiness::testing
