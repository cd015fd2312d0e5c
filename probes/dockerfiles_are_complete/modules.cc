#include "modules.h"

#include <algorithm>

namespace readiness::dockerfiles {
namespace {

// Distributions whose module has another name; those that only differ in '-' and '_' need no entry.
const std::map<std::string, std::vector<std::string>>& CommonNames() {
  static const std::map<std::string, std::vector<std::string>> names = {
      {"scikit-learn", {"sklearn"}},
      {"pyyaml", {"yaml"}},
      {"python-dotenv", {"dotenv"}},
      {"python-jose", {"jose"}},
      {"pyjwt", {"jwt"}},
      {"pillow", {"PIL"}},
      {"beautifulsoup4", {"bs4"}},
      {"opencv-python", {"cv2"}},
      {"opencv-python-headless", {"cv2"}},
      {"psycopg2-binary", {"psycopg2"}},
      {"python-dateutil", {"dateutil"}},
      {"python-json-logger", {"pythonjsonlogger"}},
      {"prometheus-client", {"prometheus_client"}},
      {"protobuf", {"google"}},
      {"python-multipart", {"multipart", "python_multipart"}},
      {"fastapi", {"fastapi", "starlette", "pydantic"}},
      {"pandas", {"pandas", "numpy"}},
      {"mysqlclient", {"MySQLdb"}},
      {"pymysql", {"pymysql"}},
      {"grpcio", {"grpc"}},
      {"msgpack-python", {"msgpack"}},
      {"attrs", {"attr", "attrs"}},
      {"setuptools", {"setuptools", "pkg_resources"}},
      {"typing-extensions", {"typing_extensions"}},
  };
  return names;
}

std::string Slashed(std::string module) {
  std::replace(module.begin(), module.end(), '.', '/');
  return module;
}

std::string Underscored(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace

PythonWorld::PythonWorld(const std::vector<PythonFile>& files, std::map<std::string, std::vector<std::string>> provides)
    : provides_(std::move(provides)) {
  for (const PythonFile& file : files) files_[file.path] = &file;
}

std::string PythonWorld::Find(const Image& image, const std::vector<std::string>& roots, const std::string& module,
                              bool as_main) const {
  for (const std::string& root : roots) {
    const std::string base = Absolute(root, Slashed(module));
    std::vector<std::string> candidates{base + ".py"};
    candidates.push_back(base + (as_main ? "/__main__.py" : "/__init__.py"));
    for (const std::string& candidate : candidates) {
      const auto found = image.files.find(candidate);
      if (found != image.files.end()) return found->second;
    }
  }
  return {};
}

bool PythonWorld::Provided(const std::string& top, const std::set<std::string>& distributions) const {
  return std::any_of(distributions.begin(), distributions.end(), [&](const std::string& distribution) {
    if (Underscored(distribution) == DistributionName(top) || distribution == DistributionName(top)) return true;
    for (const auto* names : {&provides_, &CommonNames()}) {
      const auto found = names->find(distribution);
      if (found != names->end() && std::find(found->second.begin(), found->second.end(), top) != found->second.end())
        return true;
    }
    return false;
  });
}

const PythonFile* PythonWorld::File(const std::string& path) const {
  const auto found = files_.find(path);
  return found != files_.end() ? found->second : nullptr;
}

std::vector<PythonWorld::Missing> PythonWorld::MissingFrom(const Image& image, const std::vector<std::string>& roots,
                                                           const std::string& file,
                                                           const std::set<std::string>& distributions) const {
  std::vector<Missing> missing;
  std::set<std::string> seen{file};
  std::vector<std::string> open{file};
  std::set<std::string> named;
  while (!open.empty()) {
    const auto current = files_.find(open.back());
    open.pop_back();
    if (current == files_.end()) continue;
    for (const PythonImport& import : current->second->imports) {
      if (import.standard || import.module.empty()) continue;
      bool own = false;
      std::vector<std::string> modules{import.module};
      if (!import.name.empty() && import.name != "*") modules.push_back(import.module + "." + import.name);
      for (const std::string& module : modules) {
        const std::string found = Find(image, roots, module, false);
        own = own || !found.empty();
        if (!found.empty() && seen.insert(found).second) open.push_back(found);
      }
      const std::string top = import.module.substr(0, import.module.find('.'));
      const auto holds = [&](const std::string& root) {
        const std::string prefix = Absolute(root, top) + "/";
        const auto at = image.files.lower_bound(prefix);
        return at != image.files.end() && at->first.starts_with(prefix);
      };
      const bool folder = std::any_of(roots.begin(), roots.end(), holds);
      if (own || import.optional) continue;
      if (!folder && Provided(top, distributions)) continue;
      // A package without __init__ may hold the module's name as a folder.
      const auto is_folder = [&](const std::string& root) {
        const std::string prefix = Absolute(root, Slashed(import.module)) + "/";
        const auto at = image.files.lower_bound(prefix);
        return at != image.files.end() && at->first.starts_with(prefix);
      };
      if (std::any_of(roots.begin(), roots.end(), is_folder)) continue;
      if (named.insert(import.module).second) missing.push_back({current->first, import.line, import.module});
    }
  }
  return missing;
}

namespace {

/// "fastapi ; python_version < '3'" never does.
bool MayApply(const std::string& line) {
  const std::size_t marker = line.find(';');
  if (marker == std::string::npos) return true;
  std::string condition = line.substr(marker + 1);
  std::erase_if(condition, [](char c) { return c == ' ' || c == '\'' || c == '"'; });
  for (const char* never :
       {"python_version<3", "python_version<=2", "python_version==2", "sys_platform==win32", "sys_platform==darwin",
        "platform_system==Windows", "platform_system==Darwin", "os_name==nt"}) {
    const std::size_t at = condition.find(never);
    if (at == std::string::npos) continue;
    const std::size_t end = at + std::string_view(never).size();
    // "<3.9" may.
    if (end == condition.size() || condition[end] != '.') return condition.find("or") != std::string::npos;
  }
  return true;
}

}  // namespace

std::set<std::string> Distributions(const std::string& requirements) {
  std::set<std::string> names;
  for (std::size_t begin = 0; begin < requirements.size();) {
    const std::size_t end = std::min(requirements.find('\n', begin), requirements.size());
    std::string line = requirements.substr(begin, end - begin);
    begin = end + 1;
    line.erase(0, std::min(line.find_first_not_of(" \t"), line.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.empty() || line[0] == '#' || line[0] == '-') continue;
    if (!MayApply(line)) continue;
    names.insert(DistributionName(line));
    // Extras bring the server.
    if (line.starts_with("fastapi[")) names.insert("uvicorn");
  }
  return names;
}

std::vector<std::string> Included(const std::string& requirements, const std::string& path) {
  std::vector<std::string> files;
  const std::string folder = path.rfind('/') == std::string::npos ? "" : path.substr(0, path.rfind('/'));
  for (std::size_t begin = 0; begin < requirements.size();) {
    const std::size_t end = std::min(requirements.find('\n', begin), requirements.size());
    std::string line = requirements.substr(begin, end - begin);
    begin = end + 1;
    for (const char* option : {"-r", "--requirement"}) {
      if (!line.starts_with(option)) continue;
      line.erase(0, std::string_view(option).size());
      line.erase(0, std::min(line.find_first_not_of(" =\t"), line.size()));
      while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
      if (!line.empty()) files.push_back(Absolute("/" + folder, line).substr(1));
      break;
    }
  }
  return files;
}

bool PythonWorld::Any(const std::function<bool(const PythonFile&)>& holds) const {
  return std::any_of(files_.begin(), files_.end(), [&](const auto& one) { return holds(*one.second); });
}

namespace {

std::string NameOfBase(const std::string& image) {
  std::string name = image.substr(0, image.find('@'));
  name = name.substr(name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1);
  return name.substr(0, name.find(':'));
}

}  // namespace

bool IsUsualBase(const std::string& image) {
  static const std::set<std::string> kUsual{"python", "pypy",     "debian", "ubuntu", "alpine", "node",    "nginx",
                                            "httpd",  "postgres", "redis",  "golang", "rust",   "scratch", "busybox"};
  return kUsual.contains(NameOfBase(image));
}

bool HasPython(const std::string& image) {
  const std::string name = NameOfBase(image);
  return name == "python" || name == "pypy";
}

}  // namespace readiness::dockerfiles
