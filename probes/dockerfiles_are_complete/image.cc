#include "image.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "readiness/source_glob.h"

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

class Builder {
 public:
  Builder(const Dockerfile& file, const BuildContext& context) : file_(file), context_(context) {}

  Built Build() {
    for (const DockerStage& stage : file_.stages) {
      Image image = Begin(stage);
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
    if (image == "scratch" || image.find("@sha256:") != std::string::npos) return;
    const std::size_t colon = image.find(':', image.rfind('/') == std::string::npos ? 0 : image.rfind('/'));
    const std::string tag = colon == std::string::npos ? "" : image.substr(colon + 1);
    if (!tag.empty() && tag != "latest") return;
    Add(line, "the base image is not pinned", fmt::format("{}{}", image, tag.empty() ? " (no tag: latest)" : ""),
        "name a version, or better a digest");
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
    return {};
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
    if (one.name == "RUN") RunCommand(one, image);
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
      image.files[Absolute(image.directory, as_named ? destination : destination + "/" + relative)] =
          context_.InTree(path);
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
      const std::string folder = Absolute("/", source);
      for (const auto& [path, origin] : stage->files) {
        if (path == folder)
          image.files[Absolute(image.directory, destination.ends_with('/')
                                                    ? destination + path.substr(path.rfind('/') + 1)
                                                    : destination)] = origin;
        const std::string prefix = folder == "/" ? "/" : folder + "/";
        if (path.starts_with(prefix))
          image.files[Absolute(image.directory, destination + "/" + path.substr(prefix.size()))] = origin;
      }
    }
    // Packages travel with the folder that they were installed in.
    image.installed.insert(stage->installed.begin(), stage->installed.end());
    image.requirements.insert(image.requirements.end(), stage->requirements.begin(), stage->requirements.end());
    image.installs_unknown = image.installs_unknown || stage->installs_unknown;
  }

  void RunCommand(const DockerInstruction& one, Image& image) {
    std::vector<std::string> words = one.exec ? *one.exec : SplitShellWords(one.arguments);
    for (const DockerHeredoc& heredoc : one.heredocs) {
      std::string text = heredoc.text;
      std::replace(text.begin(), text.end(), '\n', ';');
      const std::vector<std::string> more = SplitShellWords(text);
      words.insert(words.end(), more.begin(), more.end());
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (word == "poetry" || word == "conda" || word == "pipenv" || word == "uv" || word == "pdm")
        image.installs_unknown = true;
      const std::size_t slash = word.rfind('/');
      const std::string program = slash == std::string::npos ? word : word.substr(slash + 1);
      const bool pip = program.starts_with("pip") && program.size() <= 7;
      if (pip && i + 1 < words.size() && words[i + 1] == "install") i = Install(one, words, i + 2, image);
    }
  }

  std::size_t Install(const DockerInstruction& one, const std::vector<std::string>& words, std::size_t i,
                      Image& image) {
    for (; i < words.size(); ++i) {
      std::string word = words[i];
      const bool last = word.ends_with(';');
      if (last) word.pop_back();
      if (word == "&&" || word == "||" || word == "|") return i;
      if (word == "-r" || word == "--requirement") {
        if (++i < words.size()) Requirements(one, words[i], image);
      } else if (word.starts_with("-r") || word.starts_with("--requirement=")) {
        Requirements(one, word.substr(word.starts_with("-r") ? 2 : 14), image);
      } else if (word == "-c" || word == "--constraint" || word == "--index-url" || word == "-i" ||
                 word == "--target" || word == "--prefix") {
        ++i;
      } else if (word == "." || word.starts_with("./") || word.starts_with("-e")) {
        image.installs_unknown = true;
      } else if (!word.empty() && word[0] != '-') {
        image.installed.insert(DistributionName(word));
      }
      if (last) return i;
    }
    return i;
  }

  void Requirements(const DockerInstruction& one, std::string name, Image& image) {
    while (name.ends_with(';')) name.pop_back();
    const auto found = image.files.find(Absolute(image.directory, name));
    if (found == image.files.end())
      return Add(one.line, "pip installs requirements that the image does not have", name,
                 "COPY the file before this line");
    if (!found->second.empty()) image.requirements.push_back(found->second);
  }

  const Dockerfile& file_;
  const BuildContext& context_;
  std::vector<Image> images_;  // by stage
  Built built_;
};

}  // namespace

BuildContext::BuildContext(const std::vector<std::string>& paths, const std::string& folder,
                           const std::string& ignored) {
  prefix_ = Bare(folder);
  if (!prefix_.empty()) prefix_ += "/";
  std::vector<std::string> rules;
  for (std::size_t begin = 0; begin < ignored.size();) {
    const std::size_t end = std::min(ignored.find('\n', begin), ignored.size());
    std::string rule = ignored.substr(begin, end - begin);
    while (!rule.empty() && std::isspace(static_cast<unsigned char>(rule.back())) != 0) rule.pop_back();
    if (!rule.empty() && rule[0] != '#') rules.push_back(rule[0] == '!' ? "!" + Bare(rule.substr(1)) : Bare(rule));
    begin = end + 1;
  }
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
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](const char* word) { return name.find(word) != std::string::npos; });
}

Built Build(const Dockerfile& file, const BuildContext& context) {
  return Builder(file, context).Build();
}

}  // namespace readiness::dockerfiles
