#include "lifecycle/overlay.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/files.h"
#include "base/text.h"
#include "source/tree.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMaxCopy = std::int64_t{256} * 1024 * 1024;
constexpr std::size_t kMaxOverlayFiles = 10'000;

Error Wrong(const Overlay& overlay, const std::string& what, const std::string& expected, const std::string& path) {
  return Error{ErrorKind::kDefinition,     fmt::format("the overlay of defect {} {}", overlay.defect, what),
               Place{overlay.files, 0, 0}, expected,
               Printable(path, 500),       {}};
}

Error Failed(const std::string& what, const fs::path& path, const std::error_code& code) {
  return Error{ErrorKind::kEnvironment, what, Place{path.string(), 0, 0}, {}, code.message(), {}};
}

class Copy {
 public:
  Copy(const std::string& tree, const std::string& copy) : tree_(tree), copy_(copy), source_(MakeSourceTree(tree)) {}

  Result<void> Make() {
    READINESS_ASSIGN(const std::vector<SourceFile> files, source_->Files({"**"}));
    std::int64_t bytes = 0;
    for (const SourceFile& file : files) {
      bytes += file.bytes;
      if (bytes > kMaxCopy) {
        return Fail({ErrorKind::kLimit, "the source tree is too large to be copied for a defect", Place{tree_, 0, 0},
                     fmt::format("at most {} bytes", kMaxCopy), "more", "switch the defects off"});
      }
      READINESS_RETURN_IF_ERROR(Put(fs::path(tree_) / file.path, file.path, false));
      original_.insert_or_assign(file.path, file.bytes);
    }
    return {};
  }

  Result<void> Apply(const Overlay& overlay) {
    if (overlay.files.empty() && overlay.remove.empty())
      return Fail(Wrong(overlay, "changes nothing", "files or remove", "neither"));
    // Removal goes first, so that a folder can be replaced as a whole.
    for (const std::string& path : overlay.remove) READINESS_RETURN_IF_ERROR(Remove(overlay, path));
    if (overlay.files.empty()) return {};
    return LayOver(overlay);
  }

 private:
  Result<void> Put(const fs::path& from, const std::string& path, bool over) {
    const fs::path to = copy_ / path;
    std::error_code code;
    fs::create_directories(to.parent_path(), code);
    if (code) return Fail(Failed("cannot copy the source tree", to.parent_path(), code));
    const auto option = over ? fs::copy_options::overwrite_existing : fs::copy_options::none;
    fs::copy_file(from, to, option, code);
    if (code) return Fail(Failed("cannot copy a file of the source tree", to, code));
    fs::permissions(to, fs::perms::owner_write | fs::perms::owner_read, fs::perm_options::add, code);
    return {};
  }

  Result<void> Touch(const Overlay& overlay, const std::string& path) {
    const auto [other, first] = touched_.emplace(path, overlay.defect);
    if (first || other->second == overlay.defect) return {};
    return Fail(Wrong(overlay, "touches a file that another defect touches",
                      fmt::format("files that defect {} leaves alone", other->second), path));
  }

  Result<void> Remove(const Overlay& overlay, const std::string& path) {
    if (!StaysInside(path)) return Fail(Wrong(overlay, "leaves the tree", "a path within it", path));
    std::vector<std::string> removed;
    for (const auto& [file, ignored] : original_) {
      if (file == path || file.starts_with(path + "/")) removed.push_back(file);
    }
    if (removed.empty()) return Fail(Wrong(overlay, "removes what the tree does not have", "a file of the tree", path));
    for (const std::string& file : removed) {
      READINESS_RETURN_IF_ERROR(Touch(overlay, file));
      std::error_code code;
      fs::remove(copy_ / file, code);
      if (code) return Fail(Failed("cannot remove a file of the copy", copy_ / file, code));
    }
    return {};
  }

  Result<void> LayOver(const Overlay& overlay) {
    std::error_code code;
    if (!fs::is_directory(fs::symlink_status(overlay.files, code)))
      return Fail(Wrong(overlay, "names files that are not there", "a folder", overlay.files));
    std::size_t count = 0;
    fs::recursive_directory_iterator at(overlay.files, code);
    for (const fs::recursive_directory_iterator end; !code && at != end; at.increment(code)) {
      const std::string path = at->path().lexically_relative(overlay.files).string();
      const fs::file_status status = at->symlink_status(code);
      if (fs::is_directory(status)) continue;
      if (!fs::is_regular_file(status)) return Fail(Wrong(overlay, "holds a link or device", "regular files", path));
      if (!StaysInside(path)) return Fail(Wrong(overlay, "leaves the tree", "a path within it", path));
      if (++count > kMaxOverlayFiles) return Fail(Wrong(overlay, "has too many files", "fewer", path));
      READINESS_RETURN_IF_ERROR(Touch(overlay, path));
      READINESS_RETURN_IF_ERROR(CheckDiffers(overlay, at->path(), path));
      READINESS_RETURN_IF_ERROR(Put(at->path(), path, true));
    }
    if (code) return Fail(Failed("cannot read an overlay", overlay.files, code));
    if (count == 0) return Fail(Wrong(overlay, "holds no file", "at least one file", overlay.files));
    return {};
  }

  Result<void> CheckDiffers(const Overlay& overlay, const fs::path& file, const std::string& path) {
    const auto original = original_.find(path);
    if (original == original_.end()) return {};
    std::error_code code;
    if (static_cast<std::int64_t>(fs::file_size(file, code)) != original->second) return {};
    READINESS_ASSIGN(const std::string before, source_->Read(path));
    READINESS_ASSIGN(const std::string after, ReadFile(file.string()));
    if (before != after) return {};
    return Fail(Wrong(overlay, "changes nothing in a file", "other contents than in the healthy tree", path));
  }

  const std::string& tree_;
  const fs::path copy_;
  const std::unique_ptr<SourceTree> source_;
  std::map<std::string, std::int64_t> original_;  // path -> bytes
  std::map<std::string, std::string> touched_;    // path -> defect
};

}  // namespace

bool StaysInside(const std::string& path) {
  const fs::path parsed(path);
  if (path.empty() || parsed.is_absolute() || path.find('\0') != std::string::npos) return false;
  return std::none_of(parsed.begin(), parsed.end(), [](const fs::path& part) {
    return part.empty() || part == "." || part == ".." || part == ".git";
  });
}

Result<std::string> ApplyOverlays(const std::vector<Overlay>& overlays, const std::string& tree,
                                  const std::string& copy) {
  if (overlays.empty()) return tree;
  if (tree.empty()) {
    return Fail(Wrong(overlays.front(), "has no tree to be laid over", "a \"source_tree\" in the deployment", "none"));
  }
  Copy made(tree, copy);
  READINESS_RETURN_IF_ERROR(MakeDirectories(copy, 0700));
  READINESS_RETURN_IF_ERROR(made.Make());
  for (const Overlay& overlay : overlays) READINESS_RETURN_IF_ERROR(made.Apply(overlay));
  return copy;
}

}  // namespace readiness
