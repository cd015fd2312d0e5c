#pragma once
// What the tests of the running double need: a temporary folder, a double in it, and libcurl and raw sockets as its
// clients.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "doubles/data_provider.h"

namespace readiness::doubles::provider {

/// Made on construction, removed with its contents on destruction.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Fetch {
  std::string url;
  std::string method = "GET";
  std::string body;
  std::vector<std::string> headers;
  std::string proxy;
  std::string ca_file;
  std::string unix_socket;
  std::string connect_to;  ///< "host:port:address:port": where a connection to the first two goes
  long timeout_ms = 10'000;
};

struct Fetched {
  int curl_code = 0;     ///< CURLcode; 0 when an answer came
  int status = 0;        ///< of the answer
  int proxy_status = 0;  ///< of the proxy's answer to CONNECT
  std::string body;
};

/// One exchange on a connection of its own.
Fetched Perform(const Fetch& fetch);

/// Connects to 127.0.0.1:`port`, sends `bytes`, half-closes if asked to, and reads until the end or 5 s of silence.
std::string Exchange(int port, const std::string& bytes, bool half_close = false);

/// An open connection to 127.0.0.1:`port` on which nothing is sent.
class IdleConnection {
 public:
  explicit IdleConnection(int port);
  ~IdleConnection();
  IdleConnection(const IdleConnection&) = delete;
  IdleConnection& operator=(const IdleConnection&) = delete;

 private:
  int socket_ = -1;
};

/// A configuration whose files lie in `folder`.
Config TestConfig(const std::string& folder);

struct OpenedAccount {
  std::string id;
  std::string authorization_code;
  std::vector<std::string> canaries;
};

struct SeenCall {
  std::string kind;
  std::string account;
  std::string method;
  std::string host;
  std::string path;
  int status = 0;
};

/// A double in process and how its two sides reach it.
class RunningDouble {
 public:
  RunningDouble() : RunningDouble([](ServerConfig&) {}) {}
  /// `change` is made to the usual configuration.
  explicit RunningDouble(const std::function<void(ServerConfig&)>& change);

  int port() const { return provider_->port(); }
  int tls_port() const { return provider_->tls_port(); }
  const Config& config() const { return config_; }
  const std::string& ca_file() const { return provider_->ca_file(); }

  OpenedAccount Open(int records, const std::string& more = {}) const;
  std::vector<SeenCall> Calls(const std::string& account) const;

  /// As a target with the upstream hard-coded sends it: through the proxy, trusting the CA.
  Fetched Upstream(const std::string& path, const std::string& bearer = {}, const std::string& form = {}) const;
  /// As a target with a configured base URL sends it.
  Fetched Direct(const std::string& path, const std::string& bearer = {}, const std::string& form = {}) const;

  /// As a target with the upstream hard-coded sends it where the name leads to the double.
  Fetched Straight(const std::string& host, const std::string& path, const std::string& bearer = {},
                   const std::string& form = {}) const;

  /// The body of the token request for `code`.
  static std::string CodeForm(const std::string& code);
  /// A string member of a JSON object.
  static std::string Member(const std::string& json, const std::string& key);

 private:
  TemporaryFolder folder_;
  Config config_;
  std::unique_ptr<DataProviderDouble> provider_;
};

}  // namespace readiness::doubles::provider
