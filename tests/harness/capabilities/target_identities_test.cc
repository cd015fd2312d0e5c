#include "capabilities/target_identities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "readiness/testing.h"
#include "sample_target.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TargetIdentitiesTest : public ::testing::Test {
 protected:
  void AnswerAll() {
    actions_.Answer("register_user", "*", 201).Captures("user_id", 7).IsExpected();
    actions_.Answer("login", "*", 200).Captures("access_token", "the-access-token");
  }

  Target target_ = SampleTarget();
  Session session_ = SampleSession();
  Redactor redactor_;
  SecretKeeper secrets_{redactor_};
  testing::FakeActions actions_;
  TargetIdentities identities_{target_, session_, "C2ai-health", actions_, secrets_};
};

std::string Text(const Identity& identity, const std::string& name) {
  return identity.values.at(name).get<std::string>();
}

TEST_F(TargetIdentitiesTest, RunsCreateAsTheIdentityBeingMade) {
  AnswerAll();
  const Identity owner = identities_.Create("user", "owner").value();
  EXPECT_EQ(owner.label, "owner");
  EXPECT_EQ(owner.kind, "user");
  EXPECT_EQ(owner.owner, "7");
  EXPECT_EQ(owner.token, "the-access-token");
  EXPECT_EQ(owner.values.at("user_id"), 7);
  EXPECT_TRUE(owner.source_address.starts_with("127.")) << owner.source_address;
  ASSERT_EQ(actions_.calls.size(), 2u);
  EXPECT_EQ(actions_.calls[0].action, "register_user");
  EXPECT_EQ(actions_.calls[0].who.token, "");
  EXPECT_EQ(actions_.calls[0].who.source_address, owner.source_address);
  EXPECT_EQ(actions_.calls[0].who.values.at("email"), owner.values.at("email"));
  EXPECT_EQ(actions_.calls[1].who.values.at("user_id"), 7);
}

TEST_F(TargetIdentitiesTest, LaterCreateActionsCarryTheToken) {
  AnswerAll();
  actions_.Answer("make_tenant", "*", 200);
  target_.identities["user"].create.push_back("make_tenant");
  ASSERT_TRUE(identities_.Create("user", "owner"));
  EXPECT_EQ(actions_.calls.at(2).who.token, "the-access-token");
}

TEST_F(TargetIdentitiesTest, NamesAndAddressesNeverRepeat) {
  AnswerAll();
  std::set<std::string> names;
  std::set<std::string> addresses;
  std::set<std::string> passwords;
  for (int process = 0; process < 4; ++process) {
    TargetIdentities same_item(target_, session_, "C2ai-health", actions_, secrets_);
    for (int i = 0; i < 10; ++i) {
      const Identity identity = same_item.Create("user", "owner").value();
      const std::string unique = Text(identity, "unique");
      EXPECT_TRUE(std::islower(static_cast<unsigned char>(unique[0])));
      EXPECT_TRUE(std::all_of(unique.begin(), unique.end(), [](unsigned char c) {
        return std::islower(c) || std::isdigit(c);
      })) << unique;
      EXPECT_THAT(unique, HasSubstr("c2aihealth"));
      EXPECT_LE(unique.size(), 32u);
      EXPECT_EQ(Text(identity, "email"), unique + "@readiness.example.com");
      names.insert(unique);
      addresses.insert(identity.source_address);
      passwords.insert(Text(identity, "password"));
    }
  }
  EXPECT_EQ(names.size(), 40u);
  EXPECT_EQ(addresses.size(), 40u);
  EXPECT_EQ(passwords.size(), 40u);
}

TEST_F(TargetIdentitiesTest, NamesAreCleanWhateverTheItemIsCalled) {
  AnswerAll();
  TargetIdentities odd(target_, session_, "4.2_Ü-§/x\"", actions_, secrets_);
  const std::string unique = Text(odd.Create("user", "owner").value(), "unique");
  EXPECT_TRUE(
      std::all_of(unique.begin(), unique.end(), [](unsigned char c) { return std::islower(c) || std::isdigit(c); }));
}

TEST(GeneratePassword, HasEveryClass) {
  for (int i = 0; i < 200; ++i) {
    const std::string password = GeneratePassword();
    EXPECT_GE(password.size(), 24u);
    const auto has = [&](int (*check)(int)) {
      return std::any_of(password.begin(), password.end(), [&](unsigned char c) { return check(c) != 0; });
    };
    EXPECT_TRUE(has(std::isupper) && has(std::islower) && has(std::isdigit) && has(std::ispunct)) << password;
    EXPECT_TRUE(std::isalpha(static_cast<unsigned char>(password[0])));
  }
}

TEST_F(TargetIdentitiesTest, CredentialsAreSecret) {
  AnswerAll();
  const Identity owner = identities_.Create("user", "owner").value();
  const std::string shown = redactor_.Redact("pw " + Text(owner, "password") + " token the-access-token");
  EXPECT_THAT(shown, Not(HasSubstr("the-access-token")));
  EXPECT_THAT(shown, Not(HasSubstr(Text(owner, "password"))));
}

TEST_F(TargetIdentitiesTest, SourceAddressOnlyWhenAServiceListensOnPlainLoopback) {
  AnswerAll();
  session_.services["api"].url = "http://localhost:4000";
  EXPECT_EQ(identities_.Create("user", "owner").value().source_address, "");
}

TEST_F(TargetIdentitiesTest, UnknownKindIsNotAvailable) {
  const Error error = identities_.Create("usr", "owner").error();
  EXPECT_EQ(error.kind, ErrorKind::kNotAvailable);
  EXPECT_THAT(error.what, HasSubstr("\"usr\""));
  EXPECT_THAT(error.fix, HasSubstr("\"user\""));
}

TEST_F(TargetIdentitiesTest, ACreateActionThatFailsIsTheTargetsFault) {
  actions_.Answer("register_user", "*", 429, "slow down").Captures("user_id", 7);
  const Error error = identities_.Create("user", "owner").error();
  EXPECT_EQ(error.kind, ErrorKind::kTarget);
  EXPECT_THAT(error.what, HasSubstr("identity \"owner\" of kind user was not created"));
  EXPECT_THAT(error.what, HasSubstr("register_user"));
  EXPECT_THAT(error.actual, HasSubstr("429"));
  EXPECT_THAT(error.actual, HasSubstr("slow down"));
  EXPECT_EQ(actions_.calls.size(), 1u);
}

TEST_F(TargetIdentitiesTest, ErrorsOfActionsKeepTheirKind) {
  actions_.FailWith("register_user", "*", testing::MakeError(ErrorKind::kTimeout, "too slow"));
  const Error error = identities_.Create("user", "owner").error();
  EXPECT_EQ(error.kind, ErrorKind::kTimeout);
  EXPECT_THAT(error.what, HasSubstr("too slow"));
  EXPECT_THAT(error.what, HasSubstr("\"owner\""));
}

TEST_F(TargetIdentitiesTest, EmptyOrMissingOwnerOrTokenIsNoIdentity) {
  struct Case {
    Values captured;
    std::string part;
  };
  const std::vector<Case> cases = {
      {{{"user_id", 7}}, "token"},
      {{{"user_id", 7}, {"access_token", ""}}, "token is empty"},
      {{{"access_token", "t"}}, "owner"},
      {{{"user_id", ""}, {"access_token", "t"}}, "owner is empty"},
      {{{"user_id", Json::object()}, {"access_token", "t"}}, "owner"},
  };
  for (const Case& c : cases) {
    testing::FakeActions actions;
    testing::ScriptedAction& answer = actions.Answer("register_user", "*", 201);
    for (const auto& [name, value] : c.captured) answer.Captures(name, value);
    actions.Answer("login", "*", 200);
    TargetIdentities identities(target_, session_, "C2", actions, secrets_);
    const Result<Identity> identity = identities.Create("user", "owner");
    ASSERT_FALSE(identity) << c.part;
    EXPECT_EQ(identity.error().kind, ErrorKind::kTarget);
    EXPECT_THAT(identity.error().what, HasSubstr(c.part));
  }
}

}  // namespace
}  // namespace readiness
