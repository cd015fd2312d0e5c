#include "source/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "base/files.h"
#include "base/text.h"
#include "readiness/source_glob.h"
#include "source/git_files.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;

Error TreeError(ErrorKind kind, const std::string& what, const std::string& file, std::string expected,
                std::string actual) {
  return Error{kind, what, Place{file, 0, 0}, std::move(expected), std::move(actual), {}};
}

bool IsBelow(const fs::path& folder, const fs::path& path) {
  const auto [end, ignored] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end() && path != folder;
}

/// Relative, without "." and "..", no empty part, no .git.
bool IsPlain(const std::string& path) {
  const fs::path parsed(path);
  if (path.empty() || parsed.is_absolute() || path.find('\0') != std::string::npos) return false;
  return std::none_of(parsed.begin(), parsed.end(), [](const fs::path& part) {
    return part.empty() || part == "." || part == ".." || part == ".git";
  });
}

class FolderTree : public SourceTree {
 public:
  FolderTree(std::string folder, const SourceTreeLimits& limits) : given_(std::move(folder)), limits_(limits) {}

  Result<std::vector<SourceFile>> Files(const std::vector<std::string>& globs) override {
    READINESS_RETURN_IF_ERROR(Open());
    std::vector<SourceFile> files;
    for (const auto& [path, bytes] : files_) {
      if (MatchesAnyGlob(globs, path)) files.push_back({path, bytes});
    }
    return files;
  }

  Result<std::string> Read(const std::string& path) override {
    READINESS_RETURN_IF_ERROR(Open());
    if (!files_.contains(path)) {
      return Fail(TreeError(ErrorKind::kNotAvailable, "the source tree has no such file", (folder_ / path).string(),
                            "a tracked file", Printable(path, 500)));
    }
    // Looked up again: it may have become a link since.
    const std::optional<fs::path> file = RegularFile(path);
    if (!file) {
      return Fail(TreeError(ErrorKind::kEnvironment, "a file of the source tree is gone", (folder_ / path).string(),
                            "a regular file", "none"));
    }
    return ReadFile(file->string(), kMaxSourceFile);
  }

 private:
  Result<void> Open() {
    if (error_) return Fail(*error_);
    if (opened_) return {};
    const Result<void> listed = List();
    if (!listed) error_ = listed.error();
    opened_ = true;
    return listed;
  }

  Result<void> List() {
    if (given_.empty()) return Fail(ErrorKind::kNotAvailable, "the deployment names no source tree");
    std::error_code error;
    folder_ = fs::canonical(given_, error);
    if (error || !fs::is_directory(folder_, error)) {
      return Fail(TreeError(ErrorKind::kEnvironment, "the source tree cannot be opened", given_, "a folder",
                            error ? error.message() : "something else"));
    }
    READINESS_ASSIGN(std::optional<std::vector<std::string>> tracked, GitFiles(folder_.string()));
    if (!tracked) {
      READINESS_ASSIGN(tracked, Walk());
    }
    for (const std::string& path : *tracked) READINESS_RETURN_IF_ERROR(Add(path));
    return {};
  }

  /// All files but those of version control itself. Folders behind links are not entered.
  Result<std::vector<std::string>> Walk() const {
    std::vector<std::string> paths;
    std::error_code error;
    fs::recursive_directory_iterator at(folder_, fs::directory_options::none, error);
    for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
      if (at->path().filename() == ".git") {
        at.disable_recursion_pending();
        continue;
      }
      if (at.depth() > limits_.depth) return Fail(TooDeep(at->path().string()));
      if (at->is_directory(error) && !at->is_symlink(error)) continue;
      paths.push_back(at->path().lexically_relative(folder_).string());
      if (paths.size() > limits_.files) return Fail(TooMany());
    }
    if (error) {
      return Fail(TreeError(ErrorKind::kEnvironment, "the source tree cannot be read", folder_.string(),
                            "folders that can be read", error.message()));
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  Result<void> Add(const std::string& path) {
    if (!IsPlain(path)) {
      return Fail(TreeError(ErrorKind::kEnvironment, "the source tree has a file with an impossible path",
                            folder_.string(), "a path within the tree", Printable(path, 500)));
    }
    if (std::count(path.begin(), path.end(), '/') > limits_.depth) return Fail(TooDeep(path));
    if (files_.size() >= limits_.files) return Fail(TooMany());
    const std::optional<fs::path> file = RegularFile(path);
    if (!file) return {};  // tracked but removed, a device, or a link that leads out
    std::error_code error;
    const auto bytes = static_cast<std::int64_t>(fs::file_size(*file, error));
    if (error) return {};
    total_ += bytes;
    if (total_ > limits_.total_bytes) {
      return Fail(TreeError(ErrorKind::kLimit, "the source tree is too large", folder_.string(),
                            fmt::format("at most {} bytes", limits_.total_bytes), "more"));
    }
    files_.emplace(path, bytes);
    return {};
  }

  /// What `path` leads to, if that is a regular file of this tree.
  std::optional<fs::path> RegularFile(const std::string& path) const {
    std::error_code error;
    const fs::path real = fs::canonical(folder_ / path, error);
    if (error || !IsBelow(folder_, real) || !IsPlain(real.lexically_relative(folder_).string())) return std::nullopt;
    if (!fs::is_regular_file(fs::symlink_status(real, error)) || error) return std::nullopt;
    return real;
  }

  Error TooMany() const {
    return TreeError(ErrorKind::kLimit, "the source tree has too many files", folder_.string(),
                     fmt::format("at most {}", limits_.files), "more");
  }
  Error TooDeep(const std::string& path) const {
    return TreeError(ErrorKind::kLimit, "the source tree is too deep", Printable(path, 500),
                     fmt::format("at most {} folders below each other", limits_.depth), "more");
  }

  const std::string given_;
  const SourceTreeLimits limits_;
  fs::path folder_;
  std::map<std::string, std::int64_t> files_;
  std::int64_t total_ = 0;
  bool opened_ = false;
  std::optional<Error> error_;
};

}  // namespace

std::unique_ptr<SourceTree> MakeSourceTree(std::string folder, const SourceTreeLimits& limits) {
  return std::make_unique<FolderTree>(std::move(folder), limits);
}

}  // namespace readiness
