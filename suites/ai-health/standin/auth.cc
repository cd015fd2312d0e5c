#include "auth.h"

#include <strings.h>

#include <algorithm>
#include <array>

#include "answers.h"
#include "standin/passwords.h"

namespace readiness::ai_health {
namespace {

constexpr std::chrono::seconds kTokenLifetime{30 * 60};
constexpr std::string_view kScheme = "Bearer ";
constexpr std::size_t kMaxName = 100;
constexpr std::size_t kMinPassword = 8;
constexpr std::size_t kMaxPassword = 4096;
constexpr std::string_view kNotValidated = "Could not validate credentials";

/// Domains that nobody can receive mail at.
constexpr std::array<std::string_view, 6> kSpecialDomains = {"arpa", "invalid", "local", "localhost", "onion", "test"};

/// The row of the account that `token` names; nothing when the token is bad or the account does not exist.
Reply<std::optional<standin::Row>> AccountOf(App& app, const std::string& token, const standin::TokenRules& rules) {
  const auto subject = app.tokens.Subject(token, rules);
  const auto id = subject ? ParseInteger(*subject) : std::nullopt;
  if (!id) return std::nullopt;
  STANDIN_ASSIGN(const auto rows, app.database.Query("SELECT id, name, email, " + Timestamp("created_at") +
                                                         " FROM users WHERE id = $1::bigint",
                                                     {*id}));
  if (rows.empty()) return std::nullopt;
  return rows.front();
}

Json AccountBody(const standin::Row& account) {
  return {{"id", account.Integer("id")},
          {"name", account.Text("name")},
          {"email", account.Text("email")},
          {"created_at", account.Text("created_at")}};
}

/// `email` with its domain in lower case; nothing when it is not an address that mail could reach.
std::optional<std::string> NormalisedEmail(std::string email) {
  const std::size_t at = email.find('@');
  if (at == std::string::npos || at == 0 || at > 64 || email.size() > 254) return std::nullopt;
  std::transform(email.begin() + static_cast<std::ptrdiff_t>(at), email.end(),
                 email.begin() + static_cast<std::ptrdiff_t>(at),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::string_view local = std::string_view(email).substr(0, at);
  const std::string_view domain = std::string_view(email).substr(at + 1);
  const auto local_character = [](unsigned char c) {
    return c > 0x20 && c < 0x7F &&
           std::string_view("\"(),:;<>[\\]@").find(static_cast<char>(c)) == std::string_view::npos;
  };
  const auto domain_character = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '.'; };
  const bool characters = std::all_of(local.begin(), local.end(), local_character) &&
                          std::all_of(domain.begin(), domain.end(), domain_character);
  const bool dots = local.front() != '.' && local.back() != '.' && local.find("..") == std::string_view::npos &&
                    domain.find("..") == std::string_view::npos && !domain.empty() && domain.front() != '.' &&
                    domain.back() != '.';
  const std::size_t last_dot = domain.rfind('.');
  if (!characters || !dots || last_dot == std::string_view::npos) return std::nullopt;
  const std::string_view top = domain.substr(last_dot + 1);
  if (std::find(kSpecialDomains.begin(), kSpecialDomains.end(), top) != kSpecialDomains.end()) return std::nullopt;
  return email;
}

Response Unauthenticated(int status, std::string_view text) {
  Response response = Detail(status, text);
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

/// The account that the request's token names. Ends with 401, in these words when there is no token or a bad one.
Reply<standin::Row> RequireRow(App& app, const Request& request, const standin::TokenRules& rules,
                               std::string_view missing, std::string_view invalid) {
  const auto token = BearerToken(request);
  if (!token) return End(Unauthenticated(401, missing));
  STANDIN_ASSIGN(const auto account, AccountOf(app, *token, rules));
  if (!account) return End(Unauthenticated(401, invalid));
  return *account;
}

/// What every operation that takes ?user_id makes of `rules` and the caller. Healthy: nothing.
standin::TokenRules Loosened(const standin::Defects& defects, standin::TokenRules rules) {
  if (defects.Active("ai-health.S1.tokens:no-signature-checked")) rules.verify_signature = false;
  if (defects.Active("ai-health.S1.tokens:no-expiry-checked")) rules.verify_expiry = false;
  return rules;
}

}  // namespace

std::optional<std::string> BearerToken(const Request& request) {
  const auto header = request.Header("Authorization");
  if (!header || header->size() <= kScheme.size()) return std::nullopt;
  if (strncasecmp(header->data(), kScheme.data(), kScheme.size()) != 0) return std::nullopt;
  return header->substr(kScheme.size());
}

Reply<UserId> RequireUser(App& app, const Request& request, const standin::TokenRules& rules) {
  const auto user_id = request.Query("user_id");
  const auto named = user_id ? ParseInteger(*user_id) : std::nullopt;
  if (user_id && !named) return End(Invalid());
  STANDIN_ASSIGN(const auto account,
                 RequireRow(app, request, Loosened(app.defects, rules), "Missing bearer token", "Invalid token"));
  if (named && app.defects.Active("ai-health.S1.tenants:query-names-caller")) return *named;
  return account.Integer("id");
}

Reply<UserId> RequireAccount(App& app, const Request& request, const standin::TokenRules& rules) {
  STANDIN_ASSIGN(const auto account, RequireRow(app, request, rules, kNotValidated, kNotValidated));
  return account.Integer("id");
}

Reply<Response> RegisterUser(App& app, const Request& request) {
  STANDIN_ASSIGN(const auto body, ObjectBody(request));
  STANDIN_ASSIGN(const auto name, TextMember(body, "name", 1, kMaxName));
  STANDIN_ASSIGN(const auto given_email, TextMember(body, "email", 3, 254));
  STANDIN_ASSIGN(const auto password, TextMember(body, "password", kMinPassword, kMaxPassword));
  const auto email = NormalisedEmail(given_email);
  if (!email) return End(Invalid());

  STANDIN_ASSIGN(const auto hash, standin::HashPassword(password));
  STANDIN_ASSIGN(
      const auto rows,
      app.database.Query(
          std::string("INSERT INTO users (name, email, hashed_password, created_at) VALUES ($1, $2, $3, ") + kUtcNow +
              ") ON CONFLICT (email) DO NOTHING RETURNING id, name, email, " + Timestamp("created_at"),
          {name, *email, hash}));
  if (rows.empty()) return End(Detail(400, "Email already registered"));
  return Answer(201, AccountBody(rows.front()));
}

Reply<Response> Login(App& app, const Request& request) {
  const std::string type = request.Header("Content-Type").value_or("");
  if (type.rfind("application/x-www-form-urlencoded", 0) != 0) return End(Invalid());
  const auto form = standin::ParseForm(request.body);
  const auto email = form.find("username");
  const auto password = form.find("password");
  const auto grant = form.find("grant_type");
  if (email == form.end() || password == form.end() || password->second.empty() || email->second.empty())
    return End(Invalid());
  if (grant != form.end() && !grant->second.empty() && grant->second != "password") return End(Invalid());
  if (!standin::IsText(email->second) || password->second.size() > 4 * kMaxPassword) return End(Invalid());

  if (!app.logins.Admit(request.source_address)) {
    return End(Answer(
        429, {{"error", "Rate limit exceeded: " + std::to_string(app.settings.logins_per_minute) + " per 1 minute"}}));
  }
  STANDIN_ASSIGN(const auto rows,
                 app.database.Query("SELECT id, hashed_password FROM users WHERE email = $1", {email->second}));
  const std::string hash = rows.empty() ? "" : rows.front().Text("hashed_password");
  if (!standin::PasswordMatches(hash, password->second)) return End(Unauthenticated(401, "Invalid credentials"));
  STANDIN_ASSIGN(const auto token, app.tokens.Issue(rows.front().Text("id"), kTokenLifetime));
  return Answer(200, {{"access_token", token}, {"token_type", "bearer"}});
}

Reply<Response> WhoAmI(App& app, const Request& request) {
  STANDIN_ASSIGN(const auto account, RequireRow(app, request, {}, kNotValidated, kNotValidated));
  return Answer(200, AccountBody(account));
}

Reply<Response> AuthMode(App&, const Request&) {
  return Answer(200, {{"AUTH_MODE", "private"}});
}

}  // namespace readiness::ai_health
