// What the tokens are worth is judged by libjwt, which shares no code with the minter.

#include "capabilities/tokens/jwt_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <jwt.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <ctime>
#include <set>

#include "capabilities/tokens/base64url.h"
#include "capabilities/tokens/signature.h"

namespace readiness {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kKey = "a-signing-key-of-the-deployment-0123456789";

struct Decoded {
  long exp = 0;
  long iat = 0;
  long nbf = 0;
  std::string subject;
};

/// What libjwt makes of `token` under `key`; nothing when it rejects it.
std::optional<Decoded> Judge(const std::string& token, const std::string& key = kKey) {
  jwt_t* jwt = nullptr;
  const int status = jwt_decode(&jwt, token.c_str(), reinterpret_cast<const unsigned char*>(key.c_str()),
                                static_cast<int>(key.size()));
  if (status != 0) return std::nullopt;
  Decoded decoded{jwt_get_grant_int(jwt, "exp"), jwt_get_grant_int(jwt, "iat"), jwt_get_grant_int(jwt, "nbf"), {}};
  if (const char* subject = jwt_get_grant(jwt, "sub")) decoded.subject = subject;
  jwt_free(jwt);
  return decoded;
}

std::string Mint(const std::string& header, const std::string& claims, const std::string& algorithm = "HS256",
                 const std::string& key = kKey) {
  const std::string signed_part = ToBase64Url(header) + "." + ToBase64Url(claims);
  return signed_part + "." + ToBase64Url(Sign(algorithm, key, signed_part).value());
}

Identity Principal(const std::string& label, const std::string& token) {
  Identity identity;
  identity.label = label;
  identity.kind = "user";
  identity.token = token;
  return identity;
}

// Spaces, order of keys and unknown members are the target's own and have to survive.
constexpr const char* kHeader = R"({"typ": "JWT", "kid": "2026", "alg": "HS256"})";

Identity Owner() {
  return Principal(
      "owner",
      Mint(kHeader, R"({"sub": "17", "exp": 4000000000, "iat": 1700000000, "scope": ["a"], "big": 9007199254740993})"));
}
Identity Stranger() {
  return Principal("stranger", Mint(R"({"alg":"HS256","typ":"JWT"})", R"({"sub": "18", "exp": 4000000000})"));
}

std::map<std::string, std::string> Forged(Tokens& tokens, const Identity& owner = Owner(),
                                          const Identity& stranger = Stranger()) {
  std::map<std::string, std::string> by_name;
  const auto forged = tokens.Forge(owner, stranger);
  EXPECT_TRUE(forged.has_value()) << (forged ? "" : RenderError(forged.error()));
  if (!forged) return by_name;
  for (const ForgedToken& one : *forged) {
    EXPECT_FALSE(one.what.empty());
    EXPECT_TRUE(by_name.emplace(one.name, one.token).second) << one.name;
  }
  return by_name;
}

std::string Part(const std::string& token, int index) {
  std::size_t begin = 0;
  for (int i = 0; i < index; ++i) begin = token.find('.', begin) + 1;
  return token.substr(begin, token.find('.', begin) - begin);
}

TEST(JwtForgeries, AreAllRejectedByAnIndependentJudge) {
  const auto tokens = MakeJwtTokens(kKey, "HS256");
  ASSERT_TRUE(Judge(Owner().token).has_value());
  ASSERT_TRUE(Judge(Stranger().token).has_value());
  const auto forged = Forged(*tokens);
  std::set<std::string> names;
  for (const auto& [name, token] : forged) {
    names.insert(name);
    EXPECT_NE(token, Owner().token);
    EXPECT_NE(token, Stranger().token);
    const bool signed_well =
        name == "expired" || name == "not-yet-valid" || name == "unknown-user" || name == "other-algorithm";
    EXPECT_EQ(Judge(token).has_value(), signed_well) << name << " has a good signature or not";
  }
  EXPECT_EQ(names,
            (std::set<std::string>{"garbage", "expired", "wrong-key", "alg-none", "alg-none-capitalised",
                                   "alg-none-mixed-case", "payload-swapped", "truncated-signature", "empty-signature",
                                   "unknown-user", "other-algorithm", "not-yet-valid", "key-named", "key-brought"}));
}

TEST(JwtForgeries, AreOfAUserThatDoesNotExistInTheSameForm) {
  const std::map<std::string, std::string> kinds = {{R"("17")", "digits"},
                                                    {"17", "number"},
                                                    {R"("a@b.example.com")", "address"},
                                                    {R"("0e37df36-f698-11e6-8dd4-cb9ced3df976")", "uuid"},
                                                    {R"("kc-user")", "text"}};
  for (const auto& [subject, kind] : kinds) {
    SCOPED_TRACE(kind);
    const Identity owner = Principal("owner", Mint(kHeader, R"({"sub": )" + subject + R"(, "exp": 4000000000})"));
    const auto forged = Forged(*MakeJwtTokens(kKey, "HS256"), owner);
    ASSERT_TRUE(Judge(forged.at("unknown-user")).has_value());
    const Json claims = Json::parse(FromBase64Url(Part(forged.at("unknown-user"), 1)).value());
    EXPECT_EQ(claims["sub"].is_string(), kind != "number");
    EXPECT_NE(claims["sub"], Json::parse(subject));
    if (kind == "uuid") EXPECT_EQ(claims["sub"].get<std::string>().size(), 36u);
    if (kind == "digits") EXPECT_GT(std::stoll(claims["sub"].get<std::string>()), 1'999'999'999);
    EXPECT_GT(claims["exp"].get<long>(), std::time(nullptr));
  }
}

TEST(JwtForgeries, AreForAnotherAudienceWhenTheTargetStatesOne) {
  const Identity owner = Principal("owner", Mint(kHeader, R"({"sub": "17", "aud": "shop", "exp": 4000000000})"));
  const auto forged = Forged(*MakeJwtTokens(kKey, "HS256"), owner);
  const Json claims = Json::parse(FromBase64Url(Part(forged.at("wrong-audience"), 1)).value());
  EXPECT_NE(claims["aud"], "shop");
  EXPECT_EQ(claims["sub"], "17");
  EXPECT_EQ(Forged(*MakeJwtTokens(kKey, "HS256")).count("wrong-audience"), 0u);
}

TEST(JwtForgeries, OtherAlgorithmSaysSoInItsHeader) {
  const auto forged = Forged(*MakeJwtTokens(kKey, "HS256"));
  const Json header = Json::parse(FromBase64Url(Part(forged.at("other-algorithm"), 0)).value());
  EXPECT_EQ(header, (Json{{"typ", "JWT"}, {"kid", "2026"}, {"alg", "HS512"}}));
  EXPECT_EQ(Part(forged.at("other-algorithm"), 1), Part(Owner().token, 1));
}

TEST(JwtForgeries, ChangeNothingButWhatTheySay) {
  const auto tokens = MakeJwtTokens("", "HS256");
  const auto forged = Forged(*tokens);
  const std::string genuine = Owner().token;
  for (const std::string name : {"wrong-key", "truncated-signature", "empty-signature"}) {
    EXPECT_EQ(Part(forged.at(name), 0), Part(genuine, 0)) << name;
    EXPECT_EQ(Part(forged.at(name), 1), Part(genuine, 1)) << name;
    EXPECT_NE(Part(forged.at(name), 2), Part(genuine, 2)) << name;
  }
  EXPECT_EQ(FromBase64Url(Part(forged.at("wrong-key"), 2))->size(), 32u);
  EXPECT_EQ(FromBase64Url(Part(forged.at("truncated-signature"), 2))->size(), 31u);
  EXPECT_EQ(Part(forged.at("empty-signature"), 2), "");
  EXPECT_EQ(Part(forged.at("payload-swapped"), 0), Part(Stranger().token, 0));
  EXPECT_EQ(Part(forged.at("payload-swapped"), 1), Part(genuine, 1));
  EXPECT_EQ(Part(forged.at("payload-swapped"), 2), Part(Stranger().token, 2));
}

TEST(JwtForgeries, SayNoneInEverySpelling) {
  const auto forged = Forged(*MakeJwtTokens("", "HS256"));
  const std::map<std::string, std::string> spellings = {
      {"alg-none", "none"}, {"alg-none-capitalised", "None"}, {"alg-none-mixed-case", "nONE"}};
  for (const auto& [name, spelling] : spellings) {
    const Json header = Json::parse(FromBase64Url(Part(forged.at(name), 0)).value());
    EXPECT_EQ(header, (Json{{"typ", "JWT"}, {"kid", "2026"}, {"alg", spelling}}));
    EXPECT_EQ(Part(forged.at(name), 1), Part(Owner().token, 1));
    EXPECT_EQ(Part(forged.at(name), 2), "");
  }
}

TEST(JwtForgeries, AreNewEachTime) {
  const auto tokens = MakeJwtTokens("", "HS256");
  const auto first = Forged(*tokens);
  const auto second = Forged(*tokens);
  EXPECT_NE(first.at("garbage"), second.at("garbage"));
  EXPECT_NE(first.at("wrong-key"), second.at("wrong-key"));
}

TEST(JwtForgeries, ThatNeedTheKeyAreOnlyMadeWithIt) {
  const auto without = Forged(*MakeJwtTokens("", "HS256"));
  EXPECT_EQ(without.count("expired"), 0u);
  EXPECT_EQ(without.size(), 10u);
}

TEST(JwtForgeries, ExpiredIsGenuineInAllElse) {
  const auto forged = Forged(*MakeJwtTokens(kKey, "HS256"));
  const auto decoded = Judge(forged.at("expired"));
  ASSERT_TRUE(decoded.has_value()) << "the signature has to be good, or the target would reject it for that";
  const long now = std::time(nullptr);
  EXPECT_NEAR(static_cast<double>(decoded->exp), static_cast<double>(now - 3600), 5);
  EXPECT_LT(decoded->iat, decoded->exp);
  EXPECT_EQ(decoded->subject, "17");
  EXPECT_EQ(Part(forged.at("expired"), 0), Part(Owner().token, 0));
  Json claims = Json::parse(FromBase64Url(Part(forged.at("expired"), 1)).value());
  EXPECT_EQ(claims["big"], 9007199254740993);
  EXPECT_EQ(claims["scope"], Json::array({"a"}));
}

TEST(JwtForgeries, NotYetValidBeginsInTheFuture) {
  const Identity owner = Principal("owner", Mint(kHeader, R"({"sub": "17", "nbf": 1700000000, "exp": 4000000000})"));
  const auto forged = Forged(*MakeJwtTokens(kKey, "HS256"), owner);
  const auto decoded = Judge(forged.at("not-yet-valid"));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_GT(decoded->nbf, std::time(nullptr) + 3000);
  EXPECT_GT(decoded->exp, decoded->nbf);
  EXPECT_LT(Judge(forged.at("expired"))->nbf, Judge(forged.at("expired"))->exp);
}

TEST(JwtReissue, IsAcceptedByAnIndependentJudge) {
  for (const std::string algorithm : {"HS256", "HS384", "HS512"}) {
    const Identity owner = Principal(
        "owner", Mint(R"({"alg": ")" + algorithm + R"("})", R"({"sub": "17", "exp": 1, "iat": 1})", algorithm));
    const auto token = MakeJwtTokens(kKey, algorithm)->Reissue(owner);
    ASSERT_TRUE(token.has_value()) << RenderError(token.error());
    const auto decoded = Judge(*token);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->subject, "17");
    EXPECT_NEAR(static_cast<double>(decoded->exp), static_cast<double>(std::time(nullptr) + 3600), 5);
    EXPECT_EQ(Part(*token, 0), Part(owner.token, 0));
    EXPECT_FALSE(Judge(*token, "another-key").has_value());
  }
}

TEST(JwtReissue, NeedsTheKey) {
  const auto token = MakeJwtTokens("", "HS256")->Reissue(Owner());
  ASSERT_FALSE(token.has_value());
  EXPECT_EQ(token.error().kind, ErrorKind::kNotAvailable);
}

TEST(JwtTokens, DoNotSignWithAnotherAlgorithmThanTheTarget) {
  const auto tokens = MakeJwtTokens(kKey, "HS512");
  const auto token = tokens->Reissue(Owner());
  ASSERT_FALSE(token.has_value());
  EXPECT_EQ(token.error().kind, ErrorKind::kDefinition);
  EXPECT_THAT(token.error().Brief(), HasSubstr("HS256"));
  EXPECT_FALSE(tokens->Forge(Owner(), Stranger()).has_value()) << "a missing forgery would go unnoticed";
}

/// What verifiers of the key pair in `pem` are given.
std::string PublicHalf(const std::string& pem) {
  BIO* in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(out, key);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  std::string half(text, static_cast<std::size_t>(size));
  BIO_free(in);
  BIO_free(out);
  EVP_PKEY_free(key);
  return half;
}

TEST(JwtTokens, AreMadeForKeyPairsToo) {
  for (const std::string algorithm : {"RS256", "RS512", "ES256", "ES384", "ES512"}) {
    SCOPED_TRACE(algorithm);
    const std::string key = MakeKey(algorithm).value();
    const std::string header = R"({"alg":")" + algorithm + R"("})";
    const Identity owner = Principal("owner", Mint(header, R"({"sub": "17", "exp": 4000000000})", algorithm, key));
    const Identity stranger =
        Principal("stranger", Mint(header, R"({"sub": "18", "exp": 4000000000})", algorithm, key));
    const auto tokens = MakeJwtTokens(key, algorithm);
    const auto reissued = tokens->Reissue(owner);
    ASSERT_TRUE(reissued.has_value()) << RenderError(reissued.error());
    const std::string half = PublicHalf(key);
    EXPECT_TRUE(Judge(*reissued, half).has_value());
    const auto forged = Forged(*tokens, owner, stranger);
    for (const auto& [name, token] : forged) {
      const bool signed_well =
          name == "expired" || name == "not-yet-valid" || name == "unknown-user" || name == "other-algorithm";
      // libjwt itself takes the public key for a secret, so it can tell that the confusion is well made.
      if (name != "key-confusion") EXPECT_EQ(Judge(token, half).has_value(), signed_well) << name;
    }
    EXPECT_TRUE(Judge(forged.at("key-confusion"), half).has_value());
    EXPECT_EQ(forged.count("other-algorithm"), algorithm[0] == 'R' ? 1u : 0u);
    EXPECT_EQ(forged.count("wrong-key"), 1u);
    EXPECT_EQ(forged.count("expired"), 1u);
    EXPECT_FALSE(MakeJwtTokens("no PEM", algorithm)->Reissue(owner).has_value());
  }
  EXPECT_FALSE(Sign("ES256", MakeKey("ES384").value(), "text").has_value());
  EXPECT_FALSE(Sign("RS256", MakeKey("ES256").value(), "text").has_value());
  EXPECT_EQ(Sign("EdDSA", "key", "text").error().kind, ErrorKind::kNotAvailable);
}

TEST(JwtTokens, KnowWhatIsNoJsonWebToken) {
  const std::string h = ToBase64Url(R"({"alg":"HS256"})");
  const std::string p = ToBase64Url(R"({"sub":"1"})");
  const std::string deep = ToBase64Url(std::string(1000, '[') + std::string(1000, ']'));
  const std::vector<std::string> no_tokens = {"",
                                              "opaque",
                                              ".",
                                              "..",
                                              "...",
                                              h + "." + p,
                                              h + "." + p + ".",
                                              h + "." + p + ".c2ln.x",
                                              h + "." + p + ".c2ln.x.y",
                                              "." + p + ".c2ln",
                                              h + "..c2ln",
                                              "!!." + p + ".c2ln",
                                              h + ".a=." + "c2ln",
                                              h + "." + p + ".c2l+",
                                              h + "." + p + ".c",
                                              ToBase64Url("[]") + "." + p + ".c2ln",
                                              h + "." + ToBase64Url("7") + ".c2ln",
                                              h + "." + deep + ".c2ln",
                                              h + "." + ToBase64Url(R"({"sub":1,"sub":2})") + ".c2ln",
                                              ToBase64Url("{}") + "." + p + ".c2ln",
                                              ToBase64Url(R"({"alg":7})") + "." + p + ".c2ln",
                                              h + "." + ToBase64Url("{\"a\":\"\xFF\"}") + ".c2ln",
                                              h + "." + ToBase64Url(std::string(20'000, ' ') + "{}") + ".c2ln",
                                              std::string(1'000'000, '.'),
                                              std::string("a\0.b.c", 6)};
  const auto tokens = MakeJwtTokens(kKey, "HS256");
  for (const std::string& token : no_tokens) {
    SCOPED_TRACE(token.substr(0, 60));
    for (const bool of_owner : {true, false}) {
      const Identity bad = Principal("suspect", token);
      const auto forged = of_owner ? tokens->Forge(bad, Stranger()) : tokens->Forge(Owner(), bad);
      ASSERT_FALSE(forged.has_value());
      EXPECT_EQ(ToString(forged.error().kind), "malformed");
      EXPECT_THAT(forged.error().what, HasSubstr("suspect"));
      EXPECT_LT(RenderError(forged.error()).size(), 500u);
    }
    EXPECT_FALSE(tokens->Reissue(Principal("suspect", token)).has_value());
  }
}

TEST(JwtTokens, ErrorsDoNotQuoteTheToken) {
  const std::string secret = "secretsecretsecret";
  const auto forged =
      MakeJwtTokens(kKey, "HS256")->Forge(Principal("owner", secret + "." + secret + "." + secret), Stranger());
  ASSERT_FALSE(forged.has_value());
  EXPECT_THAT(RenderError(forged.error()), Not(HasSubstr(secret)));
}

TEST(JwtTokens, OfOnePrincipalCannotBeSwapped) {
  const auto forged = MakeJwtTokens("", "HS256")->Forge(Owner(), Owner());
  ASSERT_FALSE(forged.has_value());
  EXPECT_EQ(forged.error().kind, ErrorKind::kNotAvailable);
}

TEST(JwtTokens, OfAnUnknownAlgorithmAreForgedWithoutAKey) {
  const Identity owner =
      Principal("owner", ToBase64Url(R"({"alg":"EdDSA"})") + "." + ToBase64Url(R"({"sub":"1"})") + ".c2lnbmF0dXJl");
  const auto forged = Forged(*MakeJwtTokens("", "HS256"), owner);
  EXPECT_EQ(forged.count("wrong-key"), 0u);
  EXPECT_EQ(forged.count("alg-none"), 1u);
}

}  // namespace
}  // namespace readiness
