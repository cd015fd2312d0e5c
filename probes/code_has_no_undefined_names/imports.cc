#include "imports.h"

#include <fmt/format.h>

#include <algorithm>

namespace readiness::undefined_names {
namespace {

std::string BaseOf(std::string path) {
  for (const std::string_view end : {"/__init__.py", "/__init__.pyi", ".py", ".pyi"}) {
    if (path.ends_with(end)) return path.substr(0, path.size() - end.size());
  }
  return path;
}

std::string Slashed(std::string module) {
  std::replace(module.begin(), module.end(), '.', '/');
  return module;
}

/// Does the module have names that only running it would tell?
bool MakesNames(const PythonFile& file) {
  const auto star = [](const PythonImport& import) { return import.name == "*"; };
  return !file.parsed() || std::any_of(file.imports.begin(), file.imports.end(), star) ||
         std::binary_search(file.definitions.begin(), file.definitions.end(), "__getattr__") ||
         std::any_of(file.calls.begin(), file.calls.end(), [](const PythonCall& call) {
           return call.function == "globals" || call.function == "setattr" || call.function == "exec";
         });
}

bool IsSpecial(const std::string& name) {
  return name.starts_with("__") && name.ends_with("__");
}

}  // namespace

Modules::Modules(const std::vector<std::string>& paths, const std::vector<std::string>& roots,
                 const std::vector<PythonFile>& files) {
  for (const std::string& path : paths) {
    bases_.insert(BaseOf(path));
    for (std::size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0;
         slash = path.rfind('/', slash - 1)) {
      if (!bases_.insert(path.substr(0, slash)).second) break;
    }
  }
  for (const PythonFile& file : files) files_[BaseOf(file.path)] = &file;
  for (std::string root : roots) {
    while (root.ends_with('/')) root.pop_back();
    prefixes_.push_back(root == "." || root.empty() ? "" : root + "/");
  }
}

bool Modules::Exists(const std::string& base) const {
  return bases_.contains(base);
}

const PythonFile* Modules::FileOf(const std::string& base) const {
  const auto found = files_.find(base);
  return found == files_.end() ? nullptr : found->second;
}

std::optional<std::string> Modules::WhyUnresolved(const PythonImport& import) const {
  if (import.optional || import.module.empty()) return std::nullopt;
  const std::string module = Slashed(import.module);
  const std::string top = module.substr(0, module.find('/'));
  bool own = false;
  for (const std::string& prefix : prefixes_) {
    own = own || Exists(prefix + top);
    const std::string base = prefix + module;
    if (!Exists(base)) continue;
    if (import.name.empty() || import.name == "*" || IsSpecial(import.name)) return std::nullopt;
    if (Exists(base + "/" + import.name)) return std::nullopt;
    const PythonFile* file = FileOf(base);
    if (file == nullptr || MakesNames(*file)) return std::nullopt;
    const auto& names = file->definitions;
    if (std::binary_search(names.begin(), names.end(), import.name)) return std::nullopt;
    return fmt::format("{} does not define \"{}\"", file->path, import.name);
  }
  if (!own) return std::nullopt;
  return fmt::format("there is no module {} in the tree", import.module);
}

}  // namespace readiness::undefined_names
