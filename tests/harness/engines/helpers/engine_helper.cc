// A service that behaves as its first argument says. Tests start it through the engine to see each kind of trouble
// once.

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

extern char** environ;

namespace {

void Say(const std::string& text) {
  [[maybe_unused]] const ssize_t written = ::write(1, text.data(), text.size());
}

[[noreturn]] void Rest() {
  while (true) ::pause();
}

int Listen(const char* port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  // In a container, loopback is its own.
  address.sin_addr.s_addr = htonl(::getenv("LISTEN_ON_ALL") != nullptr ? INADDR_ANY : INADDR_LOOPBACK);
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(socket, 16) != 0) {
    Say(std::string("cannot listen: ") + std::strerror(errno) + "\n");
    ::_exit(98);
  }
  return socket;
}

void Answer(int client, const std::string& status) {
  char request[4096];
  [[maybe_unused]] const ssize_t length = ::read(client, request, sizeof request);
  const std::string answer = "HTTP/1.1 " + status + "\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
  [[maybe_unused]] const ssize_t written = ::write(client, answer.data(), answer.size());
  ::close(client);
}

[[noreturn]] void Serve(const char* port, int unavailable) {
  const int socket = Listen(port);
  while (true) {
    const int client = ::accept(socket, nullptr, nullptr);
    Answer(client, unavailable-- > 0 ? "503 Service Unavailable" : "200 OK");
  }
}

// Two generations: the child leaves the session, is deaf to SIGTERM and loses its parent.
int LeaveDaemon(bool without_label, bool stay) {
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) return 1;
  if (::fork() == 0) {
    ::setsid();
    if (::fork() == 0) {
      ::signal(SIGTERM, SIG_IGN);
      if (without_label) {
        char name[] = "engine_helper";
        char mode[] = "deaf";
        char* arguments[] = {name, mode, nullptr};
        char* nothing[] = {nullptr};
        ::dup2(ready[1], 9);  // stays open over exec; that it is closed then says: it runs
        ::execve("/proc/self/exe", arguments, nothing);
      }
      [[maybe_unused]] const ssize_t written = ::write(ready[1], "r", 1);
      Rest();
    }
    ::_exit(0);
  }
  ::close(ready[1]);
  char byte = 0;
  [[maybe_unused]] const ssize_t length = ::read(ready[0], &byte, 1);
  Say("daemon left\n");
  if (!stay) return 0;
  Rest();
}

void ShowSurroundings() {
  std::string text;
  for (char** entry = environ; *entry != nullptr; ++entry) text += "env " + std::string(*entry) + "\n";
  char directory[4096];
  text += "cwd " + std::string(::getcwd(directory, sizeof directory)) + "\n";
  text += ::getsid(0) == ::getpid() ? "session own\n" : "session foreign\n";
  sigset_t mask;
  ::sigprocmask(SIG_BLOCK, nullptr, &mask);
  text += sigismember(&mask, SIGUSR1) != 0 ? "USR1 blocked\n" : "USR1 open\n";
  struct sigaction action {};
  ::sigaction(SIGPIPE, nullptr, &action);
  text += action.sa_handler == SIG_IGN ? "PIPE ignored\n" : "PIPE default\n";
  text += "user " + std::to_string(::getuid()) + " " + std::to_string(::geteuid()) + " group " +
          std::to_string(::getgid()) + "\n";
  gid_t groups[64];
  text += "groups";
  for (int index = 0, count = ::getgroups(64, groups); index < count; ++index)
    text += " " + std::to_string(groups[index]);
  text += "\n";
  DIR* open = ::opendir("/proc/self/fd");
  while (const dirent* entry = ::readdir(open)) {
    if (entry->d_name[0] != '.' && std::atoi(entry->d_name) != ::dirfd(open))
      text += "fd " + std::string(entry->d_name) + "\n";
  }
  Say(text);
}

bool Answers(const char* host, const char* port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host, port, &hints, &found) != 0) return false;
  const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  char answer[16];
  const bool answers = ::connect(socket, found->ai_addr, found->ai_addrlen) == 0 && ::write(socket, "x", 1) == 1 &&
                       ::read(socket, answer, sizeof answer) > 0;
  ::freeaddrinfo(found);
  ::close(socket);
  return answers;
}

/// Says whenever it changes whether another service answers.
[[noreturn]] void WatchPeer(const char* host, const char* port) {
  for (int before = -1;; ::usleep(50'000)) {
    const int now = Answers(host, port) ? 1 : 0;
    if (now != before) Say(now == 1 ? "peer answers\n" : "peer is away\n");
    before = now;
  }
}

[[noreturn]] void Flood() {
  std::string block;
  while (block.size() < 64 * 1024) block += "the quick brown fox jumps over the lazy dog\n";
  // 80 MiB, a line to wait for, and on for ever.
  for (int count = 0; count < 80 * 16; ++count) Say(block);
  Say("flooded\n");
  while (true) Say(block);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  const char* port = argc > 2 ? argv[2] : "0";
  if (mode == "never-ready") Rest();
  if (mode == "exit") {
    for (int argument = 3; argument < argc; ++argument) Say(std::string(argv[argument]) + "\n");
    return std::atoi(argv[2]);
  }
  if (mode == "print") {
    for (int argument = 2; argument < argc; ++argument) Say(std::string(argv[argument]) + "\n");
    Rest();
  }
  if (mode == "abort") ::raise(SIGKILL);
  if (mode == "listen-then-die") {
    ::close(::accept(Listen(port), nullptr, nullptr));
    Say("giving up\n");
    return 3;
  }
  if (mode == "hang") {
    [[maybe_unused]] const int socket = Listen(port);
    Rest();
  }
  if (mode == "serve") Serve(port, argc > 3 ? std::atoi(argv[3]) : 0);
  if (mode == "serve-silently") {
    ::close(1);
    ::close(2);
    Serve(port, 0);
  }
  if (mode == "serve-in-child") {
    if (::fork() == 0) {
      ::setsid();
      Serve(port, 0);
    }
    Rest();
  }
  if (mode == "serve-until-asked") {
    ::signal(SIGTERM, [](int) {
      Say("asked to end\n");
      ::_exit(0);
    });
    Serve(port, 0);
  }
  if (mode == "deaf") {
    ::signal(SIGTERM, SIG_IGN);
    ::close(9);
    Say("deaf\n");
    Rest();
  }
  if (mode == "daemon") return LeaveDaemon(false, true);
  if (mode == "daemon-and-exit") return LeaveDaemon(false, false);
  if (mode == "daemon-without-label") return LeaveDaemon(true, true);
  if (mode == "shared-memory") {
    Say(::shmat(::shmget(IPC_PRIVATE, 4096, 0600), nullptr, 0) == nullptr ? "failed\n" : "made\n");
    Rest();
  }
  if (mode == "surroundings") ShowSurroundings();
  if (mode == "flood") Flood();
  if (mode == "watch-peer" && argc > 3) WatchPeer(argv[2], argv[3]);
  if (mode == "eat-memory") {
    for (;;) std::memset(std::malloc(1 << 20), 1, 1 << 20);
  }
  return 0;
}
