#include "standin/http_server.h"

#include <httplib.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "base/text.h"
#include "standin/log.h"
#include "standin/secrets.h"

namespace readiness::standin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kStopGrace{800};
constexpr std::chrono::milliseconds kStopPoll{5};
constexpr int kBacklog = 128;
constexpr std::size_t kMaxLoggedPath = 512;
constexpr std::size_t kMaxRequestId = 200;
constexpr const char* kAnyPath = R"([\s\S]*)";

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

class Server {
 public:
  Server(const ServerOptions& options, const std::vector<Route>& routes) : options_(options), routes_(routes) {}

  Error Run();

 private:
  void Install();
  void Handle(const httplib::Request& native, httplib::Response& answer, const httplib::ContentReader* reader);
  Response Dispatch(Request& request, const httplib::Request& native, const httplib::ContentReader* reader);
  bool ReadBody(Request& request, const httplib::Request& native, const httplib::ContentReader* reader) const;
  Response Redirect(const httplib::Request& native, const std::string& path) const;
  void EndOnSignal();

  const ServerOptions& options_;
  const std::vector<Route>& routes_;
  httplib::Server server_;
  std::atomic<int> in_flight_{0};
  socket_t socket_ = INVALID_SOCKET;
};

Request Translate(const httplib::Request& native, RequestIds ids) {
  Request request;
  request.method = native.method;
  request.path = native.path;
  request.source_address = native.remote_addr;
  for (const auto& [name, value] : native.headers) request.headers.emplace(name, value);
  const std::size_t mark = native.target.find('?');
  if (mark != std::string::npos) {
    for (auto& [name, value] : ParseForm(std::string_view(native.target).substr(mark + 1)))
      request.query.emplace(name, value);
  }
  if (ids == RequestIds::kNone) return request;
  if (ids == RequestIds::kTaken) request.request_id = request.Header("X-Request-Id").value_or("");
  if (request.request_id.empty() || request.request_id.size() > kMaxRequestId) request.request_id = RandomUuid();
  return request;
}

bool Server::ReadBody(Request& request, const httplib::Request& native, const httplib::ContentReader* reader) const {
  // Without a length the library would read until the peer closes, which a client that sends no body does not do.
  const bool has_body = native.has_header("Content-Length") || native.has_header("Transfer-Encoding");
  if (reader == nullptr || !has_body || native.is_multipart_form_data()) return true;
  bool fits = true;
  const bool complete = (*reader)([&](const char* bytes, std::size_t size) {
    fits = request.body.size() + size <= options_.max_body_bytes;
    if (fits) request.body.append(bytes, size);
    return fits;
  });
  return complete && fits;
}

Response Server::Redirect(const httplib::Request& native, const std::string& path) const {
  Response response;
  response.status = 307;
  const std::size_t mark = native.target.find('?');
  const std::string query = mark == std::string::npos ? "" : native.target.substr(mark);
  const std::string host =
      native.has_header("Host") ? native.get_header_value("Host") : options_.host + ":" + std::to_string(options_.port);
  std::string encoded;
  for (const char c : path) encoded += c == '/' ? std::string("/") : PercentEncode(std::string_view(&c, 1));
  response.headers.emplace_back("Location", "http://" + host + encoded + query);
  return response;
}

Response Server::Dispatch(Request& request, const httplib::Request& native, const httplib::ContentReader* reader) {
  auto destination = FindRoute(routes_, request.method, request.path);
  if (!ReadBody(request, native, reader)) {
    Response response = options_.framework.too_large;
    response.headers.emplace_back("Connection", "close");
    return response;
  }
  if (const auto* other = std::get_if<OtherSlash>(&destination)) return Redirect(native, other->path);
  if (const auto* wrong = std::get_if<WrongMethod>(&destination)) {
    Response response = options_.framework.method_not_allowed;
    std::string allowed;
    for (const std::string& method : wrong->allowed) allowed += (allowed.empty() ? "" : ", ") + method;
    response.headers.emplace_back("Allow", allowed);
    return response;
  }
  auto* found = std::get_if<Found>(&destination);
  if (found == nullptr) return options_.framework.not_found;
  request.path_parameters = std::move(found->path_parameters);
  Reply<Response> reply = found->route->handler(request);
  Response response = reply ? std::move(*reply) : std::move(reply.error());
  if (!response.failure.empty() && response.body.empty()) {
    response.status = options_.framework.failure.status;
    response.body = options_.framework.failure.body;
  }
  return response;
}

void Server::Handle(const httplib::Request& native, httplib::Response& answer, const httplib::ContentReader* reader) {
  struct InFlight {
    explicit InFlight(std::atomic<int>& counter) : count(counter) { ++count; }
    ~InFlight() { --count; }
    std::atomic<int>& count;
  } in_flight(in_flight_);
  const auto begin = Clock::now();
  Request request = Translate(native, options_.request_ids);
  Response response;
  try {
    const LogScope scope(options_.ids_in_work ? request.request_id : "");
    response = Dispatch(request, native, reader);
  } catch (const std::exception& escaped) {
    response = options_.framework.failure;
    response.failure = escaped.what();
  }

  answer.status = response.status;
  if (!request.request_id.empty()) answer.set_header("X-Request-Id", request.request_id);
  for (const auto& [name, value] : response.headers) answer.set_header(name.c_str(), value);
  if (!response.body.empty()) answer.set_content(response.body, response.content_type.c_str());

  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  const std::string path = request.path.substr(0, kMaxLoggedPath);
  const LogScope scope(request.request_id);
  if (options_.observe) options_.observe(request, response);
  if (!response.failure.empty()) Log("ERROR", "standin.failure", response.failure, {{"path", path}});
  const std::string line = native.remote_addr + ":" + std::to_string(native.remote_port) + " - \"" + request.method +
                           " " + path + " HTTP/1.1\" " + std::to_string(response.status);
  Log("INFO", "standin.access", line,
      {{"method", request.method},
       {"path", path},
       {"status", response.status},
       {"duration_ms", static_cast<double>(took.count()) / 1000.0}});
}

void Server::Install() {
  const auto plain = [this](const httplib::Request& request, httplib::Response& answer) {
    Handle(request, answer, nullptr);
  };
  const auto with_body = [this](const httplib::Request& request, httplib::Response& answer,
                                const httplib::ContentReader& reader) { Handle(request, answer, &reader); };
  server_.Get(kAnyPath, plain);
  server_.Options(kAnyPath, plain);
  server_.Post(kAnyPath, with_body);
  server_.Put(kAnyPath, with_body);
  server_.Patch(kAnyPath, with_body);
  server_.Delete(kAnyPath, with_body);
  server_.set_payload_max_length(options_.max_body_bytes);
  server_.set_tcp_nodelay(true);
  server_.set_keep_alive_max_count(10'000);
  server_.set_keep_alive_timeout(5);
  server_.set_read_timeout(5);
  server_.set_write_timeout(5);
  server_.new_task_queue = [this] { return new httplib::ThreadPool(static_cast<std::size_t>(options_.threads)); };
  // The library's default shares the port between processes (SO_REUSEPORT): two stand-ins would answer by turns.
  server_.set_socket_options([this](socket_t socket) {
    const int on = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    socket_ = socket;
  });
}

void Server::EndOnSignal() {
  const sigset_t signals = StopSignals();
  int number = 0;
  sigwait(&signals, &number);
  server_.stop();
  const auto deadline = Clock::now() + kStopGrace;
  while (in_flight_ > 0 && Clock::now() < deadline) std::this_thread::sleep_for(kStopPoll);
  // The last answers are counted before the library has written them.
  std::this_thread::sleep_for(kStopPoll);
  Log("INFO", "standin", "stopped");
  _exit(0);
}

Error Server::Run() {
  Install();
  if (!server_.bind_to_port(options_.host, options_.port)) {
    Error error{ErrorKind::kEnvironment, "the port cannot be listened on", {}, {}, {}, {}};
    error.actual = options_.host + ":" + std::to_string(options_.port);
    error.fix = "choose another PORT, or end the process that has it";
    return error;
  }
  // The library asks for a backlog of 5; a burst of clients would wait a second for their second SYN.
  ::listen(socket_, kBacklog);
  std::thread(&Server::EndOnSignal, this).detach();
  Log("INFO", "standin", "listening", {{"host", options_.host}, {"port", options_.port}});
  server_.listen_after_bind();
  // stop() makes the library return; the thread that called it ends the process.
  while (true) pause();
}

}  // namespace

void HoldStopSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

Error Serve(const ServerOptions& options, const std::vector<Route>& routes) {
  return Server(options, routes).Run();
}

}  // namespace readiness::standin
