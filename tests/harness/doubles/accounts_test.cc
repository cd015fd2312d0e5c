#include "doubles/accounts.h"

#include <gtest/gtest.h>

#include <charconv>
#include <chrono>
#include <set>
#include <string>

#include "doubles/resources.h"

namespace readiness::doubles::provider {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

std::chrono::system_clock::time_point test_now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + hours(1);

Accounts MakeAccounts() {
  return Accounts([] { return test_now; });
}

AccountOptions Records(int count) {
  AccountOptions options;
  options.label = "A";
  options.records = count;
  return options;
}

std::string ShortestText(double value) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

TEST(Accounts, CanariesAreUniqueAndSurviveAsDoubles) {
  auto accounts = MakeAccounts();
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto account = accounts.Open(Records(50));
    ASSERT_TRUE(account);
    EXPECT_EQ((*account)->canaries.size(), 100u);
    for (const auto& canary : (*account)->canaries) {
      EXPECT_TRUE(seen.insert(canary).second) << canary;
      EXPECT_EQ(ShortestText(std::stod(canary)), canary);
    }
  }
  EXPECT_EQ(seen.size(), 10'000u);
}

TEST(Accounts, NoCanaryOccursWithinAnother) {
  auto accounts = MakeAccounts();
  const auto account = accounts.Open(Records(365));
  ASSERT_TRUE(account);
  const auto& canaries = (*account)->canaries;
  for (const auto& one : canaries) {
    for (const auto& other : canaries) {
      EXPECT_TRUE(&one == &other || other.find(one) == std::string::npos) << one << " in " << other;
    }
  }
}

TEST(Accounts, RecordsArePlausibleOnePerDayAndNeverInTheFuture) {
  auto accounts = MakeAccounts();
  for (const int count : {0, 1, 7, 30, 365}) {
    const auto account = accounts.Open(Records(count));
    ASSERT_TRUE(account);
    const auto& records = (*account)->records;
    ASSERT_EQ(records.size(), static_cast<std::size_t>(count));
    std::set<std::chrono::sys_days> days;
    std::set<std::int64_t> sleep_minutes;
    for (const auto& record : records) {
      EXPECT_LE(record.recovered, test_now);
      EXPECT_LT(record.sleep_start, record.sleep_end);
      EXPECT_GT(record.sleep_end, test_now - hours(24) * count) << "outside of the last " << count << " days";
      EXPECT_TRUE(days.insert(std::chrono::floor<std::chrono::days>(record.sleep_end)).second);
      EXPECT_TRUE(sleep_minutes.insert(record.sleep_ms / 60'000).second);
      EXPECT_GE(record.sleep_ms, 300 * 60'000);
      EXPECT_LE(record.sleep_ms, 673 * 60'000);
      const double hrv = std::stod(record.hrv_ms);
      EXPECT_TRUE(hrv >= 20 && hrv < 120) << hrv;
      const double heart_rate = std::stod(record.resting_heart_rate);
      EXPECT_TRUE(heart_rate >= 45 && heart_rate < 75) << heart_rate;
    }
  }
}

TEST(Accounts, CodesAndRefreshTokensAreGoodOnce) {
  auto accounts = MakeAccounts();
  const auto opened = accounts.Open(Records(1));
  ASSERT_TRUE(opened);
  const auto& code = (*opened)->authorization_code;
  EXPECT_FALSE(accounts.Trade(code, CredentialKind::kRefreshToken));
  const auto first = accounts.Trade(code, CredentialKind::kCode);
  ASSERT_TRUE(first);
  EXPECT_FALSE(accounts.Trade(code, CredentialKind::kCode));
  EXPECT_FALSE(accounts.Trade(first->access_token, CredentialKind::kAccessToken));
  EXPECT_FALSE(accounts.Trade(first->access_token, CredentialKind::kRefreshToken));
  const auto second = accounts.Trade(first->refresh_token, CredentialKind::kRefreshToken);
  ASSERT_TRUE(second);
  EXPECT_FALSE(accounts.Trade(first->refresh_token, CredentialKind::kRefreshToken));
  EXPECT_NE(first->access_token, second->access_token);
  for (const auto& text :
       {code, first->access_token, first->refresh_token, second->access_token, second->refresh_token}) {
    ASSERT_NE(accounts.FindCredential(text), nullptr);
    EXPECT_EQ(accounts.FindCredential(text)->account, (*opened)->id);
  }
}

TEST(Accounts, AccessTokensExpire) {
  const auto start = test_now;
  auto accounts = MakeAccounts();
  auto options = Records(1);
  options.token_lifetime = seconds(10);
  const auto opened = accounts.Open(options);
  ASSERT_TRUE(opened);
  const auto tokens = accounts.Trade((*opened)->authorization_code, CredentialKind::kCode);
  ASSERT_TRUE(tokens);
  test_now = start + seconds(9);
  EXPECT_EQ(accounts.Authorise(tokens->access_token), *opened);
  EXPECT_EQ(accounts.Authorise(tokens->refresh_token), nullptr);
  EXPECT_EQ(accounts.Authorise("unknown"), nullptr);
  test_now = start + seconds(10);
  EXPECT_EQ(accounts.Authorise(tokens->access_token), nullptr);
  test_now = start;
}

TEST(Accounts, AreBounded) {
  auto accounts = MakeAccounts();
  int opened = 0;
  while (opened < 100'000 && accounts.Open(Records(0))) ++opened;
  EXPECT_EQ(opened, 10'000);
}

TEST(Resources, PageBySizeStartAndToken) {
  auto accounts = MakeAccounts();
  const auto opened = accounts.Open(Records(30));
  ASSERT_TRUE(opened);
  const auto& account = **opened;
  const auto* recovery = FindResource("/developer/v1/recovery");
  ASSERT_NE(recovery, nullptr);
  const auto count = [&](const std::string& query) {
    const auto page = ParsePage(query);
    if (!page) return -1;
    const auto text = RenderPage(*recovery, account, *page);
    int records = 0;
    for (auto at = text.find("\"id\""); at != std::string::npos; at = text.find("\"id\"", at + 1)) ++records;
    return records;
  };
  EXPECT_EQ(count(""), 10);
  EXPECT_EQ(count("limit=50"), 30);
  EXPECT_EQ(count("limit=25&nextToken=25"), 5);
  EXPECT_EQ(count("limit=50&start=" + FormatTimestamp(account.records[6].recovered)), 7);
  EXPECT_EQ(count("limit=50&end=" + FormatTimestamp(account.records[6].recovered)), 23);
  EXPECT_EQ(count("limit=50&start=2100-01-01T00:00:00Z"), 0);
  for (const char* broken : {"limit=0", "limit=51", "limit=x", "limit=", "start=yesterday",
                             "start=2026-01-01T00:00:00%2B00:00Z", "nextToken=-1", "limit=1&limit=2", "limit=%"}) {
    EXPECT_EQ(count(broken), -1) << broken;
  }
  EXPECT_NE(RenderPage(*recovery, account, *ParsePage("limit=25")).find(R"("next_token":"25")"), std::string::npos);
  EXPECT_NE(RenderPage(*recovery, account, *ParsePage("limit=30")).find(R"("next_token":null)"), std::string::npos);
}

}  // namespace
}  // namespace readiness::doubles::provider
