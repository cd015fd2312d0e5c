#include "capabilities/evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readiness/testing.h"
#include "sample_target.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RecordingHttpTest : public ::testing::Test {
 protected:
  RecordingHttpTest() {
    auto inner = std::make_unique<testing::FakeHttp>();
    fake_ = inner.get();
    http_ = std::make_unique<RecordingHttp>(std::move(inner), "X-Company-Auth", log_, secrets_);
  }

  Redactor redactor_;
  SecretKeeper secrets_{redactor_};
  EvidenceLog log_;
  testing::FakeHttp* fake_ = nullptr;
  std::unique_ptr<RecordingHttp> http_;
};

TEST_F(RecordingHttpTest, CutsBodiesInEvidenceOnly) {
  const std::string large(kMaxEvidenceBody + 5, 'x');
  fake_->Answer("POST", "/a", 200, large, {{"X-Test", "1"}});
  HttpRequest request{"POST", "http://127.0.0.1:1/a", {{"A", "b"}}, large, {}, 10, "127.1.1.1"};
  const Exchange seen = http_->Send(request).value();
  EXPECT_EQ(seen.response.body.size(), large.size());
  EXPECT_EQ(fake_->requests.at(0).body.size(), large.size());
  const EvidenceEntry entry = log_.Entries().at(0);
  EXPECT_EQ(entry.exchange->response.body.size(), kMaxEvidenceBody);
  EXPECT_EQ(entry.exchange->request.body.size(), kMaxEvidenceBody);
  EXPECT_EQ(entry.request_bytes, large.size());
  EXPECT_EQ(entry.response_bytes, large.size());
  EXPECT_EQ(entry.exchange->request.source_address, "127.1.1.1");
  EXPECT_EQ(entry.exchange->response.headers, (HeaderList{{"X-Test", "1"}}));
  EXPECT_FALSE(entry.error);
}

TEST_F(RecordingHttpTest, KeepsFailures) {
  fake_->FailWith("GET", "/a", testing::MakeError(ErrorKind::kTimeout, "too slow"));
  EXPECT_EQ(http_->Send(RequestTo("GET", "http://127.0.0.1:1/a")).error().kind, ErrorKind::kTimeout);
  const EvidenceEntry entry = log_.Entries().at(0);
  EXPECT_EQ(entry.error->what, "too slow");
  EXPECT_EQ(entry.exchange->request.url, "http://127.0.0.1:1/a");
  EXPECT_EQ(entry.exchange->response.status, 0);
}

TEST_F(RecordingHttpTest, LearnsCredentialsInHeaders) {
  fake_->Answer("GET", "/a", 200, "", {{"set-cookie", "session=cookie-secret-0123456789; Path=/; HttpOnly"}});
  HttpRequest request = RequestTo("GET", "http://127.0.0.1:1/a");
  request.headers = {{"AUTHORIZATION", "Bearer bearer-secret-0123456789"},
                     {"X-Api-Key", "api-key-secret-0123456789"},
                     {"x-company-auth", "Company company-secret-0123456789"},
                     {"Authorization", "Bearer garbage"},
                     {"X-Other", "not-secret-at-all-0123456789"}};
  ASSERT_TRUE(http_->Send(request));
  const std::string redacted = redactor_.Redact(
      "bearer-secret-0123456789 api-key-secret-0123456789 company-secret-0123456789 cookie-secret-0123456789 garbage "
      "not-secret-at-all-0123456789 Path=/");
  EXPECT_THAT(redacted, HasSubstr("garbage not-secret-at-all-0123456789 Path=/"));
  for (const char* word : {"bearer-", "api-key-", "company-", "cookie-"}) EXPECT_THAT(redacted, Not(HasSubstr(word)));
}

TEST(EvidenceLog, KeepsTheFirstAndTheLatest) {
  EvidenceLog log;
  const auto add = [&](int number) {
    EvidenceEntry entry;
    entry.statement = std::to_string(number);
    log.Add(entry);
  };
  for (int i = 0; i < 500; ++i) add(i);
  EXPECT_EQ(log.Entries().size(), 500u);
  EXPECT_EQ(log.dropped(), 0u);
  for (int i = 500; i < 1200; ++i) add(i);
  const std::vector<EvidenceEntry> entries = log.Entries();
  ASSERT_EQ(entries.size(), kMaxEvidenceEntries);
  EXPECT_EQ(log.dropped(), 700u);
  EXPECT_EQ(entries[99].statement, "99");
  EXPECT_EQ(entries[100].statement, "800");
  EXPECT_EQ(entries.back().statement, "1199");
}

TEST(EvidenceLog, KeepsWhatIsRightBeforeAViolation) {
  EvidenceLog log;
  Findings findings;
  log.Watch(findings);
  for (int i = 0; i < 2000; ++i) {
    if (i == 301 || i == 311) findings.AddViolation({"it rests on what came before", "", "", "", ""});
    EvidenceEntry entry;
    entry.statement = std::to_string(i);
    log.Add(entry);
  }
  const std::vector<EvidenceEntry> entries = log.Entries();
  ASSERT_EQ(entries.size(), 500u + 32 + 10) << "what lies before both is kept once";
  EXPECT_EQ(log.dropped(), 2000u - entries.size());
  EXPECT_EQ(entries[99].statement, "99");
  EXPECT_EQ(entries[100].statement, "269");
  EXPECT_EQ(entries[141].statement, "310");
  EXPECT_EQ(entries[142].statement, "1600");
}

TEST(EvidenceLog, ViolationsWithoutEndAreBounded) {
  EvidenceLog log;
  Findings findings;
  log.Watch(findings);
  for (int i = 0; i < 5000; ++i) {
    log.Add({});
    findings.AddViolation({});
  }
  EXPECT_LE(log.Entries().size(), kMaxEvidenceEntries + kMaxPinnedEntries);
}

}  // namespace
}  // namespace readiness
