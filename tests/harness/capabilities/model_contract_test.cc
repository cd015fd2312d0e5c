// The client of the language model double and the double itself, which are written apart, speak the same JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "capabilities/http/http_curl.h"
#include "capabilities/session_doubles.h"
#include "doubles/language_model.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ModelContractTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char directory[] = "/tmp/model_contract_test_XXXXXX";
    ASSERT_NE(::mkdtemp(directory), nullptr);
    directory_ = directory;
    doubles::model::Config config;
    config.server.admin_socket = directory_ + "/admin.sock";
    config.server.hosts = {"api.example.com"};
    config.server.ca_directory = directory_;
    config.api_key = "genuine";
    config.reply = "the usual";
    auto started = doubles::model::LanguageModelDouble::Start(config);
    ASSERT_TRUE(started) << RenderError(started.error());
    double_ = std::move(*started);
    target_.language_models = {"llm"};
    session_.language_models["llm"] = {config.server.admin_socket, "run"};
    model_ = doubles_.OpenLanguageModel("llm").value();
  }
  void TearDown() override {
    double_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  HttpResponse Ask(const std::string& channel, const std::string& prompt, const std::string& key = "genuine") {
    HttpRequest request;
    request.method = "POST";
    request.url =
        "http://127.0.0.1:" + std::to_string(double_->port()) + "/channels/" + channel + "/v1/chat/completions";
    request.headers = {{"Authorization", "Bearer " + key}, {"Content-Type", "application/json"}};
    request.body = Json{{"model", "m"}, {"messages", {{{"role", "user"}, {"content", prompt}}}}}.dump();
    const Result<Exchange> exchange = MakeCurlHttp({})->Send(request);
    EXPECT_TRUE(exchange);
    return exchange ? exchange->response : HttpResponse();
  }

  std::string directory_;
  std::unique_ptr<doubles::model::LanguageModelDouble> double_;
  Redactor redactor_;
  SecretKeeper secrets_{redactor_};
  EvidenceLog log_;
  Target target_;
  Session session_;
  SessionDoubles doubles_{target_, session_, log_, secrets_};
  LanguageModel* model_ = nullptr;
};

TEST_F(ModelContractTest, RepliesAreScriptedAndCallsAreSeen) {
  EXPECT_THAT(*model_->Calls(), IsEmpty());
  EXPECT_THAT(Ask("run", "why ü?").body, HasSubstr("the usual"));
  ModelReply reply;
  reply.content = "c\u0430uses \"it\"";
  reply.delay = std::chrono::milliseconds(1);
  ASSERT_TRUE(model_->AnswerWith(reply));
  EXPECT_THAT(Ask("run", "again").body, HasSubstr("c\u0430uses \\\"it\\\""));
  reply.status = 429;
  ASSERT_TRUE(model_->AnswerWith(reply));
  EXPECT_EQ(Ask("run", "third").status, 429);
  reply.raw_body = "{\"cut";
  ASSERT_TRUE(model_->AnswerWith(reply));
  EXPECT_EQ(Ask("run", "fourth").body, "{\"cut");
  EXPECT_EQ(Ask("run", "fifth", "wrong").status, 401);
  const auto calls = model_->Calls();
  ASSERT_TRUE(calls) << RenderError(calls.error());
  ASSERT_THAT(*calls, SizeIs(5));
  EXPECT_EQ(calls->front().prompt, "why ü?");
  EXPECT_EQ(calls->front().request.at("model"), "m");
  EXPECT_TRUE(calls->front().genuine_key);
  EXPECT_FALSE(calls->front().unattributed);
  EXPECT_FALSE(calls->back().genuine_key);
  EXPECT_EQ(calls->back().status, 401);
  EXPECT_THAT(*model_->Calls(), SizeIs(5));
}

TEST_F(ModelContractTest, TheChannelOfTheSessionIsFollowed) {
  Ask("run", "of the run");
  ASSERT_THAT(*model_->Calls(), SizeIs(1));
  session_.language_models["llm"].channel = "instance-1-api";
  EXPECT_THAT(*model_->Calls(), IsEmpty());
  ModelReply reply;
  reply.content = "for the instance";
  ASSERT_TRUE(model_->AnswerWith(reply));
  EXPECT_THAT(Ask("instance-1-api", "x").body, HasSubstr("for the instance"));
  EXPECT_THAT(Ask("run", "x").body, HasSubstr("the usual"));
  ASSERT_THAT(*model_->Calls(), SizeIs(1));
  session_.language_models["llm"].channel = "run";
  EXPECT_THAT(*model_->Calls(), SizeIs(2));
}

TEST_F(ModelContractTest, CallsOfNobodyAreMarked) {
  Ask("a%20b", "x");
  ASSERT_THAT(*model_->Calls(), SizeIs(1));
  EXPECT_TRUE(model_->Calls()->front().unattributed);
}

TEST_F(ModelContractTest, LongLogsArriveWhole) {
  for (int i = 0; i < 12; ++i) Ask("run", std::string(200'000, 'x'));
  EXPECT_THAT(*model_->Calls(), SizeIs(12));
}

TEST_F(ModelContractTest, WhatWasScriptedAndAskedIsEvidence) {
  ModelReply reply;
  reply.content = "a bad word";
  ASSERT_TRUE(model_->AnswerWith(reply));
  Ask("run", "the question");
  ASSERT_TRUE(model_->Calls());
  ASSERT_THAT(log_.Entries(), SizeIs(2));
  EXPECT_THAT(log_.Entries()[0].statement, HasSubstr("a bad word"));
  EXPECT_THAT(log_.Entries()[1].statement, HasSubstr("the question"));
  EXPECT_THAT(log_.Entries()[1].statement, HasSubstr("genuine key"));
}

TEST_F(ModelContractTest, WrongScriptsAndADeadDoubleAreErrors) {
  ModelReply reply;
  reply.status = 302;
  EXPECT_EQ(model_->AnswerWith(reply).error().kind, ErrorKind::kTarget);
  reply.status = 200;
  reply.content = "\xff";
  EXPECT_EQ(model_->AnswerWith(reply).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(doubles_.OpenLanguageModel("other").error().kind, ErrorKind::kNotAvailable);
  double_.reset();
  EXPECT_EQ(model_->Calls().error().kind, ErrorKind::kTarget);
}

}  // namespace
}  // namespace readiness
