#include "doubles/provider_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "doubles/resources.h"
#include "doubles/uri.h"

namespace readiness::doubles::provider {
namespace {

constexpr std::size_t kMaxTarget = 4096;
constexpr std::size_t kMaxLogged = 512;
constexpr std::string_view kHttpsPort = "443";
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";
constexpr std::string_view kDefaultScope = "read:recovery read:sleep read:cycles";

HttpAnswer ErrorAnswer(int status, std::string_view error) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = fmt::format(R"({{"error":"{}"}})", error);
  return answer;
}

HttpAnswer InvalidClient() {
  auto answer = ErrorAnswer(401, "invalid_client");
  answer.headers.emplace_back("WWW-Authenticate", "Basic realm=\"provider\"");
  return answer;
}

HttpAnswer InvalidToken() {
  auto answer = ErrorAnswer(401, "invalid_token");
  answer.headers.emplace_back("WWW-Authenticate", "Bearer error=\"invalid_token\"");
  return answer;
}

const std::string& FieldOrEmpty(const FormFields& fields, std::string_view key) {
  static const std::string kEmpty;
  const auto found = fields.find(key);
  return found == fields.end() ? kEmpty : found->second;
}

bool IsForm(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ')) content_type.remove_suffix(1);
  return LowerCase(content_type) == kFormType;
}

/// How the token request proves who the client is; nullopt when it does so twice or brokenly.
std::optional<std::pair<std::string, std::string>> ClientOf(const HttpRequest& request, const FormFields& fields) {
  const auto& id = FieldOrEmpty(fields, "client_id");
  if (request.authorization.empty()) return std::pair{id, FieldOrEmpty(fields, "client_secret")};
  auto basic = ParseBasic(request.authorization);
  if (!basic || fields.contains("client_secret") || (!id.empty() && id != basic->first)) return std::nullopt;
  return basic;
}

struct Grant {
  std::string_view type;
  std::string_view field;
  CredentialKind credential;
};
constexpr std::array kGrants = {
    Grant{"authorization_code", "code", CredentialKind::kCode},
    Grant{"refresh_token", "refresh_token", CredentialKind::kRefreshToken},
};

/// The scope that was asked for if it is safe to repeat, else all.
std::string_view GrantedScope(const std::string& asked) {
  const bool plain = !asked.empty() && asked.size() <= 200 && std::all_of(asked.begin(), asked.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ':' || c == ' ' || c == '_' || c == '.';
  });
  return plain ? std::string_view(asked) : kDefaultScope;
}

HttpAnswer DataAnswer(const Resource& resource, const Account& account, const Page& page) {
  HttpAnswer answer;
  switch (account.options.behaviour) {
    case Behaviour::kEmpty:
      answer.body = R"({"records":[],"next_token":null})";
      return answer;
    case Behaviour::kMalformed:
      answer.body = R"({"records":[{"id":"broken-1","timestamp":)";
      return answer;
    case Behaviour::kServerError:
      return ErrorAnswer(500, "internal_error");
    case Behaviour::kUnauthorized:
      return InvalidToken();
    case Behaviour::kHanging:
      answer.status = 0;
      answer.never = true;
      return answer;
    case Behaviour::kSlow:
      answer.delay = account.options.delay;
      break;
    case Behaviour::kGood:
      break;
  }
  answer.body = RenderPage(resource, account, page);
  return answer;
}

}  // namespace

struct ProviderApi::Route {
  std::string_view path;  ///< empty: any resource of resources.h
  std::string_view method;
  CallKind kind;
  void (ProviderApi::*serve)(const HttpRequest&, std::string_view, Served&);
};

const ProviderApi::Route* ProviderApi::FindRoute(std::string_view path) {
  static constexpr std::array kRoutes = {
      Route{"/oauth/oauth2/auth", "GET", CallKind::kOther, &ProviderApi::ServeAuthorize},
      Route{"/oauth/oauth2/token", "POST", CallKind::kToken, &ProviderApi::ServeToken},
      Route{"", "GET", CallKind::kData, &ProviderApi::ServeData},
  };
  for (const auto& route : kRoutes) {
    if (route.path.empty() ? FindResource(path) != nullptr : route.path == path) return &route;
  }
  return nullptr;
}

bool ProviderApi::StandsFor(const std::string& host) const {
  return std::find(settings_.hosts.begin(), settings_.hosts.end(), host) != settings_.hosts.end();
}

bool ProviderApi::IsOwnName(const std::string& host) const {
  return host.empty() || host == "localhost" || host == "127.0.0.1" || StandsFor(host) ||
         std::find(settings_.names.begin(), settings_.names.end(), host) != settings_.names.end();
}

std::string ProviderApi::AccountOf(const std::string& credential) const {
  const auto* known = accounts_.FindCredential(credential);
  return known == nullptr ? std::string() : known->account;
}

HttpAnswer ProviderApi::Log(const HttpRequest& request, Served served) {
  const bool room =
      log_.Add(Call{0, served.kind, std::move(served.account), request.method.substr(0, 32), served.host.substr(0, 255),
                    request.target.substr(0, kMaxLogged), served.answer.status});
  return room ? std::move(served.answer) : ErrorAnswer(503, "call_log_full");
}

HttpAnswer ProviderApi::Handle(const HttpRequest& request) {
  if (request.tunnel_host.empty() && request.method == "GET" && request.target == kHealthPath) {
    HttpAnswer healthy;
    healthy.body = R"({"status":"serving"})";
    return healthy;
  }
  // Without room for the entry nothing may change: a token issued off the record could never be explained.
  if (log_.overflowed()) return ErrorAnswer(503, "call_log_full");
  Served served = Serve(request);
  if (!served.answer.tunnel_to.empty()) return std::move(served.answer);
  if (served.answer.status == 0 && !served.answer.never) served = Dispatch(request, std::move(served));
  return Log(request, std::move(served));
}

/// Who is meant, and whether that is us. Leaves status 0 when the request is one for the API.
ProviderApi::Served ProviderApi::Serve(const HttpRequest& request) const {
  Served served;
  served.answer.status = 0;
  if (const auto bearer = ParseBearer(request.authorization)) served.account = AccountOf(*bearer);
  if (request.method == "CONNECT") {
    const auto authority = ParseAuthority(request.target);
    served.host = authority ? authority->host : std::string();
    if (authority && request.tunnel_host.empty() && authority->port == kHttpsPort && StandsFor(authority->host)) {
      served.answer.status = 200;
      served.answer.tunnel_to = authority->host;
    } else {
      served.answer = ErrorAnswer(403, "not_forwarded");
    }
    return served;
  }
  if (!request.target.starts_with('/')) {
    const auto authority = AuthorityOfUrl(request.target);
    served.host = authority ? authority->host : std::string();
    served.answer = ErrorAnswer(403, "not_forwarded");
    return served;
  }
  const auto authority = request.host.empty() ? Authority{} : ParseAuthority(request.host);
  served.host = authority ? authority->host : std::string();
  const bool meant =
      authority && (request.tunnel_host.empty() ? IsOwnName(authority->host)
                                                : authority->host.empty() || authority->host == request.tunnel_host);
  if (!meant)
    served.answer = ErrorAnswer(421, "misdirected_request");
  else if (!request.tunnel_host.empty())
    served.host = request.tunnel_host;
  if (request.target.size() > kMaxTarget) served.answer = ErrorAnswer(414, "target_too_long");
  return served;
}

ProviderApi::Served ProviderApi::Dispatch(const HttpRequest& request, Served served) {
  const auto [path, query] = SplitTarget(request.target);
  const auto* route = FindRoute(path);
  if (route == nullptr) {
    served.answer = ErrorAnswer(404, "not_found");
    return served;
  }
  served.kind = route->kind;
  if (request.method != route->method) {
    served.answer = ErrorAnswer(405, "method_not_allowed");
    served.answer.headers.emplace_back("Allow", std::string(route->method));
    return served;
  }
  (this->*route->serve)(request, query, served);
  return served;
}

void ProviderApi::ServeAuthorize(const HttpRequest&, std::string_view, Served& served) {
  served.answer = HttpAnswer();
  served.answer.content_type = "text/plain";
  served.answer.body = "Authorisation codes are issued by the admin API of this double.\n";
}

void ProviderApi::ServeToken(const HttpRequest& request, std::string_view, Served& served) {
  const auto fields = ParseForm(request.body);
  if (!fields || !IsForm(request.content_type)) {
    served.answer = ErrorAnswer(400, "invalid_request");
    return;
  }
  const auto& type = FieldOrEmpty(*fields, "grant_type");
  const auto* grant =
      std::find_if(kGrants.begin(), kGrants.end(), [&](const Grant& known) { return known.type == type; });
  for (const auto& known : kGrants) {
    if (served.account.empty()) served.account = AccountOf(FieldOrEmpty(*fields, known.field));
  }
  const auto client = ClientOf(request, *fields);
  if (!client) {
    served.answer = ErrorAnswer(400, "invalid_request");
    return;
  }
  if (client->first != settings_.client_id || client->second != settings_.client_secret) {
    served.answer = InvalidClient();
    return;
  }
  if (grant == kGrants.end()) {
    served.answer = ErrorAnswer(400, type.empty() ? "invalid_request" : "unsupported_grant_type");
    return;
  }
  const auto tokens = accounts_.Trade(FieldOrEmpty(*fields, grant->field), grant->credential);
  if (!tokens) {
    served.answer = ErrorAnswer(400, "invalid_grant");
    return;
  }
  served.answer = HttpAnswer();
  served.answer.headers.emplace_back("Cache-Control", "no-store");
  served.answer.body =
      fmt::format(R"({{"access_token":"{}","refresh_token":"{}","token_type":"bearer","expires_in":{},"scope":"{}"}})",
                  tokens->access_token, tokens->refresh_token, tokens->lifetime.count(),
                  GrantedScope(FieldOrEmpty(*fields, "scope")));
}

void ProviderApi::ServeData(const HttpRequest& request, std::string_view query, Served& served) {
  const auto bearer = ParseBearer(request.authorization);
  const auto* account = bearer ? accounts_.Authorise(*bearer) : nullptr;
  if (account == nullptr) {
    served.answer = InvalidToken();
    return;
  }
  const auto page = ParsePage(query);
  if (!page) {
    served.answer = ErrorAnswer(400, "invalid_query");
    return;
  }
  served.answer = DataAnswer(*FindResource(SplitTarget(request.target).first), *account, *page);
}

void ProviderApi::Rejected(const HttpRequest& request, int status) {
  Served served;
  served.answer.status = status;
  const auto authority = ParseAuthority(request.host);
  served.host = authority ? authority->host : request.tunnel_host;
  if (const auto bearer = ParseBearer(request.authorization)) served.account = AccountOf(*bearer);
  Log(request, std::move(served));
}

void ProviderApi::HandshakeFailed(const TunnelOrigin& origin) {
  HttpRequest request;
  request.method = "CONNECT";
  request.target = fmt::format("{}:{}", origin.host, kHttpsPort);
  Served served;
  served.answer.status = 0;
  served.host = origin.host;
  Log(request, std::move(served));
}

}  // namespace readiness::doubles::provider
