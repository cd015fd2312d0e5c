#include "source/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
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
    for (const auto& [path, entry] : files_) {
      if (MatchesAnyGlob(globs, path)) files.push_back({path, entry.bytes});
    }
    return files;
  }

  Result<std::string> Read(const std::string& path) override {
    READINESS_RETURN_IF_ERROR(Open());
    if (!files_.contains(path)) {
      return Fail(TreeError(ErrorKind::kNotAvailable, "the source tree has no such file", (folder_ / path).string(),
                            "a tracked file", Printable(path, 500)));
    }
    const Entry& entry = files_.at(path);
    if (entry.only_staged) return GitBlob(folder_.string(), entry.object, kMaxSourceFile);
    READINESS_ASSIGN(const fs::path file, OnDisk(path));
    return ReadFile(file.string(), kMaxSourceFile);
  }

  Result<std::string> ReadPart(const std::string& path, std::int64_t offset, std::size_t bytes) override {
    READINESS_RETURN_IF_ERROR(Open());
    const auto found = files_.find(path);
    if (found == files_.end() || found->second.only_staged) return SourceTree::ReadPart(path, offset, bytes);
    READINESS_ASSIGN(const fs::path file, OnDisk(path));
    std::ifstream stream(file, std::ios::binary);
    std::string part(std::min(bytes, kMaxSourceFile), '\0');
    stream.seekg(offset);
    stream.read(part.data(), static_cast<std::streamsize>(part.size()));
    if (stream.bad()) {
      return Fail(TreeError(ErrorKind::kEnvironment, "a file of the source tree cannot be read", file.string(),
                            "its bytes", "an error"));
    }
    part.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
    return part;
  }

  Result<std::optional<std::string>> ReadStaged(const std::string& path) override {
    READINESS_RETURN_IF_ERROR(Open());
    const auto found = files_.find(path);
    if (found == files_.end() || found->second.object.empty() || found->second.only_staged)
      return std::optional<std::string>();
    READINESS_ASSIGN(const fs::path file, OnDisk(path));
    READINESS_ASSIGN(const std::string object, GitObjectOf(file.string(), found->second.object.size()));
    if (object == found->second.object) return std::optional<std::string>();
    if (++staged_ > limits_.staged) {
      return Fail(TreeError(ErrorKind::kLimit, "too many files differ from what git has staged", folder_.string(),
                            fmt::format("at most {}", limits_.staged), "more"));
    }
    READINESS_ASSIGN(std::string staged, GitBlob(folder_.string(), found->second.object, kMaxSourceFile));
    return std::optional<std::string>(std::move(staged));
  }

  Result<std::vector<std::string>> Unreadable() override {
    READINESS_RETURN_IF_ERROR(Open());
    return unreadable_;
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
    READINESS_ASSIGN(const std::optional<std::vector<GitFile>> tracked, GitFiles(folder_.string()));
    if (tracked) {
      for (const GitFile& file : *tracked) READINESS_RETURN_IF_ERROR(Add(file));
      return AddStaged();
    }
    READINESS_ASSIGN(const std::vector<std::string> paths, Walk());
    for (const std::string& path : paths) READINESS_RETURN_IF_ERROR(Add({path, {}, GitFile::Kind::kLink}));
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

  Result<void> Add(const GitFile& tracked) {
    const std::string& path = tracked.path;
    if (!IsPlain(path)) {
      return Fail(TreeError(ErrorKind::kEnvironment, "the source tree has a file with an impossible path",
                            folder_.string(), "a path within the tree", Printable(path, 500)));
    }
    if (std::count(path.begin(), path.end(), '/') > limits_.depth) return Fail(TooDeep(path));
    if (files_.size() + missing_.size() >= limits_.files) return Fail(TooMany());
    if (tracked.kind == GitFile::Kind::kSubmodule) {
      unreadable_.push_back(path);
      return {};
    }
    const bool regular = tracked.kind == GitFile::Kind::kRegular;
    const std::optional<fs::path> file = RegularFile(path);
    std::error_code error;
    const auto bytes = file ? static_cast<std::int64_t>(fs::file_size(*file, error)) : 0;
    if (file && !error) return Take(path, {bytes, regular ? tracked.object : std::string(), false});
    // Removed, left out by a sparse checkout, or replaced; a link that leads out or nowhere holds nothing but its text.
    if (regular) missing_.push_back(tracked);
    return {};
  }

  struct Entry {
    std::int64_t bytes = 0;
    std::string object;        ///< of a regular file that git tracks
    bool only_staged = false;  ///< it is not on the disk
  };

  Result<void> Take(const std::string& path, Entry entry) {
    total_ += entry.bytes;
    if (total_ > limits_.total_bytes) {
      return Fail(TreeError(ErrorKind::kLimit, "the source tree is too large", folder_.string(),
                            fmt::format("at most {} bytes", limits_.total_bytes), "more"));
    }
    files_.emplace(path, std::move(entry));
    return {};
  }

  /// What is tracked and not on the disk.
  Result<void> AddStaged() {
    std::vector<std::string> objects;
    for (const GitFile& file : missing_) objects.push_back(file.object);
    READINESS_ASSIGN(const auto sizes, GitSizes(folder_.string(), objects));
    for (const GitFile& file : missing_) {
      const auto size = sizes.find(file.object);
      if (size == sizes.end())
        unreadable_.push_back(file.path);
      else
        READINESS_RETURN_IF_ERROR(Take(file.path, {size->second, file.object, true}));
    }
    return {};
  }

  /// Looked up again: it may have become a link since.
  Result<fs::path> OnDisk(const std::string& path) const {
    std::optional<fs::path> file = RegularFile(path);
    if (file) return std::move(*file);
    return Fail(TreeError(ErrorKind::kEnvironment, "a file of the source tree is gone", (folder_ / path).string(),
                          "a regular file", "none"));
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
  std::map<std::string, Entry> files_;
  std::vector<GitFile> missing_;
  std::vector<std::string> unreadable_;
  std::size_t staged_ = 0;
  std::int64_t total_ = 0;
  bool opened_ = false;
  std::optional<Error> error_;
};

}  // namespace

std::unique_ptr<SourceTree> MakeSourceTree(std::string folder, const SourceTreeLimits& limits) {
  return std::make_unique<FolderTree>(std::move(folder), limits);
}

}  // namespace readiness
