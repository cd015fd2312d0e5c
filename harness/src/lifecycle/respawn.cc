#include "lifecycle/respawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engines/descriptor.h"

extern char** environ;

namespace readiness {
namespace {

constexpr const char* kSelf = "/proc/self/exe";

Error SystemError(const std::string& what) {
  return Error{ErrorKind::kEnvironment, what, std::nullopt, {}, std::strerror(errno), {}};
}

/// Everything that the child needs, made before fork: between fork and exec nothing may allocate.
struct Image {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  int null = -1;
  int kept = -1;
};

void CloseFrom(unsigned first) {
  if (::syscall(SYS_close_range, first, ~0U, 0) == 0) return;
  for (int number = static_cast<int>(first); number < 65'536; ++number) ::close(number);
}

void ResetSignals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void Become(const Image& image) {
  ResetSignals();
  ::dup2(image.null, 0);
  ::dup2(image.null, 1);
  ::dup2(image.null, 2);
  unsigned first_unused = kKeptDescriptor;
  if (image.kept >= 0) {
    // dup2 onto itself would leave close-on-exec set.
    if (image.kept == kKeptDescriptor) {
      ::fcntl(image.kept, F_SETFD, 0);
    } else {
      ::dup2(image.kept, kKeptDescriptor);
    }
    ++first_unused;
  }
  CloseFrom(first_unused);
  if (::chdir("/") != 0) ::_exit(127);
  ::umask(022);
  ::execve(kSelf, image.arguments.data(), image.environment.data());
  ::_exit(127);
}

}  // namespace

std::map<std::string, std::string> OwnEnvironment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

Result<std::string> ProgramDirectory() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink(kSelf, error);
  if (error) {
    return Fail(Error{
        ErrorKind::kEnvironment, "cannot find this program's own file", std::nullopt, kSelf, error.message(), {}});
  }
  return program.parent_path().string();
}

Result<int> SpawnSelf(const SpawnOptions& options) {
  std::vector<std::string> arguments{"readiness"};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> environment;
  for (const auto& [name, value] : options.environment) environment.push_back(name + "=" + value);

  const Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return Fail(SystemError("cannot open /dev/null"));
  Image image;
  for (std::string& argument : arguments) image.arguments.push_back(argument.data());
  for (std::string& variable : environment) image.environment.push_back(variable.data());
  image.arguments.push_back(nullptr);
  image.environment.push_back(nullptr);
  image.null = null.get();
  image.kept = options.kept_descriptor;

  const pid_t child = ::fork();
  if (child < 0) return Fail(SystemError("cannot fork"));
  if (child == 0) {
    if (!options.orphaned) {
      ::setpgid(0, 0);
      Become(image);
    }
    ::setsid();
    const pid_t grandchild = ::fork();
    if (grandchild == 0) Become(image);
    ::_exit(grandchild < 0 ? 1 : 0);
  }
  if (!options.orphaned) return child;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) return Fail(ErrorKind::kEnvironment, "cannot fork");
  return 0;
}

}  // namespace readiness
