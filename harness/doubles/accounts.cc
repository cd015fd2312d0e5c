#include "doubles/accounts.h"

#include <fmt/format.h>

#include <array>
#include <random>
#include <utility>

#include "base/text.h"

namespace readiness::doubles::provider {
namespace {

constexpr std::size_t kMaxAccounts = 10'000;
constexpr std::size_t kMaxRecordsOverall = 200'000;
constexpr int kTokenBytes = 24;

// A target that asks for "the last N days" a while after the account was opened must still get all N records; and none
// may lie in the future of a target whose clock is a little behind.
constexpr std::chrono::hours kNewestRecordAge{2};

struct BehaviourWord {
  std::string_view word;
  Behaviour behaviour;
};
constexpr std::array kBehaviours = {
    BehaviourWord{"good", Behaviour::kGood},
    BehaviourWord{"empty", Behaviour::kEmpty},
    BehaviourWord{"malformed", Behaviour::kMalformed},
    BehaviourWord{"server_error", Behaviour::kServerError},
    BehaviourWord{"unauthorized", Behaviour::kUnauthorized},
    BehaviourWord{"slow", Behaviour::kSlow},
    BehaviourWord{"hanging", Behaviour::kHanging},
};

int Draw(int from, int below) {
  thread_local std::random_device device;
  return std::uniform_int_distribution<int>(from, below - 1)(device);
}

}  // namespace

std::optional<Behaviour> BehaviourOf(std::string_view word) {
  for (const auto& known : kBehaviours) {
    if (known.word == word) return known.behaviour;
  }
  return std::nullopt;
}

std::string BehaviourWords() {
  std::string words;
  for (const auto& known : kBehaviours) {
    if (!words.empty()) words += ", ";
    words += known.word;
  }
  return words;
}

std::string Accounts::UniqueDecimal(int from, int below) {
  for (;;) {
    // The last digit is never 0: the text is then what every shortest printer of the double writes.
    auto text = fmt::format("{}.{:05}{}", Draw(from, below), Draw(0, 100'000), Draw(1, 10));
    if (drawn_.insert(text).second) return text;
  }
}

std::vector<DayRecord> Accounts::MakeRecords(int count) {
  using std::chrono::minutes;
  // 373 is prime: up to that many steps of 37 give as many different minutes, from 5 h to 11 h 12 min.
  constexpr int kSleepLengths = 373;
  constexpr int kShortestSleepMinutes = 300;
  const int offset = Draw(0, kSleepLengths);
  const auto newest =
      std::chrono::floor<std::chrono::seconds>(clock_()) - kNewestRecordAge - std::chrono::seconds(Draw(0, 3600));
  std::vector<DayRecord> records;
  records.reserve(static_cast<std::size_t>(count));
  for (int day = 0; day < count; ++day) {
    const int sleep_minutes = kShortestSleepMinutes + (offset + day * 37) % kSleepLengths;
    DayRecord record;
    record.sleep_end = newest - std::chrono::days(day);
    record.sleep_start = record.sleep_end - minutes(sleep_minutes + 12);
    record.recovered = record.sleep_end + minutes(5);
    record.sleep_ms = std::int64_t{sleep_minutes} * 60'000 + Draw(1, 60'000);
    record.hrv_ms = UniqueDecimal(20, 120);
    record.resting_heart_rate = UniqueDecimal(45, 75);
    records.push_back(std::move(record));
  }
  return records;
}

Result<const Account*> Accounts::Open(AccountOptions options) {
  const auto wanted = static_cast<std::size_t>(options.records);
  if (accounts_.size() >= kMaxAccounts || records_ + wanted > kMaxRecordsOverall) {
    return Fail(Error{ErrorKind::kLimit,
                      "no room for another account",
                      std::nullopt,
                      fmt::format("at most {} accounts and {} records", kMaxAccounts, kMaxRecordsOverall),
                      fmt::format("{} accounts and {} records", accounts_.size(), records_),
                      {}});
  }
  records_ += wanted;
  Account account;
  account.id = RandomHex(8);
  account.authorization_code = RandomHex(kTokenBytes);
  account.records = MakeRecords(options.records);
  account.options = std::move(options);
  for (const auto& record : account.records) {
    account.canaries.push_back(record.resting_heart_rate);
    account.canaries.push_back(record.hrv_ms);
  }
  credentials_[account.authorization_code] = Credential{CredentialKind::kCode, account.id, false, {}};
  auto id = account.id;
  return &accounts_.insert_or_assign(std::move(id), std::move(account)).first->second;
}

const Account* Accounts::Find(const std::string& id) const {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : &found->second;
}

const Credential* Accounts::FindCredential(const std::string& text) const {
  const auto found = credentials_.find(text);
  return found == credentials_.end() ? nullptr : &found->second;
}

std::optional<IssuedTokens> Accounts::Trade(const std::string& text, CredentialKind kind) {
  const auto found = credentials_.find(text);
  if (found == credentials_.end() || found->second.kind != kind || found->second.spent) return std::nullopt;
  if (kind == CredentialKind::kAccessToken) return std::nullopt;
  found->second.spent = true;
  const auto& account = accounts_.at(found->second.account);
  IssuedTokens issued{RandomHex(kTokenBytes), RandomHex(kTokenBytes), account.options.token_lifetime};
  credentials_[issued.access_token] =
      Credential{CredentialKind::kAccessToken, account.id, false, clock_() + issued.lifetime};
  credentials_[issued.refresh_token] = Credential{CredentialKind::kRefreshToken, account.id, false, {}};
  return issued;
}

const Account* Accounts::Authorise(const std::string& access_token) const {
  const auto* credential = FindCredential(access_token);
  if (credential == nullptr || credential->kind != CredentialKind::kAccessToken) return nullptr;
  return clock_() < credential->expires ? Find(credential->account) : nullptr;
}

}  // namespace readiness::doubles::provider
