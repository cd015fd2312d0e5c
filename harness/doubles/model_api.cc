#include "doubles/model_api.h"

#include <algorithm>

#include "doubles/completions.h"
#include "doubles/uri.h"

namespace readiness::doubles::model {
namespace {

constexpr std::string_view kChannelsPath = "/channels/";
constexpr std::string_view kVersionPath = "/v1";
constexpr std::string_view kHttpsPort = "443";
constexpr std::size_t kMaxTarget = 4096;
constexpr std::size_t kMaxLogged = 512;

HttpAnswer NotForwarded() {
  return RefusalAnswer(403, "This proxy forwards nothing: the host is not one that the double stands for.");
}

HttpAnswer LogIsFull() {
  return RefusalAnswer(503, "The call log of this double is full.");
}

/// The user of Basic credentials if it is a channel's name, else empty.
std::string ChannelOf(const std::string& proxy_authorization) {
  const auto basic = ParseBasic(proxy_authorization);
  return basic && IsChannelName(basic->first) ? basic->first : std::string();
}

/// What follows the version, which is what the base URL ends with; nullopt when it does not.
std::optional<std::string> BelowVersion(std::string_view path) {
  if (!path.starts_with(kVersionPath)) return std::nullopt;
  path.remove_prefix(kVersionPath.size());
  if (!path.starts_with('/')) return std::nullopt;
  return std::string(path);
}

}  // namespace

bool ModelApi::StandsFor(const std::string& host) const {
  return std::find(settings_.hosts.begin(), settings_.hosts.end(), host) != settings_.hosts.end();
}

bool ModelApi::IsOwnName(const std::string& host) const {
  return host.empty() || host == "localhost" || host == "127.0.0.1" || StandsFor(host) ||
         std::find(settings_.names.begin(), settings_.names.end(), host) != settings_.names.end();
}

bool ModelApi::HasKey(const HttpRequest& request) const {
  return ParseBearer(request.authorization) == settings_.api_key;
}

ModelApi::Destination ModelApi::DestinationOf(const HttpRequest& request) const {
  std::string_view path = SplitTarget(request.target).first;
  Destination destination;
  if (!request.tunnel_host.empty()) {
    destination.channel = ChannelOf(request.proxy_authorization);
  } else if (path.starts_with(kChannelsPath)) {
    path.remove_prefix(kChannelsPath.size());
    const std::string_view name = path.substr(0, path.find('/'));
    if (!IsChannelName(name)) return destination;
    destination.channel = std::string(name);
    path.remove_prefix(name.size());
  } else {
    return destination;
  }
  destination.path = BelowVersion(path).value_or("");
  return destination;
}

HttpAnswer ModelApi::Handle(const HttpRequest& request) {
  if (request.tunnel_host.empty() && request.method == "GET" && request.target == kHealthPath) {
    HttpAnswer healthy;
    healthy.body = R"({"status":"serving"})";
    return healthy;
  }
  if (request.method == "CONNECT") return Connect(request);
  Destination destination = DestinationOf(request);
  Call call;
  call.genuine_key = HasKey(request);
  Channel* channel = channels_.Get(destination.channel);
  if (channel == nullptr) {
    return Log(request, std::move(call), RefusalAnswer(503, "This double has no room for a further channel."));
  }
  // Without room for the entry nothing is answered: an answer off the record could never be explained.
  if (channel->overflowed) return LogIsFull();
  call.channel = destination.channel;
  HttpAnswer answer = Serve(request, destination, call);
  return Log(request, std::move(call), std::move(answer));
}

HttpAnswer ModelApi::Connect(const HttpRequest& request) {
  const auto authority = ParseAuthority(request.target);
  if (authority && request.tunnel_host.empty() && authority->port == kHttpsPort && StandsFor(authority->host)) {
    HttpAnswer answer;
    answer.tunnel_to = authority->host;
    return answer;
  }
  Call call;
  call.channel = ChannelOf(request.proxy_authorization);
  return Log(request, std::move(call), NotForwarded());
}

HttpAnswer ModelApi::Serve(const HttpRequest& request, const Destination& destination, Call& call) {
  if (!request.target.starts_with('/')) return NotForwarded();
  if (request.target.size() > kMaxTarget) return RefusalAnswer(414, "The request target is too long.");
  const auto authority = request.host.empty() ? Authority{} : ParseAuthority(request.host);
  const bool own = authority && IsOwnName(authority->host);
  const bool meant = request.tunnel_host.empty() ? own : authority && authority->host == request.tunnel_host;
  if (!meant) return RefusalAnswer(421, "The Host header names somebody else.");
  const auto endpoint = EndpointAt(destination.path);
  // What was asked is kept whether it is answered or not.
  if (endpoint) {
    const Question question = Understand(*endpoint, request.body);
    call.prompt = question.prompt;
    if (!question.body.is_null()) call.request = request.body;
  }
  if (!call.genuine_key) return RefusalAnswer(401);
  if (!endpoint) return RefusalAnswer(404, "Unknown request URL.");
  const bool reads = *endpoint == Endpoint::kModels;
  if (request.method != (reads ? "GET" : "POST")) {
    HttpAnswer answer = RefusalAnswer(405, "Not allowed to use this method here.");
    answer.headers.emplace_back("Allow", reads ? "GET" : "POST");
    return answer;
  }
  return reads ? AnswerModels(destination.path) : Complete(destination, request, call);
}

HttpAnswer ModelApi::Complete(const Destination& destination, const HttpRequest& request, Call& call) {
  const Endpoint endpoint = *EndpointAt(destination.path);
  const Question question = Understand(endpoint, request.body);
  if (!question.problem.empty()) return RefusalAnswer(400, question.problem);
  if (!IsCompletion(endpoint)) return Answer(endpoint, question, {});
  const Reply& reply = channels_.Get(call.channel)->reply;
  HttpAnswer answer =
      reply.status == 200 ? Answer(endpoint, question, reply.content) : RefusalAnswer(reply.status, reply.content);
  if (reply.raw_body) answer.body = *reply.raw_body;
  if (!reply.hang && reply.delay.count() == 0) return answer;
  answer.hold = channels_.Hold(call.channel);
  if (!answer.hold) return RefusalAnswer(503, "Too many requests hang on this double already.");
  answer.never = reply.hang;
  answer.delay = reply.delay;
  return answer;
}

HttpAnswer ModelApi::Log(const HttpRequest& request, Call call, HttpAnswer answer) {
  call.method = request.method.substr(0, 32);
  call.path = request.target.substr(0, kMaxLogged);
  call.status = answer.never ? 0 : answer.status;
  Channel* channel = channels_.Get(call.channel);
  if (channel == nullptr) {
    call.channel.clear();
    channel = channels_.Get(call.channel);
  }
  return channels_.Add(*channel, std::move(call)) ? std::move(answer) : LogIsFull();
}

void ModelApi::Rejected(const HttpRequest& request, int status) {
  Call call;
  call.channel = DestinationOf(request).channel;
  call.genuine_key = HasKey(request);
  HttpAnswer answer;
  answer.status = status;
  Log(request, std::move(call), std::move(answer));
}

void ModelApi::HandshakeFailed(const TunnelOrigin& origin) {
  HttpRequest request;
  request.method = "CONNECT";
  request.target = origin.host + ":" + std::string(kHttpsPort);
  Call call;
  call.channel = ChannelOf(origin.proxy_authorization);
  HttpAnswer answer;
  answer.status = 0;
  Log(request, std::move(call), std::move(answer));
}

}  // namespace readiness::doubles::model
