#include "http_client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace readiness::doubles::provider {
namespace {

using Json = nlohmann::json;

constexpr int kSilenceMs = 5000;

/// A connected socket; -1 when nobody listens.
int ConnectTo(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return socket;
  ::close(socket);
  return -1;
}

std::size_t Append(char* data, std::size_t size, std::size_t count, void* body) {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

void SetRequest(CURL* curl, const Fetch& fetch) {
  curl_easy_setopt(curl, CURLOPT_URL, fetch.url.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, fetch.method.c_str());
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, fetch.timeout_ms);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROXY, fetch.proxy.c_str());  // empty: none, whatever the environment says
  if (!fetch.ca_file.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, fetch.ca_file.c_str());
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  }
  if (!fetch.unix_socket.empty()) curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, fetch.unix_socket.c_str());
  if (!fetch.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(fetch.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, fetch.body.c_str());
  }
}

Fetch Api(const std::string& base, const std::string& path, const std::string& bearer, const std::string& form) {
  Fetch fetch;
  fetch.url = base + path;
  fetch.body = form;
  if (!form.empty()) fetch.method = "POST";
  if (!bearer.empty()) fetch.headers.push_back("Authorization: Bearer " + bearer);
  return fetch;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "doubles-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Fetched Perform(const Fetch& fetch) {
  Fetched fetched;
  CURL* curl = curl_easy_init();
  curl_slist* headers = nullptr;
  for (const auto& header : fetch.headers) headers = curl_slist_append(headers, header.c_str());
  SetRequest(curl, fetch);
  curl_slist* connect_to = fetch.connect_to.empty() ? nullptr : curl_slist_append(nullptr, fetch.connect_to.c_str());
  curl_easy_setopt(curl, CURLOPT_CONNECT_TO, connect_to);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &fetched.body);
  fetched.curl_code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  fetched.status = static_cast<int>(status);
  curl_easy_getinfo(curl, CURLINFO_HTTP_CONNECTCODE, &status);
  fetched.proxy_status = static_cast<int>(status);
  curl_slist_free_all(headers);
  curl_slist_free_all(connect_to);
  curl_easy_cleanup(curl);
  return fetched;
}

IdleConnection::IdleConnection(int port) : socket_(ConnectTo(port)) {}
IdleConnection::~IdleConnection() {
  ::close(socket_);
}

std::string Exchange(int port, const std::string& bytes, bool half_close) {
  const int socket = ConnectTo(port);
  std::string received;
  if (socket >= 0) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const auto count = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) break;
      sent += static_cast<std::size_t>(count);
    }
    if (half_close) ::shutdown(socket, SHUT_WR);
    char buffer[4096];
    pollfd readable{socket, POLLIN, 0};
    while (::poll(&readable, 1, kSilenceMs) > 0) {
      const auto count = ::recv(socket, buffer, sizeof buffer, 0);
      if (count <= 0) break;
      received.append(buffer, static_cast<std::size_t>(count));
    }
  }
  ::close(socket);
  return received;
}

Config TestConfig(const std::string& folder) {
  Config config;
  config.server.admin_socket = folder + "/admin.sock";
  config.server.hosts = {"api.example.com", "second.example.com"};
  config.server.ca_directory = folder + "/ca";
  config.client_id = "id";
  config.client_secret = "secret";
  return config;
}

RunningDouble::RunningDouble(const std::function<void(ServerConfig&)>& change) : config_(TestConfig(folder_.path())) {
  change(config_.server);
  auto started = DataProviderDouble::Start(config_);
  if (!started) throw std::runtime_error(RenderError(started.error()));
  provider_ = std::move(*started);
}

OpenedAccount RunningDouble::Open(int records, const std::string& more) const {
  Fetch fetch;
  fetch.url = "http://double/accounts";
  fetch.method = "POST";
  fetch.unix_socket = config_.server.admin_socket;
  fetch.body = R"({"label":"test","records":)" + std::to_string(records) + more + "}";
  const auto answer = Perform(fetch);
  EXPECT_EQ(answer.status, 201) << answer.body;
  const auto account = Json::parse(answer.body);
  return {account.at("id"), account.at("authorization_code"), account.at("canaries")};
}

std::vector<SeenCall> RunningDouble::Calls(const std::string& account) const {
  Fetch fetch;
  fetch.url = "http://double/calls?account=" + account;
  fetch.unix_socket = config_.server.admin_socket;
  const auto answer = Perform(fetch);
  EXPECT_EQ(answer.status, 200) << answer.body;
  std::vector<SeenCall> calls;
  const auto document = Json::parse(answer.body);
  for (const auto& call : document.at("calls")) {
    calls.push_back(
        {call.at("kind"), call.at("account"), call.at("method"), call.at("host"), call.at("path"), call.at("status")});
  }
  return calls;
}

Fetched RunningDouble::Upstream(const std::string& path, const std::string& bearer, const std::string& form) const {
  auto fetch = Api("https://api.example.com", path, bearer, form);
  fetch.proxy = "http://127.0.0.1:" + std::to_string(port());
  fetch.ca_file = ca_file();
  return Perform(fetch);
}

Fetched RunningDouble::Straight(const std::string& host, const std::string& path, const std::string& bearer,
                                const std::string& form) const {
  auto fetch = Api("https://" + host, path, bearer, form);
  fetch.connect_to = host + ":443:127.0.0.1:" + std::to_string(tls_port());
  fetch.ca_file = ca_file();
  return Perform(fetch);
}

Fetched RunningDouble::Direct(const std::string& path, const std::string& bearer, const std::string& form) const {
  return Perform(Api("http://127.0.0.1:" + std::to_string(port()), path, bearer, form));
}

std::string RunningDouble::CodeForm(const std::string& code) {
  return "grant_type=authorization_code&client_id=id&client_secret=secret&code=" + code;
}

std::string RunningDouble::Member(const std::string& json, const std::string& key) {
  return Json::parse(json).at(key);
}

}  // namespace readiness::doubles::provider
