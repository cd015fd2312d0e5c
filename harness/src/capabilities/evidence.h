#pragma once
// What an item did, kept as evidence: every HTTP exchange, also those that failed, every SQL step and every command of
// the target that was run. Bounded in
// number and size; the bounds never touch what the probe sees. It holds secrets: whoever writes it out redacts it (the
// secrets that it meets are announced to the item's Redactor).

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/redactor.h"
#include "readiness/findings.h"
#include "readiness/http.h"

namespace readiness {

/// Hears of the secrets that an item learns.
class SecretListener {
 public:
  virtual ~SecretListener() = default;
  virtual void Expect() = 0;
  virtual void Expected() = 0;
  virtual void Learned(const std::string& secret) = 0;
};

/// Passes secrets on to a Redactor, each once.
class SecretKeeper {
 public:
  explicit SecretKeeper(Redactor& redactor) : redactor_(redactor) {}
  /// From now on `listener` (borrowed) hears of every new secret before anybody uses it.
  void TellOf(SecretListener* listener) { listener_ = listener; }
  /// What happens between these two may bring secrets that others see before we know them.
  void Expect() {
    if (listener_ != nullptr) listener_->Expect();
  }
  void Expected() {
    if (listener_ != nullptr) listener_->Expected();
  }
  void Add(const std::string& secret);
  /// For texts that are probably secret: only when long enough that blanking it out cannot hide ordinary words.
  void AddLikely(const std::string& secret);

 private:
  Redactor& redactor_;
  SecretListener* listener_ = nullptr;
  std::set<std::string> known_;
};

/// One run of a command of the target.
struct CommandRun {
  std::string name;
  std::vector<std::string> command;
  std::string working_directory;
  std::string input;             ///< cut to kMaxEvidenceBody
  std::string output;            ///< likewise
  std::string error_output;      ///< the last bytes
  std::size_t error_bytes = 0;   ///< of all of it
  std::optional<int> exit_code;  ///< nothing: it did not come to an end
};

/// One thing that was done. Exactly one of exchange, statement and command is set.
struct EvidenceEntry {
  std::optional<Exchange> exchange;  ///< bodies cut to kMaxEvidenceBody; response.status 0 when `error` is set
  std::string statement;             ///< SQL step: "store main: INSERT ... with [7]"
  std::optional<CommandRun> command;
  std::size_t request_bytes = 0;  ///< of the whole body or input
  std::size_t response_bytes = 0;
  std::optional<Error> error;  ///< why nothing came back
};

inline constexpr std::size_t kMaxEvidenceBody = 16 * 1024;
inline constexpr std::size_t kMaxEvidenceEntries = 500;

inline constexpr std::size_t kMaxPinnedEntries = 1000;

/// The entries of one item: the first hundred, the latest four hundred, and of those between the ones that a violation
/// rests on: the last 32 before each, up to kMaxPinnedEntries in all.
class EvidenceLog {
 public:
  /// From now on each violation that `findings` (borrowed) gets keeps the entries right before it.
  void Watch(const Findings& findings) { findings_ = &findings; }
  void Add(EvidenceEntry entry);
  /// In order of happening.
  std::vector<EvidenceEntry> Entries() const;
  /// How many were dropped between the first and the latest.
  std::size_t dropped() const { return dropped_; }

 private:
  struct Latest {
    EvidenceEntry entry;
    bool pinned = false;
  };
  static constexpr std::size_t kFirst = 100;
  static constexpr std::size_t kBeforeViolation = 32;

  void PinBeforeNewViolations();

  const Findings* findings_ = nullptr;
  std::size_t violations_ = 0;  // of findings_, already seen
  std::vector<EvidenceEntry> first_;
  std::vector<EvidenceEntry> kept_;  // pinned ones that are neither first nor latest
  std::deque<Latest> latest_;
  std::size_t pinned_ = 0;
  std::size_t dropped_ = 0;
};

/// Sends through `inner` and keeps what happened. Credentials in headers (and `credential_header`) become known
/// secrets.
class RecordingHttp : public Http {
 public:
  /// `log` and `secrets` are borrowed.
  RecordingHttp(std::unique_ptr<Http> inner, std::string credential_header, EvidenceLog& log, SecretKeeper& secrets);
  Result<Exchange> Send(const HttpRequest& request) override;

 private:
  void LearnSecrets(const HeaderList& headers);

  std::unique_ptr<Http> inner_;
  std::set<std::string> secret_headers_;  // lower case
  EvidenceLog& log_;
  SecretKeeper& secrets_;
};

}  // namespace readiness
