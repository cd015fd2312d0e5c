#pragma once
// The people at the provider: their records, codes and tokens. Every measured value is drawn once in the life of the
// double, so that finding it somewhere proves whose data lies there. Not thread-safe: the server's thread only.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "doubles/uri.h"
#include "readiness/result.h"

namespace readiness::doubles::provider {

using Clock = std::function<std::chrono::system_clock::time_point()>;

/// How the data routes answer for an account. Tokens are always issued.
enum class Behaviour { kGood, kEmpty, kMalformed, kServerError, kUnauthorized, kSlow, kHanging };

/// The behaviour called `word` ("good", "server_error", ...).
std::optional<Behaviour> BehaviourOf(std::string_view word);
/// All words, comma-separated, for messages.
std::string BehaviourWords();

/// One day of one person. Decimal values are kept as text so that they are served digit by digit.
struct DayRecord {
  Instant sleep_start;
  Instant sleep_end;
  Instant recovered;
  std::int64_t sleep_ms = 0;
  std::string hrv_ms;
  std::string resting_heart_rate;
};

struct AccountOptions {
  std::string label;
  int records = 0;
  Behaviour behaviour = Behaviour::kGood;
  std::chrono::milliseconds delay{0};  ///< of the data routes when slow
  std::chrono::seconds token_lifetime{3600};
};

struct Account {
  std::string id;
  AccountOptions options;
  std::string authorization_code;
  std::vector<DayRecord> records;  ///< newest first
  std::vector<std::string> canaries;
};

enum class CredentialKind { kCode, kRefreshToken, kAccessToken };

struct Credential {
  CredentialKind kind = CredentialKind::kCode;
  std::string account;
  bool spent = false;                             ///< codes and refresh tokens are good once
  std::chrono::system_clock::time_point expires;  ///< of access tokens
};

struct IssuedTokens {
  std::string access_token;
  std::string refresh_token;
  std::chrono::seconds lifetime{0};
};

class Accounts {
 public:
  static constexpr int kMaxRecords = 365;

  explicit Accounts(Clock clock) : clock_(std::move(clock)) {}

  /// A new account with one record per day of the last `options.records` days. Errors: kLimit.
  Result<const Account*> Open(AccountOptions options);

  /// nullptr when unknown.
  const Account* Find(const std::string& id) const;

  /// Any credential that was ever issued, spent and expired ones included; nullptr when unknown.
  const Credential* FindCredential(const std::string& text) const;

  /// Trades a code or refresh token for new tokens; it is spent afterwards. nullopt when unknown, spent or of another
  /// kind.
  std::optional<IssuedTokens> Trade(const std::string& text, CredentialKind kind);

  /// The account that `access_token` opens now; nullptr when unknown, expired or of another kind.
  const Account* Authorise(const std::string& access_token) const;

 private:
  std::string UniqueDecimal(int from, int below);
  std::vector<DayRecord> MakeRecords(int count);

  Clock clock_;
  std::map<std::string, Account> accounts_;
  std::map<std::string, Credential> credentials_;
  std::set<std::string> drawn_;
  std::size_t records_ = 0;
};

}  // namespace readiness::doubles::provider
