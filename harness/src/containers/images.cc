#include "containers/images.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "containers/library_closure.h"
#include "containers/postgresql_dockerfile.h"
#include "engines/descriptor.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds kInspectTime{10'000};
constexpr Milliseconds kPullTime{120'000};
constexpr Milliseconds kProgramBuildTime{120'000};
constexpr Milliseconds kPostgresBuildTime{600'000};
constexpr Milliseconds kLockPause{100};
constexpr std::size_t kMaxFile = 1024UL * 1024 * 1024;
constexpr std::size_t kDigestLength = 16;
// Images are shared by runs, so they cannot carry a run's label; by this one a person finds them.
constexpr const char* kImageLabel = "readiness.image";

/// A folder that goes with its scope.
class Context {
 public:
  explicit Context(const std::string& parent) : path_(fs::path(parent) / ("image-" + RandomHex(8))) {}
  ~Context() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  const fs::path& path() const { return path_; }

 private:
  const fs::path path_;
};

/// Holds off others who would make the same image at the same time, as far as that can be had.
class MakingLock {
 public:
  explicit MakingLock(Milliseconds patience) {
    std::error_code error;
    const fs::path folder = fs::temp_directory_path(error);
    const std::string file = fmt::format("{}/readiness-images-{}.lock", folder.string(), ::geteuid());
    lock_ = Descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    const Deadline deadline(patience);
    while (lock_ && ::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK && !deadline.Passed()) {
      std::this_thread::sleep_for(std::min(kLockPause, deadline.Remaining()));
    }
  }

 private:
  Descriptor lock_;
};

Error ForEnvironment(Error error) {
  if (error.kind != ErrorKind::kTimeout) error.kind = ErrorKind::kEnvironment;
  return error;
}

Result<bool> HasImage(const ContainerCli& cli, const std::string& name) {
  const Result<CliEnd> found = cli.Docker({"image", "inspect", "--format", "{{.Id}}", name}, kInspectTime);
  if (found) return true;
  if (found.error().kind == ErrorKind::kTarget) return false;
  return Fail(ForEnvironment(found.error()));
}

Result<void> Build(const ContainerCli& cli, const Context& context, std::string_view dockerfile,
                   const std::string& name, const std::vector<std::string>& options, Milliseconds deadline) {
  READINESS_RETURN_IF_ERROR(MakeDirectories(context.path().string()));
  READINESS_RETURN_IF_ERROR(WriteFileAtomically((context.path() / "Dockerfile").string(), dockerfile));
  std::vector<std::string> arguments{"build", "--quiet", "--force-rm", "--tag", name};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back(context.path().string());
  const Result<CliEnd> built = cli.Docker(arguments, deadline);
  if (built) return {};
  Error error = ForEnvironment(built.error());
  error.what = fmt::format("the image {} cannot be made: {}", name, error.what);
  return Fail(std::move(error));
}

/// What a name of an image may hold.
std::string ImageWord(std::string word) {
  std::string result;
  for (const char character : word) {
    const auto byte = static_cast<unsigned char>(character);
    if (std::isalnum(byte) != 0 && byte < 0x80) {
      result += static_cast<char>(std::tolower(byte));
    } else if (!result.empty() && result.back() != '-') {
      result += '-';
    }
  }
  while (!result.empty() && result.back() == '-') result.pop_back();
  return result.empty() ? "program" : result;
}

Result<void> Copy(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (!error) fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (!error) fs::permissions(to, fs::perms(0755), error);
  if (!error) return {};
  return Fail(Error{ErrorKind::kEnvironment,
                    fmt::format("cannot copy {} to {}", from.string(), to.string()),
                    std::nullopt,
                    {},
                    error.message(),
                    {}});
}

/// Where everything lies in the image, and the digest of it.
struct Contents {
  std::string program;  ///< file name
  std::vector<std::string> libraries;
  std::string dockerfile;
  std::string digest;
};

Result<Contents> ContentsOf(const fs::path& program) {
  Contents contents;
  contents.program = program.filename().string();
  READINESS_ASSIGN(contents.libraries, LibraryClosure(program.string()));
  const std::string folders = UnusualFolders(contents.libraries);
  contents.dockerfile = "FROM scratch\nCOPY root/ /\n";
  if (!folders.empty()) contents.dockerfile += fmt::format("ENV LD_LIBRARY_PATH={}\n", Json(folders).dump());
  contents.dockerfile +=
      fmt::format("LABEL {}=program\nENTRYPOINT {}\n", kImageLabel, Json::array({"/" + contents.program}).dump());
  std::string list = contents.dockerfile;
  std::vector<std::string> files = contents.libraries;
  files.push_back(program.string());
  for (const std::string& file : files) {
    READINESS_ASSIGN(const std::string bytes, ReadFile(file, kMaxFile));
    list += fmt::format("{} {}\n", Sha256Hex(bytes), file == program ? "/" + contents.program : file);
  }
  contents.digest = Sha256Hex(list).substr(0, kDigestLength);
  return contents;
}

Result<void> FillContext(const fs::path& program, const Contents& contents, const fs::path& root) {
  std::error_code error;
  for (const char* folder : {"tmp", "etc"}) fs::create_directories(root / folder, error);
  fs::permissions(root, fs::perms(0755), error);
  fs::permissions(root / "tmp", fs::perms(01777), error);
  if (error) {
    return Fail(Error{ErrorKind::kEnvironment,
                      "cannot make the folder of an image",
                      Place{root.string(), 0, 0},
                      {},
                      error.message(),
                      {}});
  }
  READINESS_RETURN_IF_ERROR(
      WriteFileAtomically((root / "etc/passwd").string(),
                          "root:x:0:0:root:/:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n"));
  READINESS_RETURN_IF_ERROR(WriteFileAtomically((root / "etc/group").string(), "root:x:0:\nnogroup:x:65534:\n"));
  READINESS_RETURN_IF_ERROR(
      WriteFileAtomically((root / "etc/nsswitch.conf").string(), "passwd: files\ngroup: files\nhosts: files dns\n"));
  for (const std::string& library : contents.libraries) {
    READINESS_RETURN_IF_ERROR(Copy(library, root / fs::path(library).relative_path()));
  }
  return Copy(program, root / contents.program);
}

Result<void> ProvideBase(const ContainerCli& cli, const std::string& base) {
  READINESS_ASSIGN(const bool there, HasImage(cli, base));
  if (there) return {};
  const Result<CliEnd> pulled = cli.Docker({"pull", "--quiet", base}, kPullTime);
  if (pulled) return {};
  return Fail(Error{ErrorKind::kEnvironment,
                    fmt::format("the base image {} is neither there nor can it be fetched", base), std::nullopt,
                    "an image of Debian with apt-get", pulled.error().actual,
                    "make it (`debootstrap --variant=minbase bookworm ROOT && tar -C ROOT -c . | docker import - "
                    "debian:bookworm-slim`, which cmake/base_image.sh of Readiness' source does), or set "
                    "READINESS_BASE_IMAGE to one that is there"});
}

}  // namespace

Result<std::string> ProgramImage(const ContainerCli& cli, const std::string& program,
                                 const std::string& scratch_directory) {
  std::error_code error;
  const fs::path file = fs::canonical(program, error);
  if (error || !fs::is_regular_file(file, error)) {
    return Fail(Error{ErrorKind::kEnvironment, "an image cannot be made of a program that is not there", std::nullopt,
                      program, error ? error.message() : "no regular file", "build it, or correct its path"});
  }
  READINESS_ASSIGN(const Contents contents, ContentsOf(file));
  const std::string name = fmt::format("readiness-{}:{}", ImageWord(contents.program), contents.digest);
  READINESS_ASSIGN(const bool there, HasImage(cli, name));
  if (there) return name;
  const Context context(scratch_directory);
  READINESS_RETURN_IF_ERROR(FillContext(file, contents, context.path() / "root"));
  READINESS_RETURN_IF_ERROR(Build(cli, context, contents.dockerfile, name, {}, kProgramBuildTime));
  return name;
}

Result<std::string> PostgresImage(const ContainerCli& cli, const std::string& scratch_directory) {
  const char* chosen = std::getenv("READINESS_BASE_IMAGE");
  const std::string base = chosen == nullptr || *chosen == '\0' ? "debian:bookworm-slim" : chosen;
  const std::string digest = Sha256Hex(base + "\n" + kPostgresDockerfile).substr(0, kDigestLength);
  const std::string name = "readiness-postgresql:" + digest;
  READINESS_ASSIGN(const bool there, HasImage(cli, name));
  if (there) return name;
  READINESS_RETURN_IF_ERROR(ProvideBase(cli, base));
  const MakingLock lock(kPostgresBuildTime);
  READINESS_ASSIGN(const bool made_meanwhile, HasImage(cli, name));
  if (made_meanwhile) return name;
  const Context context(scratch_directory);
  READINESS_RETURN_IF_ERROR(Build(cli, context, kPostgresDockerfile, name,
                                  {"--build-arg", "BASE=" + base, "--label", fmt::format("{}=postgresql", kImageLabel)},
                                  kPostgresBuildTime));
  return name;
}

}  // namespace readiness
