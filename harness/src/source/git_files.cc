#include "source/git_files.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "base/program.h"
#include "base/text.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kTime{30};
constexpr std::size_t kMaxListing = 64 * 1024 * 1024;
constexpr std::string_view kSubmodule = "160000";
constexpr std::string_view kLink = "120000";

/// The folder at or above `folder` that has a .git; empty without one.
fs::path WorkTreeOf(const fs::path& folder) {
  std::error_code error;
  for (fs::path at = folder; !at.empty(); at = at.parent_path()) {
    if (fs::exists(fs::symlink_status(at / ".git", error))) return at;
    if (at == at.root_path()) break;
  }
  return {};
}

ProgramRequest MakeRequest(const fs::path& work_tree, const std::string& folder,
                           const std::vector<std::string>& arguments) {
  ProgramRequest request;
  request.command = {"git",
                     "--no-pager",
                     "--no-optional-locks",
                     "--no-replace-objects",
                     "--literal-pathspecs",
                     "-c",
                     "core.fsmonitor=",
                     "-c",
                     "core.hooksPath=/dev/null",
                     "-c",
                     "core.untrackedCache=false",
                     "-c",
                     "safe.directory=*",
                     "-c",
                     "submodule.recurse=false"};
  request.command.insert(request.command.end(), arguments.begin(), arguments.end());
  const char* path = std::getenv("PATH");
  // Where the repository is stands here, so that git neither searches for one nor minds who owns it. Objects that a
  // partial clone lacks are not fetched.
  request.environment = {fmt::format("PATH={}", path != nullptr ? path : "/usr/bin:/bin"),
                         "LC_ALL=C",
                         "HOME=/nonexistent",
                         "GIT_CONFIG_NOSYSTEM=1",
                         "GIT_CONFIG_GLOBAL=/dev/null",
                         "GIT_ATTR_NOSYSTEM=1",
                         "GIT_ALLOW_PROTOCOL=none",
                         "GIT_NO_LAZY_FETCH=1",
                         "GIT_TERMINAL_PROMPT=0",
                         "GIT_OPTIONAL_LOCKS=0",
                         fmt::format("GIT_DIR={}/.git", work_tree.string()),
                         fmt::format("GIT_WORK_TREE={}", work_tree.string())};
  request.working_directory = folder;
  request.timeout = kTime;
  request.max_output = kMaxListing;
  return request;
}

Error CannotList(const fs::path& work_tree, const std::string& seen) {
  return Error{ErrorKind::kEnvironment,
               "git cannot list the tracked files",
               Place{work_tree.string(), 0, 0},
               "a repository that git reads",
               Printable(seen, 500),
               "mend the repository, or remove its .git to look at all files"};
}

/// "<mode> <object> <stage>\t<path>\0" each.
Result<std::vector<GitFile>> ParseListing(std::string_view listing, const fs::path& work_tree) {
  std::vector<GitFile> files;
  while (!listing.empty()) {
    const std::size_t end = listing.find('\0');
    const std::string_view entry = listing.substr(0, end);
    const std::size_t tab = entry.find('\t');
    const std::size_t object = entry.find(' ') + 1;
    const std::size_t stop = entry.find(' ', object);
    if (end == std::string_view::npos || tab == std::string_view::npos || stop == std::string_view::npos || stop > tab)
      return Fail(CannotList(work_tree, "an entry without its end"));
    listing.remove_prefix(end + 1);
    GitFile file{std::string(entry.substr(tab + 1)), std::string(entry.substr(object, stop - object)), {}};
    if (entry.starts_with(kSubmodule)) file.kind = GitFile::Kind::kSubmodule;
    if (entry.starts_with(kLink)) file.kind = GitFile::Kind::kLink;
    files.push_back(std::move(file));
  }
  std::stable_sort(files.begin(), files.end(), [](const GitFile& a, const GitFile& b) { return a.path < b.path; });
  // A file in conflict has several stages.
  files.erase(
      std::unique(files.begin(), files.end(), [](const GitFile& a, const GitFile& b) { return a.path == b.path; }),
      files.end());
  return files;
}

}  // namespace

Result<std::optional<std::vector<GitFile>>> GitFiles(const std::string& folder) {
  using Files = std::optional<std::vector<GitFile>>;
  const fs::path work_tree = WorkTreeOf(folder);
  if (work_tree.empty()) return Files();
  const bool own = work_tree == fs::path(folder);
  READINESS_ASSIGN(const ProgramResult listed,
                   RunProgram(MakeRequest(work_tree, folder, {"ls-files", "-z", "--stage", "--cached"})));
  if (listed.exit_code != 0) {
    // A leftover above the tree says nothing of the tree.
    if (!own && listed.error_output.find("not a git repository") != std::string::npos) return Files();
    return Fail(CannotList(work_tree, fmt::format("exit code {}: {}", listed.exit_code, listed.error_output)));
  }
  READINESS_ASSIGN(std::vector<GitFile> files, ParseListing(listed.output, work_tree));
  if (!files.empty()) return Files(std::move(files));
  if (!own) return Files();
  return Fail(CannotList(work_tree, "it tracks no file"));
}

Result<std::map<std::string, std::int64_t>> GitSizes(const std::string& folder,
                                                     const std::vector<std::string>& objects) {
  std::map<std::string, std::int64_t> sizes;
  if (objects.empty()) return sizes;
  ProgramRequest request =
      MakeRequest(WorkTreeOf(folder), folder, {"cat-file", "--batch-check=%(objectname) %(objectsize)"});
  for (const std::string& object : objects) request.input += object + "\n";
  READINESS_ASSIGN(const ProgramResult answered, RunProgram(request));
  if (answered.exit_code != 0) return Fail(CannotList(WorkTreeOf(folder), answered.error_output));
  std::string_view rest = answered.output;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t space = line.find(' ');
    std::int64_t size = 0;
    if (space == std::string_view::npos) continue;
    const auto [end, error] = std::from_chars(line.data() + space + 1, line.data() + line.size(), size);
    if (error == std::errc() && end == line.data() + line.size()) sizes[std::string(line.substr(0, space))] = size;
  }
  return sizes;
}

Result<std::string> GitBlob(const std::string& folder, const std::string& object, std::size_t max_bytes) {
  ProgramRequest request = MakeRequest(WorkTreeOf(folder), folder, {"cat-file", "blob", object});
  request.max_output = max_bytes;
  READINESS_ASSIGN(ProgramResult answered, RunProgram(request));
  if (answered.exit_code == 0) return std::move(answered.output);
  return Fail(Error{ErrorKind::kEnvironment,
                    "git cannot give a tracked file",
                    Place{folder, 0, 0},
                    "its contents",
                    Printable(answered.error_output, 500),
                    {}});
}

Result<std::string> GitObjectOf(const std::string& file, std::size_t digits) {
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  const auto size = static_cast<std::int64_t>(stream.tellg());
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const std::string head = fmt::format("blob {}", size);
  bool sound = stream.good() && context != nullptr &&
               EVP_DigestInit_ex(context.get(), digits == 64 ? EVP_sha256() : EVP_sha1(), nullptr) == 1 &&
               EVP_DigestUpdate(context.get(), head.c_str(), head.size() + 1) == 1;  // with its NUL
  stream.seekg(0);
  std::vector<char> part(1 << 16);
  while (sound && (stream.read(part.data(), static_cast<std::streamsize>(part.size())) || stream.gcount() > 0))
    sound = EVP_DigestUpdate(context.get(), part.data(), static_cast<std::size_t>(stream.gcount())) == 1;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (!sound || stream.bad() || EVP_DigestFinal_ex(context.get(), digest.data(), &length) != 1) {
    return Fail(Error{ErrorKind::kEnvironment,
                      "a file of the source tree cannot be read",
                      Place{file, 0, 0},
                      "its bytes",
                      "an error",
                      {}});
  }
  std::string name;
  for (unsigned i = 0; i < length; ++i) name += fmt::format("{:02x}", digest[i]);
  return name;
}

}  // namespace readiness
