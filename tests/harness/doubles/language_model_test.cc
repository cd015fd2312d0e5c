// The running language model double as targets and the harness reach it.

#include "doubles/language_model.h"

#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <thread>

#include "http_client.h"

namespace readiness::doubles::model {
namespace {

using Json = nlohmann::json;
using provider::Exchange;
using provider::Fetch;
using provider::Fetched;
using provider::IdleConnection;
using provider::Perform;
using provider::TemporaryFolder;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kChat = "/chat/completions";
constexpr const char* kQuestion =
    R"({"model":"gpt-4o-mini","temperature":0.2,"messages":[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"why \u00fc?"}]}]})";

class LanguageModelDoubleTest : public ::testing::Test {
 protected:
  LanguageModelDoubleTest() {
    config_.server.admin_socket = folder_.path() + "/admin.sock";
    config_.server.hosts = {"api.openai.example"};
    config_.server.ca_directory = folder_.path() + "/ca";
    config_.server.max_body_bytes = 256 * 1024;
    config_.api_key = "genuine";
    config_.reply = "the usual";
    auto started = LanguageModelDouble::Start(config_);
    if (!started) throw std::runtime_error(RenderError(started.error()));
    double_ = std::move(*started);
  }

  Fetch Request(const std::string& channel, const std::string& path, const std::string& body,
                const std::string& key = "genuine") const {
    Fetch fetch;
    fetch.url = "http://127.0.0.1:" + std::to_string(double_->port()) + "/channels/" + channel + "/v1" + path;
    fetch.body = body;
    if (!body.empty()) fetch.method = "POST";
    if (!key.empty()) fetch.headers.push_back("Authorization: Bearer " + key);
    return fetch;
  }
  Fetched Ask(const std::string& channel, const std::string& path = kChat, const std::string& body = kQuestion,
              const std::string& key = "genuine") const {
    return Perform(Request(channel, path, body, key));
  }
  Fetched Through(const std::string& user, const std::string& path, const std::string& host = "api.openai.example") {
    Fetch fetch = Request("x", path, kQuestion);
    fetch.url = "https://" + host + "/v1" + path;
    fetch.proxy = "http://" + (user.empty() ? "" : user + "@") + "127.0.0.1:" + std::to_string(double_->port());
    fetch.ca_file = double_->ca_file();
    return Perform(fetch);
  }
  Fetched Admin(const std::string& path, const std::string& body = {}) const {
    Fetch fetch;
    fetch.url = "http://double" + path;
    fetch.unix_socket = config_.server.admin_socket;
    fetch.body = body;
    if (!body.empty()) fetch.method = "POST";
    return Perform(fetch);
  }
  void Script(const std::string& channel, const Json& reply) const {
    const Fetched answer = Admin("/channels/" + channel + "/reply", reply.dump());
    EXPECT_EQ(answer.status, 200) << answer.body;
  }
  Json Calls(const std::string& channel, int after = 0) const {
    const Fetched answer = Admin("/channels/" + channel + "/calls?after=" + std::to_string(after));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body).at("calls");
  }
  static std::string Said(const Fetched& answer) {
    const Json body = Json::parse(answer.body, nullptr, false);
    if (body.is_discarded()) return "no JSON: " + answer.body;
    return body.at("choices").at(0).at("message").at("content");
  }

  TemporaryFolder folder_;
  Config config_;
  std::unique_ptr<LanguageModelDouble> double_;
};

TEST_F(LanguageModelDoubleTest, AnswersLikeTheRealOneAndRemembers) {
  const Fetched answer = Ask("run");
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(Said(answer), "the usual");
  const Json body = Json::parse(answer.body);
  EXPECT_EQ(body.at("object"), "chat.completion");
  EXPECT_EQ(body.at("model"), "gpt-4o-mini");
  EXPECT_EQ(body.at("choices").at(0).at("finish_reason"), "stop");
  EXPECT_GT(body.at("usage").at("total_tokens"), 0);
  const Json calls = Calls("run");
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].at("sequence"), 1);
  EXPECT_EQ(calls[0].at("channel"), "run");
  EXPECT_EQ(calls[0].at("method"), "POST");
  EXPECT_EQ(calls[0].at("path"), "/channels/run/v1/chat/completions");
  EXPECT_EQ(calls[0].at("genuine_key"), true);
  EXPECT_EQ(calls[0].at("prompt"), "be brief\nwhy \u00fc?");
  EXPECT_EQ(calls[0].at("request"), Json::parse(kQuestion));
  EXPECT_EQ(calls[0].at("status"), 200);
}

TEST_F(LanguageModelDoubleTest, ChannelsAreApart) {
  Script("a", {{"content", "for a"}});
  EXPECT_EQ(Said(Ask("a")), "for a");
  EXPECT_EQ(Said(Ask("b")), "the usual");
  EXPECT_EQ(Calls("a").size(), 1u);
  EXPECT_EQ(Calls("b").size(), 1u);
  EXPECT_EQ(Calls("c").size(), 0u);
  Ask("a");
  EXPECT_EQ(Calls("a", 1).size(), 1u);
  EXPECT_EQ(Calls("a", 1)[0].at("sequence"), 3);
}

TEST_F(LanguageModelDoubleTest, AReplyHoldsUntilTheNext) {
  struct Case {
    Json reply;
    int status;
    std::string part;
  };
  const std::vector<Case> cases = {
      {{{"content", "first"}}, 200, "first"},
      {{{"status", 429}}, 429, "rate_limit_exceeded"},
      {{{"status", 500}, {"content", "own words"}}, 500, "own words"},
      {{{"status", 503}, {"raw_body", "<html>"}}, 503, "<html>"},
      {{{"raw_body", R"({"choices":[{"mess)"}}, 200, R"({"choices":[{"mess)"},
      {{{"raw_body", ""}}, 200, ""},
      {{{"content", ""}}, 200, R"("content":"")"},
      {{{"content", "\u0421auses \u200b"}, {"delay_ms", 20}}, 200, "\u0421auses \u200b"},
  };
  for (const auto& [reply, status, part] : cases) {
    Script("run", reply);
    for (int i = 0; i < 2; ++i) {
      const Fetched answer = Ask("run");
      EXPECT_EQ(answer.status, status) << reply;
      EXPECT_THAT(answer.body, HasSubstr(part)) << reply;
      if (part.empty()) {
        EXPECT_EQ(answer.body, "");
      }
    }
    EXPECT_EQ(Calls("run").back().at("status"), status);
  }
  EXPECT_EQ(Calls("run").size(), 2 * cases.size());
}

TEST_F(LanguageModelDoubleTest, TheKeyIsChecked) {
  for (const char* key : {"", "wrong", "genuine "}) {
    const Fetched answer = Ask("run", kChat, kQuestion, key);
    if (std::string(key) == "genuine ") continue;  // clients and servers trim header values
    EXPECT_EQ(answer.status, 401) << key;
    EXPECT_THAT(answer.body, HasSubstr("invalid_api_key"));
    EXPECT_EQ(Calls("run").back().at("genuine_key"), false);
    EXPECT_EQ(Calls("run").back().at("prompt"), "be brief\nwhy \u00fc?");
    EXPECT_EQ(Calls("run").back().at("status"), 401);
  }
  Script("run", {{"hang", true}});
  EXPECT_EQ(Ask("run", kChat, kQuestion, "wrong").status, 401);
}

TEST_F(LanguageModelDoubleTest, KnowsTheOtherEndpoints) {
  struct Case {
    std::string path, body;
    std::vector<std::string> parts;
    std::string prompt;
  };
  const std::vector<Case> cases = {
      {"/completions", R"({"model":"m","prompt":["a","b"]})", {R"("text":"the usual")"}, "a\nb"},
      {"/responses",
       R"({"model":"m","instructions":"i","input":[{"role":"user","content":[{"type":"input_text","text":"q"}]}]})",
       {R"("output_text")", "the usual"},
       "i\nq"},
      {"/responses",
       R"({"model":"m","input":"q","stream":true})",
       {"event: response.output_text.delta", "event: response.completed"},
       "q"},
      {"/embeddings", R"({"model":"m","input":["a","b"]})", {R"("index":1)", "1.0"}, "a\nb"},
      {"/embeddings", R"({"model":"m","input":"a","encoding_format":"base64"})", {R"("embedding":"AA)"}, "a"},
      {"/models", "", {R"("object":"list")"}, ""},
      {"/models/gpt-x", "", {R"("id":"gpt-x")"}, ""},
  };
  Script("run", {{"content", "the usual"}});
  for (const auto& [path, body, parts, prompt] : cases) {
    const Fetched answer = Ask("run", path, body);
    EXPECT_EQ(answer.status, 200) << path << answer.body;
    for (const auto& part : parts) EXPECT_THAT(answer.body, HasSubstr(part)) << path;
    EXPECT_EQ(Calls("run").back().at("prompt"), prompt) << path;
  }
  EXPECT_EQ(Calls("run").size(), cases.size());
}

TEST_F(LanguageModelDoubleTest, StreamsWhenAskedTo) {
  const Fetched answer = Ask("run", kChat, R"({"model":"m","stream":true,"messages":[{"role":"user","content":"q"}]})");
  EXPECT_THAT(answer.body, StartsWith("data: {"));
  EXPECT_THAT(answer.body, HasSubstr(R"("content":"the usual")"));
  EXPECT_THAT(answer.body, HasSubstr("chat.completion.chunk"));
  EXPECT_TRUE(answer.body.ends_with("data: [DONE]\n\n"));
}

TEST_F(LanguageModelDoubleTest, RefusesWhatTheRealOneRefusesAndRemembersIt) {
  struct Case {
    std::string path, body;
    int status;
  };
  const std::vector<Case> cases = {
      {kChat, "no JSON", 400},
      {kChat, "[]", 400},
      {kChat, R"({"messages":[{"role":"user","content":"q"}]})", 400},
      {kChat, R"({"model":"m"})", 400},
      {kChat, R"({"model":"m","messages":[]})", 400},
      {kChat, R"({"model":"m","messages":"q"})", 400},
      {kChat, R"({"model":"m","messages":[{"a":NaN}]})", 400},
      {kChat, R"({"model":"m","messages":)" + std::string(1000, '[') + std::string(1000, ']') + "}", 400},
      {kChat, "", 405},
      {"/models", "{}", 405},
      {"/audio/speech", "{}", 404},
      {"", "{}", 404},
      {kChat, std::string(300 * 1024, 'x'), 413},
      {"/embeddings",
       R"({"model":"m","input":[)" + std::string(100, ' ') + R"("a")" +
           [] {
             std::string more;
             for (int i = 0; i < 100; ++i) more += R"(,"a")";
             return more;
           }() +
           "]}",
       400},
  };
  std::size_t count = 0;
  for (const auto& [path, body, status] : cases) {
    const Fetched answer = Ask("run", path, body);
    EXPECT_EQ(answer.status, status) << path << body.substr(0, 80);
    const Json calls = Calls("run");
    ASSERT_EQ(calls.size(), ++count) << path << body.substr(0, 80);
    EXPECT_EQ(calls.back().at("status"), status);
    EXPECT_EQ(calls.back().at("genuine_key"), true);
  }
}

TEST_F(LanguageModelDoubleTest, ServesAHardCodedUpstreamThroughTheProxy) {
  const Fetched answer = Through("instance-1", kChat);
  ASSERT_EQ(answer.status, 200) << answer.curl_code;
  const Json calls = Calls("instance-1");
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].at("path"), "/v1/chat/completions");
  EXPECT_EQ(calls[0].at("channel"), "instance-1");
  EXPECT_EQ(Calls("other").size(), 0u);
}

TEST_F(LanguageModelDoubleTest, WhatNamesNoChannelIsToldToEveryChannel) {
  EXPECT_EQ(Through("", kChat).status, 200);
  Fetch plain = Request("x", kChat, kQuestion);
  plain.url = "http://127.0.0.1:" + std::to_string(double_->port()) + "/v1/chat/completions";
  EXPECT_EQ(Perform(plain).status, 404);
  EXPECT_EQ(Ask("a%2Fb").status, 404);
  Ask("a");
  for (const char* channel : {"a", "b"}) {
    const Json calls = Calls(channel);
    ASSERT_EQ(calls.size(), std::string(channel) == "a" ? 4u : 3u);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(calls[static_cast<std::size_t>(i)].at("channel"), "");
  }
}

TEST_F(LanguageModelDoubleTest, ForwardsNothing) {
  EXPECT_EQ(Through("run", kChat, "elsewhere.example").proxy_status, 403);
  EXPECT_EQ(Calls("run").back().at("path"), "elsewhere.example:443");
  Fetch absolute = Request("run", kChat, kQuestion);
  absolute.url = "http://elsewhere.example/v1/chat/completions";
  absolute.proxy = "http://run@127.0.0.1:" + std::to_string(double_->port());
  EXPECT_EQ(Perform(absolute).status, 403);
  Fetch misdirected = Request("run", kChat, kQuestion);
  misdirected.headers.emplace_back("Host: elsewhere.example");
  EXPECT_EQ(Perform(misdirected).status, 421);
}

TEST_F(LanguageModelDoubleTest, AHangDisturbsNobodyElse) {
  Script("stuck", {{"hang", true}});
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 70; ++i) {
    clients.emplace_back([&] {
      Fetch fetch = Request("stuck", kChat, kQuestion);
      fetch.timeout_ms = 1500;
      const Fetched answer = Perform(fetch);
      if (answer.status != 0) ++answered;
    });
  }
  Fetched other;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) other = Ask("other");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(other.status, 200);
  for (auto& client : clients) client.join();
  // 64 hang; the rest is turned away so that other channels keep their places.
  EXPECT_EQ(answered, 6);
  const Json calls = Calls("stuck");
  ASSERT_EQ(calls.size(), 70u);
  EXPECT_EQ(std::count_if(calls.begin(), calls.end(), [](const Json& call) { return call.at("status") == 0; }), 64);
  // Their clients are gone, and so are they.
  Script("stuck", {{"content", "again"}, {"delay_ms", 1}});
  EXPECT_EQ(Said(Ask("stuck")), "again");
}

TEST_F(LanguageModelDoubleTest, EndsAtOnceWhileRequestsHang) {
  Script("run", {{"hang", true}});
  std::thread client([this, request = Request("run", kChat, kQuestion)] { Perform(request); });
  while (Calls("run").empty()) std::this_thread::yield();
  const auto begin = std::chrono::steady_clock::now();
  double_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
  client.join();
}

TEST_F(LanguageModelDoubleTest, HostileClientsAreBounded) {
  EXPECT_THAT(Exchange(double_->port(), "garbage\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Exchange(double_->port(), "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(Exchange(double_->port(), "POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
  Exchange(double_->port(), "CONNECT api.openai.example:443 HTTP/1.1\r\n\r\nno TLS", true);
  EXPECT_EQ(Calls("any").size(), 4u);
  std::vector<std::unique_ptr<IdleConnection>> idle;
  for (int i = 0; i < 100; ++i) idle.push_back(std::make_unique<IdleConnection>(double_->port()));
  EXPECT_EQ(Ask("run").status, 200);
}

TEST_F(LanguageModelDoubleTest, TheAdminApiIsStrict) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"/channels/run/reply", "[]"},
      {"/channels/run/reply", R"({"status":302})"},
      {"/channels/run/reply", R"({"status":204})"},
      {"/channels/run/reply", R"({"status":"200"})"},
      {"/channels/run/reply", R"({"delay_ms":-1})"},
      {"/channels/run/reply", R"({"delay_ms":9000000})"},
      {"/channels/run/reply", R"({"hang":1})"},
      {"/channels/run/reply", R"({"contents":"x"})"},
      {"/channels/run/reply", R"({"content":7})"},
      {"/channels/a%20b/reply", "{}"},
      {"/channels/run/calls?before=1", ""},
      {"/channels/run/calls?after=x", ""},
      {"/channels/run/calls?after=-1", ""},
  };
  for (const auto& [path, body] : wrong) EXPECT_EQ(Admin(path, body).status, 400) << path << body;
  EXPECT_EQ(Admin("/channels/run/other").status, 404);
  EXPECT_EQ(Admin("/calls").status, 404);
  EXPECT_EQ(Admin("/channels/run/calls", "{}").status, 405);
  EXPECT_EQ(Said(Ask("run")), "the usual");
}

TEST_F(LanguageModelDoubleTest, ALongLogComesInPieces) {
  const std::string body =
      R"({"model":"m","messages":[{"role":"user","content":")" + std::string(200 * 1024, 'x') + R"("}]})";
  for (int i = 0; i < 12; ++i) ASSERT_EQ(Ask("run", kChat, body).status, 200);
  std::size_t seen = 0;
  std::int64_t after = 0;
  int pieces = 0;
  for (bool more = true; more && pieces < 20; ++pieces) {
    const Fetched answer = Admin("/channels/run/calls?after=" + std::to_string(after));
    EXPECT_LT(answer.body.size(), 8u * 1024 * 1024);
    const Json page = Json::parse(answer.body);
    more = page.at("more");
    seen += page.at("calls").size();
    after = page.at("calls").back().at("sequence");
  }
  EXPECT_EQ(seen, 12u);
  EXPECT_GT(pieces, 1);
  for (int i = 0; i < 40; ++i) Ask("run", kChat, body);
  EXPECT_EQ(Ask("run", kChat, body).status, 503);
  EXPECT_EQ(Admin("/channels/run/calls?after=0").status, 507);
  EXPECT_EQ(Ask("other").status, 200);
}

}  // namespace
}  // namespace readiness::doubles::model
