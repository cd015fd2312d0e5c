// A service on a bad day, for tests: what is wrong with it is said by the variable MODE. It listens on PORT, if at all.
//   die      says so and exits with 7                 mute     accepts connections and never answers
//   flood    answers, and logs without end            endless  answers, and logs one line without end
//   stubborn answers, and ignores SIGTERM
//   daemons  answers, and leaves processes behind in sessions of their own;  daemons-then-die  exits with 7 instead
//   echo     answers with every credential that it was ever given, and with its own secrets, in every encoding (echo.h)

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

#include "echo.h"

namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int Listen() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(Variable("PORT").c_str())));
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 64) != 0) {
    std::perror("cannot listen");
    std::exit(1);
  }
  return listener;
}

// Head and body; what comes later than the Content-Length says is not read.
std::string ReadRequest(int connection) {
  std::string text;
  char bytes[16 * 1024];
  for (;;) {
    const std::size_t head = text.find("\r\n\r\n");
    if (head != std::string::npos) {
      const std::size_t field = text.find("Content-Length: ");
      const std::size_t body = field < head ? std::strtoul(text.c_str() + field + 16, nullptr, 10) : 0;
      if (text.size() >= head + 4 + body) return text;
    }
    const ssize_t count = ::recv(connection, bytes, sizeof bytes, 0);
    if (count <= 0) return text;
    text.append(bytes, static_cast<std::size_t>(count));
  }
}

void Send(int connection, const std::string& answer) {
  for (std::string_view rest = answer; !rest.empty();) {
    const ssize_t count = ::send(connection, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

void LogWithoutEnd(bool lines) {
  std::string text(4096, 'x');
  if (lines) text.back() = '\n';
  while (::write(STDOUT_FILENO, text.data(), text.size()) > 0) {
  }
}

// Three generations, each in a session of its own, deaf to SIGTERM and SIGHUP.
void LeaveDaemons() {
  for (int generation = 0; generation < 3; ++generation) {
    if (::fork() != 0) return;
    ::setsid();
    ::signal(SIGTERM, SIG_IGN);
    ::signal(SIGHUP, SIG_IGN);
    if (generation < 2 && ::fork() == 0) {
      for (;;) ::pause();
    }
  }
  for (;;) ::pause();
}

}  // namespace

int main() {
  const std::string mode = Variable("MODE");
  if (mode == "die") {
    std::puts("no configuration, giving up");
    return 7;
  }
  if (mode == "stubborn") ::signal(SIGTERM, SIG_IGN);
  if (mode.starts_with("daemons")) {
    if (const pid_t child = ::fork(); child == 0) {
      LeaveDaemons();
      std::_Exit(0);
    }
  }
  if (mode == "daemons-then-die") return 7;
  const int listener = Listen();
  std::thread logging;
  if (mode == "flood" || mode == "endless") logging = std::thread(LogWithoutEnd, mode == "flood");
  Echo echo;
  for (;;) {
    const int connection = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    if (mode == "mute") continue;  // and keeps it open
    const std::string request = ReadRequest(connection);
    Send(connection,
         mode == "echo" ? echo.Answer(request) : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
    ::close(connection);
  }
}
