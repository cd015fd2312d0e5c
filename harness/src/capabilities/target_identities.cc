#include "capabilities/target_identities.h"

#include <cctype>
#include <utility>

#include "base/text.h"
#include "capabilities/loopback.h"
#include "capabilities/placeholders.h"

namespace readiness {
namespace {

constexpr std::size_t kPasswordLength = 28;
constexpr std::size_t kItemLettersInName = 10;
constexpr std::string_view kClasses[] = {"abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789",
                                         "!#%*+-=_"};

/// One character of `alphabet` (at most 64 long), every one equally likely.
char RandomCharacter(std::string_view alphabet) {
  while (true) {
    const std::string hex = RandomHex(32);
    for (std::size_t i = 0; i + 2 <= hex.size(); i += 2) {
      const unsigned long byte = std::stoul(hex.substr(i, 2), nullptr, 16);
      if (byte < 256 - 256 % alphabet.size()) return alphabet[byte % alphabet.size()];
    }
  }
}

/// The text of `text` filled from `values`, or nothing while a value is missing.
std::string FillIfPossible(const std::string& text, const Values& values) {
  return FillText(text, ValueLayers({&values})).value_or("");
}

Error NotCreated(const std::string& kind, const std::string& label, const std::string& why) {
  Error error;
  error.kind = ErrorKind::kTarget;
  error.what = "identity \"" + label + "\" of kind " + kind + " was not created: " + why;
  return error;
}

}  // namespace

std::string GeneratePassword() {
  std::string password(1, RandomCharacter(kClasses[0]));
  for (std::size_t i = 1; i < kPasswordLength; ++i) password += RandomCharacter(kClasses[i % std::size(kClasses)]);
  return password;
}

TargetIdentities::TargetIdentities(const Target& target, const Session& session, std::string item, Actions& actions,
                                   SecretKeeper& secrets)
    : target_(target),
      session_(session),
      item_(std::move(item)),
      actions_(actions),
      secrets_(secrets),
      salt_(RandomHex(8)) {}

std::string TargetIdentities::UniqueName() {
  std::string letters;
  for (const char c : item_) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (byte < 128 && std::isalnum(byte) && letters.size() < kItemLettersInName)
      letters += static_cast<char>(std::tolower(byte));
  }
  return "r" + Sha256Hex(session_.run_id).substr(0, 5) + letters + "n" + std::to_string(made_) + "x" + RandomHex(5);
}

Result<Identity> TargetIdentities::Prepare(const std::string& kind, const IdentityKind& description,
                                           const std::string& label) {
  ++made_;
  const Values generated{{"unique", UniqueName()}, {"password", GeneratePassword()}};
  secrets_.Add(generated.at("password").get_ref<const std::string&>());
  Identity identity;
  identity.kind = kind;
  identity.label = label;
  identity.values["unique"] = generated.at("unique");
  for (const auto& [name, text] : description.attributes) {
    READINESS_ASSIGN(identity.values[name], FillText(text, ValueLayers({&generated})));
  }
  for (const auto& [name, endpoint] : session_.services) {
    if (!IsFirstLoopback(endpoint.url)) continue;
    identity.source_address =
        LoopbackAddress(session_.run_id + "/" + item_ + "/" + std::to_string(made_) + "/" + salt_);
  }
  return identity;
}

Result<Identity> TargetIdentities::Create(const std::string& kind, const std::string& label) {
  secrets_.Expect();
  Result<Identity> identity = CreateQuietly(kind, label);
  secrets_.Expected();
  return identity;
}

Result<Identity> TargetIdentities::CreateQuietly(const std::string& kind, const std::string& label) {
  const auto found = target_.identities.find(kind);
  if (found == target_.identities.end()) {
    Error error{
        ErrorKind::kNotAvailable, "identity kind \"" + kind + "\" is not declared in " + target_.file, {}, {}, {}, {}};
    std::vector<std::string> known;
    for (const auto& [other, description] : target_.identities) known.push_back(other);
    if (const auto near = NearestWord(kind, known)) error.fix = "did you mean \"" + *near + "\"?";
    return Fail(std::move(error));
  }
  const IdentityKind& description = found->second;
  READINESS_ASSIGN(Identity identity, Prepare(kind, description, label));
  for (const std::string& action : description.create) {
    Result<ActionResult> result = actions_.Run(action, identity, {});
    if (!result) {
      Error error = result.error();
      error.what = "identity \"" + label + "\" of kind " + kind + " was not created: " + error.what;
      return Fail(std::move(error));
    }
    for (auto& [name, value] : result->captured) identity.values[name] = std::move(value);
    if (!result->as_expected) {
      Error error = NotCreated(kind, label, "action " + action + " was not as expected");
      error.actual = result->mismatch;
      if (result->exchange) error.actual += "; answer: " + Printable(result->exchange->response.body, 300);
      return Fail(std::move(error));
    }
    // Later actions of `create` may need what earlier ones obtained (a tenant made by the user who just logged in).
    identity.token = FillIfPossible(description.token, identity.values);
    if (!identity.token.empty()) secrets_.Add(identity.token);
  }
  for (const auto& [what, text] : {std::pair{"owner", &description.owner}, std::pair{"token", &description.token}}) {
    Result<std::string> filled = FillText(*text, ValueLayers({&identity.values}));
    if (!filled) return Fail(NotCreated(kind, label, std::string("no ") + what + ", " + filled.error().Brief()));
    if (filled->empty()) return Fail(NotCreated(kind, label, std::string("its ") + what + " is empty"));
    (what == std::string_view("owner") ? identity.owner : identity.token) = std::move(*filled);
  }
  secrets_.Add(identity.token);
  return identity;
}

}  // namespace readiness
