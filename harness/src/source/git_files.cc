#include "source/git_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/program.h"
#include "base/text.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kTime{30};
constexpr std::size_t kMaxListing = 64 * 1024 * 1024;
constexpr std::string_view kSubmodule = "160000";

/// The folder at or above `folder` that has a .git; empty without one.
fs::path WorkTreeOf(const fs::path& folder) {
  std::error_code error;
  for (fs::path at = folder; !at.empty(); at = at.parent_path()) {
    if (fs::exists(fs::symlink_status(at / ".git", error))) return at;
    if (at == at.root_path()) break;
  }
  return {};
}

ProgramRequest MakeRequest(const fs::path& work_tree, const std::string& folder) {
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
                     "submodule.recurse=false",
                     "ls-files",
                     "-z",
                     "--stage",
                     "--cached"};
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
Result<std::vector<std::string>> ParseListing(std::string_view listing, const fs::path& work_tree) {
  std::vector<std::string> files;
  while (!listing.empty()) {
    const std::size_t end = listing.find('\0');
    const std::string_view entry = listing.substr(0, end);
    const std::size_t tab = entry.find('\t');
    if (end == std::string_view::npos || tab == std::string_view::npos)
      return Fail(CannotList(work_tree, "an entry without its end"));
    listing.remove_prefix(end + 1);
    if (!entry.starts_with(kSubmodule)) files.emplace_back(entry.substr(tab + 1));
  }
  std::sort(files.begin(), files.end());
  // A file in conflict has several stages.
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

}  // namespace

Result<std::optional<std::vector<std::string>>> GitFiles(const std::string& folder) {
  using Files = std::optional<std::vector<std::string>>;
  const fs::path work_tree = WorkTreeOf(folder);
  if (work_tree.empty()) return Files();
  const bool own = work_tree == fs::path(folder);
  READINESS_ASSIGN(const ProgramResult listed, RunProgram(MakeRequest(work_tree, folder)));
  if (listed.exit_code != 0) {
    // A leftover above the tree says nothing of the tree.
    if (!own && listed.error_output.find("not a git repository") != std::string::npos) return Files();
    return Fail(CannotList(work_tree, fmt::format("exit code {}: {}", listed.exit_code, listed.error_output)));
  }
  READINESS_ASSIGN(std::vector<std::string> files, ParseListing(listed.output, work_tree));
  if (!files.empty()) return Files(std::move(files));
  if (!own) return Files();
  return Fail(CannotList(work_tree, "it tracks no file"));
}

}  // namespace readiness
