#include "engines/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

namespace readiness {
namespace {

enum class Stage : int { kSession, kDescriptors, kCredentials, kDirectory, kDeathSignal, kExecute };

struct Failure {
  Stage stage;
  int reason;
};

/// Everything that the child needs, prepared before fork: the engine has threads, so between fork and exec only
/// async-signal-safe calls are allowed.
struct Prepared {
  std::string program;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  const char* directory = nullptr;
  int input = -1;
  int output = -1;
  int errors = -1;
  int failure = -1;
  bool private_ipc = false;
  bool drop = false;
  uid_t user = 0;
  gid_t group = 0;
  pid_t parent = 0;
};

Error EnvironmentError(std::string what, int reason) {
  return Error{ErrorKind::kEnvironment, std::move(what), std::nullopt, {}, std::strerror(reason), {}};
}

[[noreturn]] void Give(int pipe, Stage stage) {
  const Failure failure{stage, errno};
  [[maybe_unused]] const ssize_t written = ::write(pipe, &failure, sizeof failure);
  ::_exit(127);
}

void CloseFrom(unsigned first) {
  if (::syscall(SYS_close_range, first, ~0U, 0U) == 0) return;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = 65536;
  for (unsigned descriptor = first; descriptor < limit.rlim_cur; ++descriptor) ::close(static_cast<int>(descriptor));
}

[[noreturn]] void RunChild(const Prepared& prepared) {
  constexpr int kFailureDescriptor = 3;
  struct sigaction fallback {};
  fallback.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &fallback, nullptr);

  if (::setsid() < 0) Give(prepared.failure, Stage::kSession);
  if (::dup2(prepared.input, 0) < 0 || ::dup2(prepared.output, 1) < 0 || ::dup2(prepared.errors, 2) < 0 ||
      ::dup3(prepared.failure, kFailureDescriptor, O_CLOEXEC) < 0) {
    Give(prepared.failure, Stage::kDescriptors);
  }
  CloseFrom(kFailureDescriptor + 1);

  if (prepared.private_ipc) ::unshare(CLONE_NEWIPC);  // as far as it may be had

  // The raw calls: glibc's wrappers signal all threads of the process, which in a fork of a threaded one are not there.
  if (prepared.drop && (::syscall(SYS_setgroups, 1, &prepared.group) != 0 ||
                        ::syscall(SYS_setresgid, prepared.group, prepared.group, prepared.group) != 0 ||
                        ::syscall(SYS_setresuid, prepared.user, prepared.user, prepared.user) != 0)) {
    Give(kFailureDescriptor, Stage::kCredentials);
  }
  if (::chdir(prepared.directory) != 0) Give(kFailureDescriptor, Stage::kDirectory);

  // After the change of user, which clears it; and the parent may have ended before it took effect.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) Give(kFailureDescriptor, Stage::kDeathSignal);
  if (::getppid() != prepared.parent) ::_exit(127);

  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(prepared.program.c_str(), prepared.arguments.data(), prepared.environment.data());
  Give(kFailureDescriptor, Stage::kExecute);
}

std::string_view SearchPath(const std::vector<std::string>& environment) {
  for (const std::string& entry : environment) {
    if (entry.rfind("PATH=", 0) == 0) return std::string_view(entry).substr(5);
  }
  return "/usr/local/bin:/usr/bin:/bin";
}

Result<std::string> FindProgram(const SpawnRequest& request) {
  const std::string& name = request.command[0];
  if (name.find('/') != std::string::npos) return name;
  const std::string_view path = SearchPath(request.environment);
  std::string without_permission;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string candidate = fmt::format("{}/{}", path.substr(begin, end - begin), name);
    struct stat status {};
    if (end > begin && ::stat(candidate.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
      if (::access(candidate.c_str(), X_OK) == 0) return candidate;
      without_permission = candidate;
    }
    begin = end + 1;
  }
  if (!without_permission.empty()) {
    return Fail(Error{ErrorKind::kEnvironment, fmt::format("permission denied for program {}", without_permission),
                      std::nullopt, "an executable file", "a file without execute permission", "chmod +x it"});
  }
  return Fail(Error{ErrorKind::kEnvironment, fmt::format("program not found: {}", name), std::nullopt,
                    fmt::format("it lies in one of {}", path), "it lies in none of them",
                    "install it or state its whole path"});
}

/// execve says ENOENT and EACCES for several troubles; tells them apart.
Error ExplainExecute(const SpawnRequest& request, const std::string& program, int reason) {
  const std::string path = program[0] == '/' ? program : request.working_directory + "/" + program;
  struct stat status {};
  const bool found = ::stat(path.c_str(), &status) == 0;
  Error error = EnvironmentError(fmt::format("program cannot be run: {}", path), reason);
  if (reason == ENOENT && !found) {
    error.what = fmt::format("program not found: {}", path);
    error.fix = "build or install it, or correct the command";
  } else if (reason == ENOENT) {
    error.actual = "the file exists, but the interpreter of its #! line or its dynamic loader does not";
    error.fix = "install the interpreter";
  } else if (reason == EACCES || reason == EPERM) {
    error.what = fmt::format("permission denied for program {}", path);
    error.expected = "an executable file that this user can reach";
    if (found && S_ISDIR(status.st_mode)) error.actual = "a folder";
    if (found && S_ISREG(status.st_mode) && (status.st_mode & 0111) == 0) {
      error.actual = "a file without execute permission";
      error.fix = "chmod +x it";
    }
  } else if (reason == ENOEXEC) {
    error.actual = "neither a binary of this machine nor a script with a #! line";
  } else if (reason == E2BIG) {
    error.actual = "arguments and environment are too long";
  }
  return error;
}

Error Explain(const SpawnRequest& request, const Prepared& prepared, const Failure& failure) {
  switch (failure.stage) {
    case Stage::kExecute:
      return ExplainExecute(request, prepared.program, failure.reason);
    case Stage::kDirectory: {
      const bool missing = failure.reason == ENOENT;
      Error error =
          EnvironmentError(fmt::format("working directory {}: {}", missing ? "not found" : "cannot be entered",
                                       request.working_directory),
                           failure.reason);
      error.fix = missing ? "make it or correct working_directory" : "let the service's user reach it";
      return error;
    }
    case Stage::kCredentials: {
      Error error = EnvironmentError(fmt::format("cannot run as user {} and group {}", prepared.user, prepared.group),
                                     failure.reason);
      error.fix = "run as root or leave the user as it is";
      return error;
    }
    case Stage::kSession:
    case Stage::kDescriptors:
    case Stage::kDeathSignal:
      break;
  }
  return EnvironmentError("cannot prepare a process", failure.reason);
}

bool HasNul(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    if (text.find('\0') != std::string::npos) return true;
  }
  return false;
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

Result<void> ChooseUser(const SpawnRequest& request, Prepared& prepared) {
  prepared.user = request.user_id.value_or(::geteuid());
  prepared.group = request.group_id.value_or(::getegid());
  prepared.drop = prepared.user != ::geteuid() || prepared.group != ::getegid();
  if (!prepared.drop || request.group_id) return {};
  const passwd* entry = ::getpwuid(prepared.user);
  if (entry == nullptr) {
    return Fail(Error{ErrorKind::kEnvironment,
                      fmt::format("user {} has no primary group", prepared.user),
                      std::nullopt,
                      "an entry in the user database, or a stated group",
                      "neither",
                      {}});
  }
  prepared.group = entry->pw_gid;
  return {};
}

/// Descriptors 0 to 3 are about to be overwritten in the child: whatever we pass has to lie above.
Descriptor Above(Descriptor descriptor) {
  if (descriptor.get() > 3 || !descriptor) return descriptor;
  return Descriptor(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 4));
}

pid_t ForkBlocked(const Prepared& prepared) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  // No handler of ours may run in the child before it has reset them.
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) RunChild(prepared);
  const int reason = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = reason;
  return pid;
}

}  // namespace

std::string ToString(const ExitStatus& status) {
  if (status.value == ExitStatus::kLost) return "ended in an unknown way";
  if (!status.by_signal) return fmt::format("exited with code {}", status.value);
  const char* name = ::strsignal(status.value);
  return fmt::format("killed by signal {} ({})", status.value, name == nullptr ? "unknown" : name);
}

Result<Child> Spawn(const SpawnRequest& request) {
  if (request.command.empty() || request.command[0].empty()) return Fail(ErrorKind::kDefinition, "a command is empty");
  if (HasNul(request.command) || HasNul(request.environment) || HasNul({request.working_directory})) {
    return Fail(ErrorKind::kDefinition, "a command, environment or working directory holds a NUL byte");
  }
  Prepared prepared;
  READINESS_ASSIGN(prepared.program, FindProgram(request));
  READINESS_RETURN_IF_ERROR(ChooseUser(request, prepared));
  prepared.arguments = Pointers(request.command);
  prepared.environment = Pointers(request.environment);
  prepared.directory = request.working_directory.c_str();
  prepared.parent = ::getpid();
  prepared.private_ipc = request.private_ipc;

  const Descriptor input = Above(request.input < 0 ? Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC))
                                                   : Descriptor(::fcntl(request.input, F_DUPFD_CLOEXEC, 4)));
  const Descriptor output = Above(Descriptor(::fcntl(request.output, F_DUPFD_CLOEXEC, 4)));
  const Descriptor errors =
      Above(Descriptor(::fcntl(request.errors < 0 ? request.output : request.errors, F_DUPFD_CLOEXEC, 4)));
  int ends[2] = {-1, -1};
  if (!input || !output || !errors || ::pipe2(ends, O_CLOEXEC) != 0) {
    return Fail(EnvironmentError("cannot prepare a process's descriptors", errno));
  }
  const Descriptor failure_read(ends[0]);
  Descriptor failure_write = Above(Descriptor(ends[1]));
  if (!failure_write) return Fail(EnvironmentError("cannot prepare a process's descriptors", errno));
  prepared.input = input.get();
  prepared.output = output.get();
  prepared.errors = errors.get();
  prepared.failure = failure_write.get();

  const pid_t pid = ForkBlocked(prepared);
  if (pid < 0) return Fail(EnvironmentError("cannot start another process", errno));
  Child child{pid, Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)))};
  const int pidfd_reason = errno;
  failure_write.Close();

  Failure failure{};
  ssize_t length = 0;
  do {
    length = ::read(failure_read.get(), &failure, sizeof failure);
  } while (length < 0 && errno == EINTR);
  if (length == 0 && child.pidfd) return child;
  if (!child.pidfd) ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  if (!child.pidfd) return Fail(EnvironmentError("this system cannot watch processes (pidfd_open)", pidfd_reason));
  return Fail(Explain(request, prepared, failure));
}

std::optional<ExitStatus> PeekExit(const Child& child) {
  siginfo_t info{};
  const int result = ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(child.pidfd.get()), &info,
                              WEXITED | WNOHANG | WNOWAIT);
  if (result != 0 && errno == ECHILD) return ExitStatus{false, ExitStatus::kLost};
  if (result != 0 || info.si_pid == 0) return std::nullopt;
  return ExitStatus{info.si_code != CLD_EXITED, info.si_status};
}

void Reap(int pidfd) {
  siginfo_t info{};
  ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG);
}

}  // namespace readiness
