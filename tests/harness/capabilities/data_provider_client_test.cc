#include "capabilities/data_provider_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/unix_socket_http.h"
#include "sample_target.h"
#include "unix_socket_server.h"
#include "capabilities/session_doubles.h"

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class DataProviderClientTest : public ::testing::Test {
 protected:
  Result<ProviderAccount> OpenWith(const std::string& answer) {
    UnixSocketServer server({answer});
    DataProviderClient client("whoop", server.path(), secrets_);
    Result<ProviderAccount> account = client.OpenAccount("owner \"x\"", 2);
    requests_ = server.requests();
    return account;
  }
  Result<std::vector<ProviderCall>> CallsWith(const std::string& answer) {
    UnixSocketServer server({answer});
    DataProviderClient client("whoop", server.path(), secrets_);
    Result<std::vector<ProviderCall>> calls = client.Calls("acc/1 2");
    requests_ = server.requests();
    return calls;
  }

  Redactor redactor_;
  SecretKeeper secrets_{redactor_};
  std::vector<std::string> requests_;
};

constexpr const char* kAccount =
    R"({"id":"a1","authorization_code":"the-code-1234","canaries":["48.271934","51.5"],"records":2})";

TEST_F(DataProviderClientTest, OpensAccounts) {
  const ProviderAccount account = OpenWith(UnixSocketServer::Json(201, kAccount)).value();
  EXPECT_EQ(account.id, "a1");
  EXPECT_EQ(account.authorization_code, "the-code-1234");
  EXPECT_THAT(account.canaries, ElementsAre("48.271934", "51.5"));
  EXPECT_EQ(account.records, 2);
  EXPECT_THAT(redactor_.Redact("x the-code-1234"), Not(HasSubstr("the-code")));
  ASSERT_EQ(requests_.size(), 1u);
  EXPECT_TRUE(requests_[0].starts_with("POST /accounts HTTP/1.1\r\n")) << requests_[0];
  EXPECT_THAT(requests_[0], HasSubstr(R"({"label":"owner \"x\"","records":2})"));
}

TEST_F(DataProviderClientTest, ReadsTheCallLogInOrder) {
  const std::vector<ProviderCall> calls = CallsWith(UnixSocketServer::Json(200, R"({"calls":[
        {"sequence":9,"kind":"data","account":"acc/1 2","method":"GET","host":"h","path":"/v1?x=1","status":200},
        {"sequence":3,"kind":"token","account":"acc/1 2","method":"POST","host":"h","path":"/token","status":400},
        {"sequence":5,"kind":"other","account":"","method":"GET","host":"evil","path":"/","status":404}]})"))
                                              .value();
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0].kind, ProviderCallKind::kToken);
  EXPECT_EQ(calls[0].status, 400);
  EXPECT_EQ(calls[1].kind, ProviderCallKind::kOther);
  EXPECT_EQ(calls[1].account, "");
  EXPECT_EQ(calls[1].host, "evil");
  EXPECT_EQ(calls[2].sequence, 9);
  EXPECT_EQ(calls[2].path, "/v1?x=1");
  EXPECT_TRUE(requests_.at(0).starts_with("GET /calls?account=acc%2F1%202 HTTP/1.1\r\n")) << requests_[0];
  EXPECT_TRUE(CallsWith(UnixSocketServer::Json(200, R"({"calls":[]})")).value().empty());
}

TEST_F(DataProviderClientTest, AnAccountThatCannotBeUsedIsAnError) {
  const std::vector<std::string> answers = {
      UnixSocketServer::Json(200, kAccount),
      UnixSocketServer::Json(500, "oops"),
      UnixSocketServer::Json(201, ""),
      UnixSocketServer::Json(201, "[]"),
      UnixSocketServer::Json(201, "{}"),
      UnixSocketServer::Json(201, R"({"id":7,"authorization_code":"c","canaries":["x"],"records":2})"),
      UnixSocketServer::Json(201, R"({"id":"","authorization_code":"c","canaries":["x"],"records":2})"),
      UnixSocketServer::Json(201, R"({"id":"a","authorization_code":"","canaries":["x"],"records":2})"),
      UnixSocketServer::Json(201, R"({"id":"a","authorization_code":"c","canaries":[],"records":2})"),
      UnixSocketServer::Json(201, R"({"id":"a","authorization_code":"c","canaries":[1.5],"records":2})"),
      UnixSocketServer::Json(201, R"({"id":"a","authorization_code":"c","canaries":"x","records":2})"),
      UnixSocketServer::Json(201, R"({"id":"a","authorization_code":"c","canaries":["x"],"records":1})"),
      UnixSocketServer::Json(201, R"({"id":"a","id":"b","authorization_code":"c","canaries":["x"],"records":2})"),
      "HTTP/1.1 201 X\r\nContent-Length: 500\r\n\r\n{}",
      "nonsense",
      "",
  };
  for (const std::string& answer : answers) {
    const Result<ProviderAccount> account = OpenWith(answer);
    ASSERT_FALSE(account) << answer;
    EXPECT_EQ(account.error().kind, ErrorKind::kTarget) << answer;
    EXPECT_THAT(account.error().what, HasSubstr("\"whoop\"")) << answer;
  }
}

TEST_F(DataProviderClientTest, ACallLogThatCannotBeReadIsAnError) {
  const std::string good = R"("account":"","method":"GET","host":"h","path":"/")";
  const std::vector<std::string> bodies = {
      "{}",
      R"({"calls":{}})",
      R"({"calls":[7]})",
      R"({"calls":[{"sequence":1,"kind":"data"}]})",
      R"({"calls":[{"sequence":1,"kind":"strange","status":200,)" + good + "}]}",
      R"({"calls":[{"sequence":"1","kind":"data","status":200,)" + good + "}]}",
      R"({"calls":[{"sequence":1,"kind":"data","status":99999999999,)" + good + "}]}",
      R"({"calls":[{"sequence":1,"kind":"data","status":200,"account":"other","method":"GET","host":"h","path":"/"}]})",
  };
  for (const std::string& body : bodies) {
    const auto calls = CallsWith(UnixSocketServer::Json(200, body));
    ASSERT_FALSE(calls) << body;
    EXPECT_EQ(calls.error().kind, ErrorKind::kTarget);
  }
  EXPECT_EQ(CallsWith(UnixSocketServer::Json(404, "{}")).error().expected, "status 200");
}

TEST_F(DataProviderClientTest, NoServerAndNoRecordsAreErrors) {
  DataProviderClient client("whoop", "/tmp/no-such-directory/admin.sock", secrets_);
  EXPECT_EQ(client.OpenAccount("owner", 2).error().kind, ErrorKind::kTarget);
  EXPECT_EQ(client.Calls("a").error().kind, ErrorKind::kTarget);
  EXPECT_EQ(client.OpenAccount("owner", 0).error().kind, ErrorKind::kUsage);
  DataProviderClient long_path("whoop", "/tmp/" + std::string(300, 'x'), secrets_);
  EXPECT_EQ(long_path.Calls("a").error().kind, ErrorKind::kTarget);
}

TEST(UnixSocketHttp, BoundsSizeAndTime) {
  UnixSocketServer server({UnixSocketServer::Json(200, std::string(2000, 'x'))});
  const auto answer = SendOverUnixSocket(server.path(), "GET", "/", "", std::chrono::seconds(10), 1000);
  EXPECT_EQ(answer.error().kind, ErrorKind::kLimit);
  UnixSocketServer slow({"HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\n"});
  // Its answer is cut off, not late: the peer closes at once.
  EXPECT_EQ(SendOverUnixSocket(slow.path(), "GET", "/", "").error().kind, ErrorKind::kTarget);
  const int silent = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const std::string path = "/tmp/unix_socket_silent_" + std::to_string(::getpid());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(silent, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(silent, 1), 0);
  EXPECT_EQ(SendOverUnixSocket(path, "GET", "/", "", std::chrono::milliseconds(50)).error().kind, ErrorKind::kTimeout);
  ::close(silent);
  ::unlink(path.c_str());
}

TEST(SessionDoubles, OpensWhatIsDeclaredAndProvided) {
  const Target target = SampleTarget();
  Session session = SampleSession();
  Redactor redactor;
  SecretKeeper secrets(redactor);
  EvidenceLog log;
  SessionDoubles doubles(target, session, log, secrets);
  EXPECT_EQ(doubles.OpenDataProvider("whoop").error().kind, ErrorKind::kNotAvailable);
  EXPECT_THAT(doubles.OpenDataProvider("oura").error().what, HasSubstr("not declared"));
  session.data_providers["whoop"] = {"/tmp/x.sock"};
  DataProvider* first = doubles.OpenDataProvider("whoop").value();
  EXPECT_EQ(first, doubles.OpenDataProvider("whoop").value());
}

}  // namespace
}  // namespace readiness
