#include "lifecycle/run_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "base/text.h"
#include "engines/process_family.h"
#include "engines/spawn.h"
#include "readiness/findings.h"

namespace readiness {
namespace {

using std::chrono::milliseconds;

// Longer than a family takes to be killed, see ProcessFamily::End.
constexpr milliseconds kKeeperPatience{12'000};
constexpr const char* kCommandLabel = "READINESS_COMMAND";

Error SystemError(const std::string& what) {
  return Error{ErrorKind::kEnvironment, what, std::nullopt, {}, std::strerror(errno), {}};
}

struct Pipe {
  Descriptor read, write;
};

Result<Pipe> MakePipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return Fail(SystemError("cannot make a pipe"));
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// What one call needs. The keeper and the caller each close their half.
struct Pipes {
  Pipe input, output, errors;
  Pipe report;  // from the keeper: how the command ended
  Pipe life;    // hung up when the caller is gone or wants an end
};

Result<Pipes> MakePipes() {
  Pipes pipes;
  for (Pipe* pipe : {&pipes.input, &pipes.output, &pipes.errors, &pipes.report, &pipes.life}) {
    READINESS_ASSIGN(*pipe, MakePipe());
  }
  return pipes;
}

// ---- the keeper -----------------------------------------------------------------------------------------------------

void WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

void ReportError(int report, const Error& error) {
  const Json json{{"kind", static_cast<int>(error.kind)},
                  {"what", error.what},
                  {"expected", error.expected},
                  {"actual", error.actual},
                  {"fix", error.fix}};
  WriteAll(report, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// Waits until the command has ended; nothing when the caller wants an end before.
std::optional<ExitStatus> AwaitCommand(const Child& child, int life) {
  for (;;) {
    std::array<pollfd, 2> entries{{{child.pidfd.get(), POLLIN, 0}, {life, POLLIN, 0}}};
    if (::poll(entries.data(), entries.size(), -1) < 0 && errno == EINTR) continue;
    if (entries[0].revents != 0) return PeekExit(child);
    if (entries[1].revents != 0) return std::nullopt;
  }
}

void Keep(const CommandSpec& spec, const std::string& label, Pipes pipes) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  SpawnRequest request;
  request.command = spec.command;
  for (const auto& [name, value] : spec.environment) request.environment.push_back(name + "=" + value);
  request.environment.push_back(label);
  request.working_directory = spec.working_directory;
  request.input = pipes.input.read.get();
  request.output = pipes.output.write.get();
  request.errors = pipes.errors.write.get();
  const Result<Child> child = Spawn(request);
  for (Descriptor* ours : {&pipes.input.read, &pipes.output.write, &pipes.errors.write}) ours->Close();
  if (!child) return ReportError(pipes.report.write.get(), child.error());

  const std::optional<ExitStatus> end = AwaitCommand(*child, pipes.life.read.get());
  const std::vector<int> left = ProcessFamily(child->pid, label).End(milliseconds(0));
  Reap(child->pidfd.get());
  KillOrphans({});
  if (!left.empty())
    return ReportError(pipes.report.write.get(),
                       {ErrorKind::kEnvironment, "a command's process cannot be ended", {}, {}, {}, {}});
  if (!end) return;
  const Json json{{"exit_code", end->by_signal ? 128 + end->value : end->value}};
  WriteAll(pipes.report.write.get(), json.dump());
}

// The fork of the caller: nothing of what the caller holds may be touched, so it never returns.
[[noreturn]] void BecomeKeeper(const CommandSpec& spec, const std::string& label, Pipes& pipes) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
  for (Descriptor* callers :
       {&pipes.input.write, &pipes.output.read, &pipes.errors.read, &pipes.report.read, &pipes.life.write})
    callers->Close();
  // Whoever waits for the end of the caller's output must not wait for us.
  if (const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC); null >= 0) {
    for (int standard = 0; standard <= 2; ++standard) ::dup2(null, standard);
  }
  try {
    Keep(spec, label, std::move(pipes));
  } catch (...) {
    ::_exit(1);  // no memory: the kernel ends the command with us
  }
  ::_exit(0);
}

// ---- the caller -----------------------------------------------------------------------------------------------------

// A command that closes its standard input must not end us.
class IgnorePipeSignal {
 public:
  IgnorePipeSignal() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, &before_);
  }
  ~IgnorePipeSignal() { ::sigaction(SIGPIPE, &before_, nullptr); }
  IgnorePipeSignal(const IgnorePipeSignal&) = delete;
  IgnorePipeSignal& operator=(const IgnorePipeSignal&) = delete;

 private:
  struct sigaction before_ {};
};

class Conversation {
 public:
  Conversation(const CommandSpec& spec, std::string_view input, const CommandLimits& limits, Pipes& pipes)
      : spec_(spec), input_(input), limits_(limits), pipes_(pipes) {
    for (const int descriptor : {pipes_.input.write.get(), pipes_.output.read.get(), pipes_.errors.read.get()}) {
      ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
    }
    if (input_.empty()) pipes_.input.write.Close();
  }

  Result<CommandEnd> Hold() {
    const Deadline deadline(spec_.timeout);
    while (pipes_.output.read || pipes_.errors.read || pipes_.report.read) {
      std::array<pollfd, 4> entries{{{pipes_.input.write.get(), POLLOUT, 0},
                                     {pipes_.output.read.get(), POLLIN, 0},
                                     {pipes_.errors.read.get(), POLLIN, 0},
                                     {pipes_.report.read.get(), POLLIN, 0}}};
      const int ready = ::poll(entries.data(), entries.size(), deadline.PollTime());
      if (ready < 0 && errno == EINTR) continue;
      if (ready == 0 && deadline.Passed()) return Fail(TimedOut());
      if (entries[0].revents != 0) Write();
      if (entries[1].revents != 0) Read(pipes_.output.read, end_.output);
      if (entries[2].revents != 0) ReadErrors();
      if (entries[3].revents != 0) Read(pipes_.report.read, report_);
      if (end_.output.size() > limits_.output_bytes) return Fail(TooMuch());
    }
    return Conclude();
  }

 private:
  void Write() {
    const ssize_t count = ::write(pipes_.input.write.get(), input_.data(), input_.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count > 0) input_.remove_prefix(static_cast<std::size_t>(count));
    if (count <= 0 || input_.empty()) pipes_.input.write.Close();
  }

  // False at the end.
  static bool Read(Descriptor& from, std::string& to) {
    std::array<char, 64 * 1024> buffer;
    const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (count <= 0) {
      from.Close();
      return false;
    }
    to.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
  }

  void ReadErrors() {
    const std::size_t before = end_.error_output.size();
    Read(pipes_.errors.read, end_.error_output);
    end_.error_bytes += end_.error_output.size() - before;
    if (end_.error_output.size() > limits_.error_bytes) {
      end_.error_output.erase(0, end_.error_output.size() - limits_.error_bytes);
    }
  }

  std::string Said() const {
    if (end_.error_output.empty()) return "it wrote nothing on standard error";
    constexpr std::size_t kShown = 500;
    const std::size_t begin = end_.error_output.size() - std::min(end_.error_output.size(), kShown);
    return "on standard error: " + Printable(end_.error_output.substr(begin), kShown * 4);
  }

  Error TimedOut() const {
    return Error{ErrorKind::kTimeout,
                 fmt::format("command {} did not end in time", Printable(spec_.command.front(), 200)),
                 std::nullopt,
                 fmt::format("its end within {} ms", spec_.timeout.count()),
                 Said(),
                 "raise \"timeout_ms\" of the command in the deployment, if it needs longer"};
  }

  Error TooMuch() const {
    return Error{ErrorKind::kLimit,
                 fmt::format("command {} writes too much", Printable(spec_.command.front(), 200)),
                 std::nullopt,
                 fmt::format("at most {} bytes on standard output", limits_.output_bytes),
                 Said(),
                 {}};
  }

  Result<CommandEnd> Conclude() {
    const Json report = Json::parse(report_, nullptr, false);
    if (report.is_object() && report.contains("exit_code")) {
      end_.exit_code = report["exit_code"].get<int>();
      return std::move(end_);
    }
    if (!report.is_object()) return Fail(ErrorKind::kEnvironment, "the keeper of a command was ended by somebody");
    return Fail({static_cast<ErrorKind>(report.value("kind", 0)), report.value("what", ""), std::nullopt,
                 report.value("expected", ""), report.value("actual", ""), report.value("fix", "")});
  }

  const CommandSpec& spec_;
  std::string_view input_;
  const CommandLimits& limits_;
  Pipes& pipes_;
  CommandEnd end_;
  std::string report_;
};

// The keeper ends by itself once it has ended everything; it is not left behind.
void AwaitKeeper(pid_t keeper, int report) {
  const Deadline patience(kKeeperPatience);
  std::array<char, 4096> ignored;
  while (report >= 0 && !patience.Passed()) {
    pollfd entry{report, POLLIN, 0};
    if (::poll(&entry, 1, patience.PollTime()) <= 0) continue;
    if (::read(report, ignored.data(), ignored.size()) <= 0) break;
  }
  if (patience.Passed()) ::kill(keeper, SIGKILL);
  while (::waitpid(keeper, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Result<CommandEnd> RunCommand(const CommandSpec& spec, std::string_view input, const CommandLimits& limits) {
  if (spec.command.empty()) return Fail(ErrorKind::kDefinition, "a command is empty");
  READINESS_ASSIGN(Pipes pipes, MakePipes());
  const std::string label = fmt::format("{}={}", kCommandLabel, RandomHex(16));
  const pid_t keeper = ::fork();
  if (keeper < 0) return Fail(SystemError("cannot start a command's process"));
  if (keeper == 0) BecomeKeeper(spec, label, pipes);
  for (Descriptor* keepers :
       {&pipes.input.read, &pipes.output.write, &pipes.errors.write, &pipes.report.write, &pipes.life.read}) {
    keepers->Close();
  }
  const IgnorePipeSignal ignored;
  Result<CommandEnd> end = Conversation(spec, input, limits, pipes).Hold();
  pipes.life.write.Close();
  AwaitKeeper(keeper, pipes.report.read.get());
  return end;
}

}  // namespace readiness
