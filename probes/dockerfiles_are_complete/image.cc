#include "image.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "readiness/source_glob.h"
#include "run.h"

namespace readiness::dockerfiles {
namespace {

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// Without "./" before and "/" after it.
std::string Bare(std::string path) {
  while (path.starts_with("./")) path.erase(0, 2);
  while (path.starts_with('/')) path.erase(0, 1);
  while (path.ends_with('/')) path.pop_back();
  return path == "." ? "" : path;
}

bool IsRemote(const std::string& source) {
  return source.starts_with("http://") || source.starts_with("https://") || source.starts_with("git@") ||
         source.starts_with("git://");
}

bool MatchesIgnore(const std::string& rule, const std::string& path) {
  for (std::size_t end = path.size(); end != std::string::npos;
       end = end == 0 ? std::string::npos : path.rfind('/', end - 1)) {
    if (MatchesGlob(rule, path.substr(0, end))) return true;
  }
  return false;
}

constexpr std::size_t kMostWork = 20'000'000;

class Builder {
 public:
  Builder(const Dockerfile& file, const BuildContext& context) : file_(file), context_(context) {}

  Built Build() {
    for (const DockerStage& stage : file_.stages) {
      Image image = Begin(stage);
      Spend(image.files.size(), image, stage.line);
      for (const DockerInstruction& instruction : stage.instructions) Take(instruction, image);
      images_.push_back(std::move(image));
    }
    if (!images_.empty()) built_.image = images_.back();
    return std::move(built_);
  }

 private:
  void Add(int line, std::string what, std::string actual, std::string fix) {
    built_.faults.push_back({line, std::move(what), std::move(actual), std::move(fix)});
  }

  const Image* StageCalled(const std::string& name) const {
    for (std::size_t i = 0; i < images_.size(); ++i) {
      if (Lower(file_.stages[i].name) == Lower(name) || std::to_string(i) == name) return &images_[i];
    }
    return nullptr;
  }

  void CheckPinned(int line, const std::string& image) {
    if (image == "scratch") return;
    if (const std::size_t digest = image.find("@sha256:"); digest != std::string::npos) {
      const std::string digits = image.substr(digest + 8);
      if (digits.size() != 64 || digits.find_first_not_of("0123456789abcdef") != std::string::npos)
        Add(line, "the base image has a digest that is none", image, "write its 64 digits");
      return;
    }
    const std::size_t colon = image.find(':', image.rfind('/') == std::string::npos ? 0 : image.rfind('/'));
    const std::string tag = colon == std::string::npos ? "" : image.substr(colon + 1);
    if (!tag.empty() && !IsFloating(Lower(tag))) return;
    Add(line, "the base image is not pinned", fmt::format("{}{}", image, tag.empty() ? " (no tag: latest)" : ""),
        "name a version, or better a digest");
  }

  /// Does a tag without a version go with the time?
  static bool IsFloating(const std::string& tag) {
    if (tag.starts_with("latest") || tag.ends_with("-latest")) return true;
    if (tag.find_first_of("0123456789") != std::string::npos) return false;
    static const std::set<std::string> kWords{"slim", "alpine",  "stable", "edge",    "lts",      "current", "main",
                                              "dev",  "nightly", "master", "rolling", "mainline", "full"};
    return kWords.contains(tag);
  }

  static bool IsShell(const std::string& path) {
    return path.ends_with("/sh") || path.ends_with("/bash") || path == "sh" || path == "bash" || path.ends_with("/ash");
  }

  Image Begin(const DockerStage& stage) {
    if (!stage.unknown_variables.empty()) {
      Add(stage.line, "the base image depends on an ARG without default",
          fmt::format("{} is not set", fmt::join(stage.unknown_variables, ", ")), "give the ARG a default before FROM");
      return {};
    }
    if (const Image* earlier = StageCalled(stage.base)) {
      Image image = *earlier;
      return image;
    }
    CheckPinned(stage.line, stage.base);
    Image image;
    image.base = stage.base;
    return image;
  }

  void Take(const DockerInstruction& one, Image& image) {
    const std::string argument = one.words.empty() ? "" : one.words.front();
    if (one.name == "COPY" || one.name == "ADD") return Copy(one, image);
    if (one.name == "WORKDIR") image.directory = Absolute(image.directory, argument);
    if (one.name == "USER") {
      image.user = argument;
      image.user_line = one.line;
      if (!one.unknown_variables.empty())
        Add(one.line, "the user depends on an ARG without default", one.arguments, "name the user");
    }
    if (one.name == "ENTRYPOINT") {
      image.entrypoint = one;
      image.command.reset();  // one of the base is no longer used
    }
    if (one.name == "CMD") image.command = one;
    if (one.name == "HEALTHCHECK") image.healthcheck = one;
    if (one.name == "EXPOSE") image.ports.insert(image.ports.end(), one.words.begin(), one.words.end());
    if (one.name == "ENV" || one.name == "ARG") Set(one, image);
    if (one.name == "RUN") {
      Mounts(one);
      Spend(image.files.size(), image, one.line);
      if (image.doubt.empty() || work_ <= kMostWork) Run(one, image, built_.faults);
    }
    if (one.name == "SHELL" && !(one.exec && !one.exec->empty() && IsShell(one.exec->front())))
      image.Doubt(one.line, "which shell reads what follows");
  }

  void Set(const DockerInstruction& one, Image& image) {
    const auto set = [&](const std::string& name, const std::string& value) {
      image.environment.insert_or_assign(name, value);
      if (NamesSecret(name) && !value.empty())
        Add(one.line, fmt::format("{} gives a secret a value", one.name), name,
            "hand secrets over when the image runs");
    };
    if (one.name == "ENV" && one.words.size() > 1 && one.words[0].find('=') == std::string::npos)
      return set(one.words[0], one.words[1]);
    for (const std::string& word : one.words) {
      const std::size_t equals = word.find('=');
      if (equals != std::string::npos) set(word.substr(0, equals), word.substr(equals + 1));
    }
  }

  void Copy(const DockerInstruction& one, Image& image) {
    std::vector<std::string> sources = one.words;
    std::erase_if(sources, [&](const std::string& word) {
      return std::any_of(one.heredocs.begin(), one.heredocs.end(), [&](const DockerHeredoc& heredoc) {
        return word.ends_with(heredoc.name) && word.find("<<") != std::string::npos;
      });
    });
    if (sources.empty() || (sources.size() == 1 && one.heredocs.empty()))
      return Add(one.line, fmt::format("{} has no destination", one.name), one.arguments,
                 "name source and destination");
    const std::string destination = sources.back();
    sources.pop_back();
    if (!one.unknown_variables.empty())
      return Add(one.line, fmt::format("{} depends on a variable without value", one.name), one.arguments,
                 "set it by ARG or ENV");
    for (const DockerHeredoc& heredoc : one.heredocs)
      image.files[Absolute(image.directory, destination.ends_with('/') ? destination + heredoc.name : destination)] =
          "";
    if (const auto from = one.Flag("from")) return CopyFrom(one, *from, sources, destination, image);
    for (const std::string& source : sources) CopySource(one, source, destination, sources.size() > 1, image);
  }

  void CopySource(const DockerInstruction& one, const std::string& source, const std::string& destination, bool several,
                  Image& image) {
    if (one.name == "ADD" && IsRemote(source)) return;
    if (("/" + source + "/").find("/../") != std::string::npos)
      return Add(one.line, fmt::format("{} leaves the build context", one.name), source,
                 "copy what is below the context");
    Spend(context_.size(), image, one.line);
    if (work_ > kMostWork) return;
    const std::vector<std::string> found = context_.Find(source);
    if (found.empty()) {
      const bool kept_out = context_.IsKeptOut(source);
      return Add(one.line,
                 fmt::format("{} takes what is not {}", one.name,
                             kept_out ? "in the context: .dockerignore keeps it out" : "in the tree"),
                 source, "correct the path, or add the files to version control");
    }
    const std::string bare = Bare(source);
    const bool one_file = found.size() == 1 && found.front() == bare;
    const bool into = destination.ends_with('/') || destination == "." || several;
    for (const std::string& path : found) {
      const std::size_t slash = path.rfind('/');
      const std::string base = slash == std::string::npos ? path : path.substr(slash + 1);
      const bool below = !one_file && path.starts_with(bare.empty() ? "" : bare + "/");
      const std::string relative = below ? path.substr(bare.empty() ? 0 : bare.size() + 1) : base;
      const bool as_named = one_file && !into;
      image.Put(Absolute(image.directory, as_named ? destination : destination + "/" + relative), context_.InTree(path),
                one.line);
    }
  }

  void CopyFrom(const DockerInstruction& one, const std::string& from, const std::vector<std::string>& sources,
                const std::string& destination, Image& image) {
    const Image* stage = StageCalled(from);
    if (stage == nullptr) {
      if (from.find(':') == std::string::npos && from.find('/') == std::string::npos)
        return Add(one.line, "--from names no earlier stage", from,
                   "name a stage of this Dockerfile, or an image with its tag");
      return CheckPinned(one.line, from);
    }
    // What a stage has built itself cannot be known; what it has of the tree can.
    for (const std::string& source : sources) {
      Spend(stage->files.size(), image, one.line);
      if (work_ > kMostWork) return;
      const std::string folder = Absolute("/", source);
      const std::string prefix = folder == "/" ? "/" : folder + "/";
      const std::string to = Absolute(image.directory, destination);
      for (const auto& [path, origin] : stage->files) {
        if (path == folder)
          image.Put(destination.ends_with('/') ? to + path.substr(path.rfind('/')) : to, origin, one.line);
        if (path.starts_with(prefix)) image.Put(Absolute(to, path.substr(prefix.size())), origin, one.line);
      }
      TakePackages(*stage, folder, to, image);
      if (folder == "/etc/passwd" || folder == "/etc") image.users.insert(stage->users.begin(), stage->users.end());
    }
  }

  /// Packages travel with the folder that they were installed in.
  static void TakePackages(const Image& stage, const std::string& folder, const std::string& to, Image& image) {
    // "/usr/local", "/usr/local/lib", "/usr/local/lib/python3.11/site-packages"
    const bool own = to == folder && (folder == "/" || folder == "/usr" || folder.starts_with("/usr/local") ||
                                      folder.starts_with("/usr/lib/python"));
    const bool programs_only = folder.ends_with("/bin");
    for (const Packages& packages : stage.packages) {
      Packages moved = packages;
      const std::string& where = packages.where;
      if (where.empty()) {
        if (!own || programs_only) continue;
      } else if (where == folder || where.starts_with(folder == "/" ? "/" : folder + "/")) {
        moved.where = to + where.substr(folder == "/" ? 0 : folder.size());
        if (moved.where == "/usr/local" || moved.where == "/usr") moved.where.clear();
      } else {
        continue;
      }
      image.packages.push_back(std::move(moved));
    }
    for (const std::string& environment : stage.environments) {
      if (environment == folder || environment.starts_with(folder + "/"))
        image.environments.insert(to + environment.substr(folder.size()));
    }
    if (programs_only) return;
    image.installs_unknown = image.installs_unknown || stage.installs_unknown;
    image.installs_perhaps = image.installs_perhaps || stage.installs_perhaps;
    image.removed.insert(stage.removed.begin(), stage.removed.end());
    if (image.doubt.empty()) image.doubt = stage.doubt;
  }

  /// RUN --mount=type=bind,from=x.
  void Mounts(const DockerInstruction& one) {
    for (const auto& [flag, value] : one.flags) {
      const std::size_t from = flag == "mount" ? ("," + value).find(",from=") : std::string::npos;
      if (from == std::string::npos) continue;
      const std::string name = value.substr(from + 5, value.find(',', from) - from - 5);
      if (StageCalled(name) == nullptr) CheckPinned(one.line, name);
    }
  }

  void Spend(std::size_t work, Image& image, int line) {
    work_ += work;
    if (work_ > kMostWork) image.Doubt(line, "it copies too much to be followed");
  }

  const Dockerfile& file_;
  const BuildContext& context_;
  std::vector<Image> images_;  // by stage
  std::size_t work_ = 0;       // files that were looked at or copied
  Built built_;
};

}  // namespace

BuildContext::BuildContext(const std::vector<std::string>& paths, const std::string& folder,
                           const std::string& ignored) {
  prefix_ = Bare(folder);
  if (!prefix_.empty()) prefix_ += "/";
  std::vector<std::string> rules;
  constexpr std::size_t kMostRules = 500;
  for (std::size_t begin = 0; begin < ignored.size() && rules.size() < kMostRules;) {
    const std::size_t end = std::min(ignored.find('\n', begin), ignored.size());
    std::string rule = ignored.substr(begin, end - begin);
    while (!rule.empty() && std::isspace(static_cast<unsigned char>(rule.back())) != 0) rule.pop_back();
    if (!rule.empty() && rule[0] != '#') rules.push_back(rule[0] == '!' ? "!" + Bare(rule.substr(1)) : Bare(rule));
    begin = end + 1;
  }
  complete_ = rules.size() < kMostRules;
  for (const std::string& path : paths) {
    if (!path.starts_with(prefix_)) continue;
    const std::string inside = path.substr(prefix_.size());
    bool out = false;
    for (const std::string& rule : rules) {
      const bool back = rule[0] == '!';
      if (MatchesIgnore(back ? rule.substr(1) : rule, inside)) out = !back;
    }
    (out ? kept_out_ : files_).insert(inside);
  }
}

void Image::Put(const std::string& path, const std::string& origin, int line) {
  if (++put > kMostFiles || path.size() > 4096) return Doubt(line, "it holds too many files, or too deep");
  files[path] = origin;
}

void Image::Doubt(int line, const std::string& what) {
  if (doubt.empty()) doubt = fmt::format("line {}: {}", line, what);
}

std::vector<std::string> BuildContext::Find(const std::string& source) const {
  const std::string bare = Bare(source);
  std::vector<std::string> found;
  for (const std::string& path : files_) {
    if (bare.empty() || path == bare || path.starts_with(bare + "/") || MatchesIgnore(bare, path))
      found.push_back(path);
  }
  return found;
}

bool BuildContext::IsKeptOut(const std::string& source) const {
  const std::string bare = Bare(source);
  return std::any_of(kept_out_.begin(), kept_out_.end(), [&](const std::string& path) {
    return path == bare || path.starts_with(bare + "/") || MatchesIgnore(bare, path);
  });
}

std::string DistributionName(const std::string& requirement) {
  std::string name = Lower(requirement.substr(0, requirement.find_first_of("[=<>!~; @\t")));
  std::replace(name.begin(), name.end(), '_', '-');
  std::replace(name.begin(), name.end(), '.', '-');
  return name;
}

std::string Absolute(const std::string& directory, const std::string& path) {
  const std::string whole = path.starts_with('/') ? path : directory + "/" + path;
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= whole.size();) {
    const std::size_t end = std::min(whole.find('/', begin), whole.size());
    const std::string part = whole.substr(begin, end - begin);
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
    begin = end + 1;
  }
  return fmt::format("/{}", fmt::join(parts, "/"));
}

bool NamesSecret(const std::string& variable) {
  const std::string name = "_" + Lower(variable) + "_";
  constexpr std::array kWords{"_password_",       "_passwd_",      "_secret_",      "_secrets_",    "_token_",
                              "_api_key_",        "_apikey_",      "_private_key_", "_secret_key_", "_access_key_",
                              "_encryption_key_", "_credentials_", "_signing_key_", "_jwt_key_"};
  return name.ends_with("_pass_") || name.ends_with("password_") || name.ends_with("_pwd_") ||
         std::any_of(kWords.begin(), kWords.end(),
                     [&](const char* word) { return name.find(word) != std::string::npos; });
}

Built Build(const Dockerfile& file, const BuildContext& context) {
  return Builder(file, context).Build();
}

}  // namespace readiness::dockerfiles
