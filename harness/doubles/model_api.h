#pragma once
// The model as the target sees it: an OpenAI-compatible API per channel, and the proxy that leads nowhere else. Logs
// each call before it returns the answer. Knows no sockets. Not thread-safe: the server's thread only.
//   plain HTTP   /channels/<channel>/v1/...: the base URL names the channel
//   proxy        CONNECT <host>:443, where Proxy-Authorization: Basic names the channel as user, then /v1/...
//   TLS          straight to one of the hosts, /v1/...: names no channel
// A call that names no channel is kept apart, and every channel is told of it.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "doubles/channels.h"
#include "doubles/http_message.h"

namespace readiness::doubles::model {

struct ModelSettings {
  std::vector<std::string> hosts;  ///< normal
  std::string api_key;
  std::vector<std::string> names;  ///< the double's own, beside localhost; normal
};

class ModelApi final : public HttpHandler {
 public:
  /// `channels` must outlive this.
  ModelApi(ModelSettings settings, Channels& channels) : settings_(std::move(settings)), channels_(channels) {}

  HttpAnswer Handle(const HttpRequest& request) override;
  void Rejected(const HttpRequest& request, int status) override;
  void HandshakeFailed(const TunnelOrigin& origin) override;

 private:
  /// Where a request goes.
  struct Destination {
    std::string channel;  ///< empty: nobody can tell
    std::string path;     ///< below the base URL; empty: none of the API's
  };

  bool StandsFor(const std::string& host) const;
  bool IsOwnName(const std::string& host) const;
  bool HasKey(const HttpRequest& request) const;
  Destination DestinationOf(const HttpRequest& request) const;
  HttpAnswer Connect(const HttpRequest& request);
  HttpAnswer Serve(const HttpRequest& request, const Destination& destination, Call& call);
  HttpAnswer Complete(const Destination& destination, const HttpRequest& request, Call& call);
  HttpAnswer Log(const HttpRequest& request, Call call, HttpAnswer answer);

  const ModelSettings settings_;
  Channels& channels_;
};

}  // namespace readiness::doubles::model
