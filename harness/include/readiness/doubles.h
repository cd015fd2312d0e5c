#pragma once
// Test doubles of what lies upstream of the target, as a probe sees them: open an account, let the target use it, read
// what was asked. The servers themselves live in harness/doubles.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "readiness/findings.h"
#include "readiness/result.h"

namespace readiness {

/// What a call on an OAuth data provider was for.
enum class ProviderCallKind {
  kToken,  ///< code or refresh token exchanged
  kData,   ///< a resource was asked for
  kOther,  ///< any other path, and hosts that the double does not stand for
};

/// One request that the double received. Order of arrival is `sequence`, over all accounts of the run.
struct ProviderCall {
  std::int64_t sequence = 0;
  ProviderCallKind kind = ProviderCallKind::kOther;
  std::string account;  ///< empty: the call carried no credential that the double issued
  std::string method;
  std::string host;
  std::string path;  ///< with query
  int status = 0;    ///< what the double answered
};

/// An account at the provider with data that occurs nowhere else.
struct ProviderAccount {
  std::string id;
  std::string authorization_code;     ///< to be exchanged once by the target
  std::vector<std::string> canaries;  ///< decimal texts of values served, each unique in the run
  int records = 0;                    ///< how many records the double will serve
};

class DataProvider {
 public:
  virtual ~DataProvider() = default;
  /// A fresh account with `records` records of the last days. Errors: kTarget when the double does not answer.
  virtual Result<ProviderAccount> OpenAccount(const std::string& label, int records) = 0;
  /// All calls of the run so far whose credential belongs to `account`, and those that belong to none, in order.
  virtual Result<std::vector<ProviderCall>> Calls(const std::string& account) = 0;
};

/// What a language model answers.
struct ModelReply {
  int status = 200;
  std::string content;                  ///< of the assistant's message, when the status is 200
  std::optional<std::string> raw_body;  ///< sent instead of a chat completion: empty, cut off, no JSON at all
  std::chrono::milliseconds delay{0};   ///< before the answer
  bool hang = false;                    ///< accepts the request and never answers
};

/// One request that a language model received.
struct ModelCall {
  std::int64_t sequence = 0;
  std::string method;
  std::string path;          ///< with query
  bool unattributed = false;  ///< it named no channel: nobody can tell which instance sent it
  bool genuine_key = false;  ///< it carried the API key of the deployment
  std::string prompt;        ///< texts of all messages, one after another
  Json request;              ///< the body; null when it was not JSON
  int status = 0;            ///< what the double answered; 0: nothing
};

/// An OpenAI-compatible model behind the target. Every instance of a service (Services::StartInstance) has a channel of
/// its own: what an item scripts and sees here is that of the instance it has started, and of nobody else; without an
/// instance it is the channel of the run, which all items share.
class LanguageModel {
 public:
  virtual ~LanguageModel() = default;
  /// From now on every completion is answered so, until the next call of this.
  virtual Result<void> AnswerWith(const ModelReply& reply) = 0;
  /// Everything received on the channel so far, in order of arrival.
  virtual Result<std::vector<ModelCall>> Calls() = 0;
  /// The same of the instance that Calls spoke of last, which may have ended since. Errors: likewise.
  virtual Result<std::vector<ModelCall>> CallsOfLast() = 0;
};

class Doubles {
 public:
  virtual ~Doubles() = default;
  /// The OAuth data provider that the deployment calls `name`. Errors: kNotAvailable.
  virtual Result<DataProvider*> OpenDataProvider(const std::string& name) = 0;
  /// The language model that the deployment calls `name`. Errors: kNotAvailable.
  virtual Result<LanguageModel*> OpenLanguageModel(const std::string& name) = 0;
};

}  // namespace readiness
