// The command is judged by a real shell: a function named curl prints what it was given.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "readiness/http.h"

extern char** environ;

namespace readiness {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Called {
  std::vector<std::string> arguments;
  std::string input;
};

std::string OutputOfShell(const std::string& shell, const std::string& script) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  // The script goes in by a pipe, because one argument may not exceed 128 KiB.
  std::array<int, 2> feed{};
  if (pipe2(feed.data(), O_CLOEXEC) != 0) return {};
  posix_spawn_file_actions_adddup2(&actions, feed[0], STDIN_FILENO);
  std::array<char*, 3> argv{const_cast<char*>(shell.c_str()), const_cast<char*>("-s"), nullptr};
  pid_t pid = 0;
  const int spawned = posix_spawnp(&pid, shell.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  close(feed[0]);
  std::string output;
  if (spawned == 0) {
    for (std::size_t done = 0; done < script.size();) {
      const ssize_t written = write(feed[1], script.data() + done, script.size() - done);
      if (written <= 0) break;
      done += static_cast<std::size_t>(written);
    }
  }
  close(feed[1]);
  std::array<char, 4096> piece{};
  for (ssize_t got = 0; (got = read(ends[0], piece.data(), piece.size())) > 0;)
    output.append(piece.data(), static_cast<std::size_t>(got));
  close(ends[0]);
  if (spawned == 0) waitpid(pid, nullptr, 0);
  return output;
}

/// What curl would get. The fake ends each argument with a NUL, and the list with one more.
Called Call(const std::string& command, const std::string& shell = "sh") {
  const std::string fake =
      "curl() { reads=no; for a in \"$@\"; do printf '%s\\0' \"$a\"; [ \"$a\" = @- ] && reads=yes; done; printf '\\0'; "
      "if [ $reads = yes ]; then cat; fi; }\n";
  const std::string output = OutputOfShell(shell, fake + command + "\n");
  Called called;
  std::size_t begin = 0;
  while (begin < output.size() && output[begin] != '\0') {
    const auto end = output.find('\0', begin);
    called.arguments.push_back(output.substr(begin, end - begin));
    begin = end == std::string::npos ? output.size() : end + 1;
  }
  called.input = output.substr(std::min(begin + 1, output.size()));
  return called;
}

Exchange Of(HttpRequest request) {
  Exchange exchange;
  exchange.request = std::move(request);
  return exchange;
}

/// The argument after `flag`; empty when there is none.
std::string After(const Called& called, const std::string& flag) {
  for (std::size_t i = 0; i + 1 < called.arguments.size(); ++i)
    if (called.arguments[i] == flag) return called.arguments[i + 1];
  return {};
}

TEST(CurlCommand, OfAPlainGet) {
  HttpRequest request;
  request.url = "http://127.0.0.1:8080/a/../b?x={1}&y=[2]";
  request.headers = {{"Host", "127.0.0.1:8080"}, {"Accept", "*/*"}};
  const auto called = Call(Of(request).ToCurl());
  EXPECT_THAT(called.arguments,
              ElementsAre("-sS", "-i", "-g", "--path-as-is", "--noproxy", "*", "-H", "Accept: */*", request.url));
}

TEST(CurlCommand, OfAPost) {
  HttpRequest request;
  request.method = "POST";
  request.url = "http://127.0.0.1/";
  request.headers = {{"Content-Type", "application/json"}, {"Content-Length", "9"}, {"X-Empty", ""}, {"Host", "other"}};
  request.body = R"({"a": 1})";
  request.source_address = "127.0.0.7";
  const auto called = Call(Of(request).ToCurl());
  EXPECT_EQ(After(called, "-X"), "POST");
  EXPECT_EQ(After(called, "--interface"), "host!127.0.0.7");
  EXPECT_EQ(After(called, "--data-raw"), request.body);
  EXPECT_THAT(called.arguments, Contains("Content-Type: application/json"));
  EXPECT_THAT(called.arguments, Contains("X-Empty;"));
  EXPECT_THAT(called.arguments, Contains("Host: other"));
  EXPECT_THAT(called.arguments, Not(Contains(HasSubstr("Content-Length"))));
}

TEST(CurlCommand, OfHeadAsksForTheHeadOnly) {
  HttpRequest request;
  request.method = "HEAD";
  request.url = "http://127.0.0.1/";
  const auto called = Call(Of(request).ToCurl());
  EXPECT_THAT(called.arguments, Contains("-I"));
  EXPECT_THAT(called.arguments, Not(Contains("-X")));
}

TEST(CurlCommand, DoesNotInventAContentType) {
  HttpRequest request;
  request.method = "PUT";
  request.url = "http://127.0.0.1/";
  request.body = "x";
  EXPECT_THAT(Call(Of(request).ToCurl()).arguments, Contains("Content-Type:"));
}

std::string EveryByte() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes + "0123" + std::string(1, '\0') + "7";
}

TEST(CurlCommand, KeepsEveryBodyByte) {
  const std::vector<std::string> bodies = {"'",
                                           "''\\''",
                                           "$(id) `id` ${HOME} \"$@\" \\",
                                           "@/etc/passwd",
                                           "-n %s %% \\n",
                                           "two\nlines\n\n",
                                           "-\n",
                                           "gr\xC3\xBC\xC3\x9F",
                                           "!history",
                                           "a; b & c | d",
                                           EveryByte(),
                                           std::string(200'000, 'x') + "'"};
  for (const std::string shell : {"sh", "bash"}) {
    for (const std::string& body : bodies) {
      SCOPED_TRACE(shell + ": " + body.substr(0, 50));
      HttpRequest request;
      request.method = "POST";
      request.url = "http://127.0.0.1/";
      request.body = body;
      const std::string command = Of(request).ToCurl();
      EXPECT_EQ(command.find('\n'), std::string::npos);
      EXPECT_EQ(command.find('\0'), std::string::npos);
      const auto called = Call(command, shell);
      const bool by_input = After(called, "--data-binary") == "@-";
      EXPECT_TRUE((by_input ? called.input : After(called, "--data-raw")) == body) << command.substr(0, 500);
    }
  }
}

TEST(CurlCommand, KeepsEveryHeaderAndUrlByte) {
  const std::vector<std::string> values = {"it's", "$(id)`id`", "\x1B[31m", "gr\xC3\xBC\xC3\x9F", "a\\b%c", "\ttab"};
  for (const std::string& value : values) {
    HttpRequest request;
    request.url = "http://127.0.0.1/" + value;
    request.headers = {{"X-Value", value}};
    const auto called = Call(Of(request).ToCurl());
    EXPECT_THAT(called.arguments, Contains("X-Value: " + value));
    EXPECT_EQ(called.arguments.empty() ? "" : called.arguments.back(), request.url);
  }
}

}  // namespace
}  // namespace readiness
