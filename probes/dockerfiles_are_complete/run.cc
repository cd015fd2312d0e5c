#include "run.h"

#include <algorithm>
#include <cctype>

#include "readiness/source_glob.h"
#include "readiness/source_shell.h"

namespace readiness::dockerfiles {
namespace {

using Words = std::vector<std::string>;

bool IsOneOf(const std::string& word, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* one) { return word == one; });
}

std::string BaseName(const std::string& path) {
  return path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
}

bool IsDynamic(const std::string& word) {
  return word.find_first_of("$`") != std::string::npos;
}

/// "pip", "pip3", "python3.11": a name and perhaps a version.
bool IsVersionOf(const std::string& program, const std::string& name) {
  return program.starts_with(name) && program.find_first_not_of("0123456789.", name.size()) == std::string::npos;
}

Words Unwrapped(Words words) {
  while (!words.empty()) {
    const bool assigns = words[0].find('=') != std::string::npos && words[0][0] != '-';
    if (!assigns && !IsOneOf(BaseName(words[0]), {"sudo", "env", "exec", "time", "command", "nice"})) break;
    words.erase(words.begin());
    while (!words.empty() && words[0].starts_with('-')) words.erase(words.begin());
  }
  return words;
}

/// Splits PATH or PYTHONPATH.
Words Parts(const std::string& path) {
  Words parts;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    if (end > begin) parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string Variable(const Image& image, const char* name) {
  const auto found = image.environment.find(name);
  return found != image.environment.end() ? found->second : std::string();
}

/// The interpreter's own place has no name.
std::string Place(std::string folder) {
  return folder == "/usr" || folder == "/usr/local" || folder == "/" ? std::string() : folder;
}

class Runner {
 public:
  Runner(const DockerInstruction& one, Image& image, std::vector<Fault>& faults)
      : one_(one), image_(image), faults_(faults), directory_(image.directory) {}

  void Go() {
    ShellReading reading;
    if (one_.exec) {
      reading.commands.emplace_back();
      reading.commands.back().words = *one_.exec;
    } else {
      reading = ReadShellScript(Script());
    }
    if (!reading.not_understood.empty()) image_.Doubt(one_.line, "what RUN does: " + reading.not_understood);
    if (one_.arguments.find("/etc/passwd") != std::string::npos) image_.users_unknown = true;
    for (const ShellCommand& command : reading.commands) {
      if (command.reach == ShellCommand::Reach::kNever || command.calls_function) continue;
      sure_ = command.reach == ShellCommand::Reach::kRuns && command.failure == ShellCommand::Failure::kFailsScript;
      Act(Unwrapped(command.words));
    }
  }

 private:
  /// The here-document is the script when nothing else is there to read it.
  std::string Script() const {
    if (one_.heredocs.empty() || !one_.arguments.starts_with("<<")) return one_.arguments;
    std::string script;
    for (const DockerHeredoc& heredoc : one_.heredocs) script += heredoc.text + "\n";
    return script;
  }

  void Add(std::string what, std::string actual, std::string fix) {
    faults_.push_back({one_.line, std::move(what), std::move(actual), std::move(fix)});
  }

  void Act(const Words& words) {
    if (words.empty()) return;
    const std::string program = BaseName(words[0]);
    const std::string first = words.size() > 1 ? words[1] : std::string();
    if (program == "cd" && !first.empty() && !IsDynamic(first)) directory_ = Absolute(directory_, first);
    if ((program == "." || program == "source") && first.ends_with("/bin/activate"))
      active_ = Absolute(directory_, first.substr(0, first.size() - 13));
    if (sure_ && (program == "false" || (program == "exit" && first.find_first_of("123456789") == 0)))
      Add("a RUN always fails, and with it the build", one_.arguments.substr(0, 200), "remove it");
    if (IsOneOf(program, {"poetry", "conda", "mamba", "micromamba", "pipenv", "uv", "pdm"}))
      (sure_ ? image_.installs_unknown : image_.installs_perhaps) = true;
    if (IsOneOf(program, {"apt-get", "apt", "apk", "dnf", "yum", "microdnf"}) && sure_)
      image_.has_python = image_.has_python || std::any_of(words.begin(), words.end(), [](const std::string& word) {
                            return word.starts_with("python3") || word == "python" || word.starts_with("py3-");
                          });
    if (IsVersionOf(program, "python")) return Python(words);
    if (IsVersionOf(program, "pip")) return Pip(words, 1, words[0]);
    if (program == "virtualenv" && !words.back().starts_with('-')) Environment(words.back());
    if (IsOneOf(program, {"useradd", "adduser"})) return User(words);
    if (program == "usermod") image_.users_unknown = true;
    if (IsOneOf(program, {"rm", "unlink", "rmdir", "shred"})) return Remove(words);
    if (IsOneOf(program, {"mv", "cp"})) return Move(words, program == "mv");
    if (program == "find" && std::find(words.begin(), words.end(), "-delete") != words.end())
      image_.Doubt(one_.line, "what find deletes");
  }

  void Python(const Words& words) {
    image_.has_python = image_.has_python || sure_;
    for (std::size_t i = 1; i + 1 < words.size(); ++i) {
      if (words[i] != "-m") continue;
      if (words[i + 1] == "pip") return Pip(words, i + 2, words[0]);
      if (words[i + 1] == "venv" && words.size() > i + 2) Environment(words.back());
      return;
    }
  }

  void Environment(const std::string& folder) {
    if (!IsDynamic(folder)) image_.environments.insert(Absolute(directory_, folder));
  }

  /// Where pip puts things when nothing else is said.
  std::string PlaceOf(const std::string& program) const {
    if (program.find('/') != std::string::npos) {
      const std::string whole = Absolute(directory_, program);
      const std::size_t bin = whole.rfind("/bin/");
      return bin == std::string::npos ? std::string() : Place(whole.substr(0, std::max<std::size_t>(bin, 1)));
    }
    if (!active_.empty()) return active_;
    for (const std::string& folder : Parts(Variable(image_, "PATH"))) {
      if (folder.ends_with("/bin") && image_.environments.contains(folder.substr(0, folder.size() - 4)))
        return folder.substr(0, folder.size() - 4);
    }
    return {};
  }

  void Pip(const Words& words, std::size_t i, const std::string& program) {
    image_.has_python = image_.has_python || sure_;
    while (i < words.size() && words[i].starts_with('-')) ++i;
    if (i >= words.size()) return;
    if (words[i] == "uninstall") {
      for (++i; i < words.size(); ++i) {
        if (!words[i].starts_with('-')) image_.removed.insert(DistributionName(words[i]));
      }
      return;
    }
    if (words[i] != "install") return;
    Packages packages{PlaceOf(program), {}, {}};
    bool unknown = false;
    for (++i; i < words.size(); ++i) {
      if (!Option(words, i, packages)) return;
      const std::string& word = i < words.size() ? words[i] : std::string();
      if (word.empty() || word.starts_with('-')) continue;
      if (taken_) {
        taken_ = false;
      } else if (word == "." || word.find('/') != std::string::npos || word.ends_with(".whl") || IsDynamic(word)) {
        unknown = true;
      } else {
        packages.names.insert(DistributionName(word));
        if (word.starts_with("fastapi[") || word.starts_with("uvicorn[")) packages.names.insert("uvicorn");
        image_.removed.erase(DistributionName(word));
      }
    }
    if (!sure_) {
      image_.installs_perhaps = true;
      return;
    }
    image_.installs_unknown = image_.installs_unknown || unknown;
    image_.packages.push_back(std::move(packages));
  }

  /// Takes an option and its value; false: with this one nothing is installed.
  bool Option(const Words& words, std::size_t& i, Packages& packages) {
    taken_ = false;
    const std::string word = words[i];
    if (!word.starts_with('-')) return true;
    if (IsOneOf(word, {"--dry-run", "--help", "-h", "--version", "-V"})) return false;
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    std::string value = equals == std::string::npos ? std::string() : word.substr(equals + 1);
    const bool glued = word.size() > 2 && word[1] != '-' && (word[1] == 'r' || word[1] == 't');
    if (glued) value = word.substr(2);
    static const std::initializer_list<const char*> kWithValue{"-r",
                                                               "--requirement",
                                                               "-c",
                                                               "--constraint",
                                                               "-i",
                                                               "--index-url",
                                                               "--extra-index-url",
                                                               "-f",
                                                               "--find-links",
                                                               "--trusted-host",
                                                               "-t",
                                                               "--target",
                                                               "--prefix",
                                                               "--root",
                                                               "--timeout",
                                                               "--retries",
                                                               "--cache-dir",
                                                               "--platform",
                                                               "--python-version",
                                                               "--only-binary",
                                                               "--no-binary",
                                                               "--progress-bar",
                                                               "--upgrade-strategy",
                                                               "--src",
                                                               "-e",
                                                               "--editable",
                                                               "--report",
                                                               "--log",
                                                               "--config-settings",
                                                               "--global-option",
                                                               "--proxy",
                                                               "--cert"};
    if (equals == std::string::npos && !glued && IsOneOf(name, kWithValue) && i + 1 < words.size()) {
      value = words[++i];
      taken_ = true;
    }
    if (name == "-r" || name == "--requirement" || (glued && word[1] == 'r')) Requirements(value, packages);
    if (name == "-t" || name == "--target" || (glued && word[1] == 't') || name == "--prefix")
      packages.where = Place(Absolute(directory_, value));
    if (name == "--root") packages.where = Absolute(directory_, value) + "/usr/local";
    if (name == "-e" || name == "--editable") image_.installs_unknown = image_.installs_unknown || sure_;
    if (name == "--user")
      packages.where = (image_.user.empty() || image_.user == "root" ? "/root" : "/home/" + image_.user) + "/.local";
    return true;
  }

  void Requirements(const std::string& name, Packages& packages) {
    if (IsDynamic(name)) {
      image_.installs_perhaps = true;
      return;
    }
    const auto found = image_.files.find(Absolute(directory_, name));
    if (found == image_.files.end()) {
      // It may be mounted for the time of this line.
      if (one_.Flag("mount")) {
        image_.installs_perhaps = true;
      } else {
        Add("pip installs requirements that the image does not have", name, "COPY the file before this line");
      }
    } else if (!found->second.empty()) {
      packages.requirements.push_back(found->second);
    } else {
      image_.installs_perhaps = true;  // written by the Dockerfile
    }
  }

  void User(const Words& words) {
    std::string uid;
    Words names;
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (IsOneOf(word, {"-u", "--uid"}) && i + 1 < words.size()) {
        uid = words[++i];
      } else if (word.starts_with("--uid=")) {
        uid = word.substr(6);
      } else if (IsOneOf(word, {"-g", "-G", "-d", "-s", "-c", "-h", "-k", "-p", "-e", "-f", "-b", "--gid", "--home",
                                "--home-dir", "--shell", "--comment", "--gecos", "--ingroup", "--groups"})) {
        ++i;
      } else if (!word.empty() && word[0] != '-') {
        names.push_back(word);
      }
    }
    for (const std::string& name : names) image_.users[name] = uid;
  }

  /// Files of the image that `source` names.
  Words Named(const std::string& source) const {
    const std::string whole = Absolute(directory_, source);
    const std::string prefix = whole == "/" ? "/" : whole + "/";
    const bool glob = whole.find_first_of("*?[") != std::string::npos;
    Words found;
    for (const auto& [path, origin] : image_.files) {
      const bool by_glob = glob && (MatchesGlob(whole.substr(1), path.substr(1)) ||
                                    MatchesGlob(whole.substr(1) + "/**", path.substr(1)));
      if (path == whole || path.starts_with(prefix) || by_glob) found.push_back(path);
    }
    return found;
  }

  void Remove(const Words& words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i].empty() || words[i][0] == '-') continue;
      if (IsDynamic(words[i])) {
        image_.Doubt(one_.line, "what " + words[0] + " removes");
        continue;
      }
      for (const std::string& path : Named(words[i])) {
        if (sure_ || !IsOneOf(BaseName(words[0]), {"rmdir"})) image_.files.erase(path);
      }
    }
  }

  void Move(const Words& words, bool away) {
    Words paths;
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i].empty() || words[i][0] == '-') continue;
      if (IsDynamic(words[i])) return image_.Doubt(one_.line, "what " + words[0] + " takes");
      paths.push_back(words[i]);
    }
    if (paths.size() < 2) return;
    const std::string to = Absolute(directory_, paths.back());
    const bool into = paths.back().ends_with('/') || paths.back() == "." || paths.size() > 2 ||
                      image_.files.lower_bound(to + "/") != image_.files.end();
    for (std::size_t i = 0; i + 1 < paths.size(); ++i) {
      const std::string from = Absolute(directory_, paths[i]);
      for (const std::string& path : Named(paths[i])) {
        const std::string below = path.starts_with(from + "/") ? path.substr(from.size()) : std::string();
        const std::string origin = image_.files.at(path);
        if (away) image_.files.erase(path);
        // Into a folder that is there, or in its place.
        image_.Put(to + below, origin, one_.line);
        if (into) image_.Put(to + "/" + BaseName(from) + below, origin, one_.line);
      }
    }
  }

  const DockerInstruction& one_;
  Image& image_;
  std::vector<Fault>& faults_;
  std::string directory_;
  std::string active_;  ///< the environment that was activated
  bool sure_ = true;    ///< the command is run, and its failure is the build's
  bool taken_ = false;  ///< the word was the value of an option
};

}  // namespace

void Run(const DockerInstruction& one, Image& image, std::vector<Fault>& faults) {
  Runner(one, image, faults).Go();
}

bool IsActive(const Image& image, const std::string& where, const std::string& program) {
  if (where.empty() || program.starts_with(where + "/bin/")) return true;
  const Words path = Parts(Variable(image, "PATH")), python = Parts(Variable(image, "PYTHONPATH"));
  const auto holds = [](const Words& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  return holds(path, where + "/bin") || holds(python, where) || image.directory == where;
}

}  // namespace readiness::dockerfiles
