#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "forged.h"
#include "look_alikes.h"
#include "origins.h"
#include "readiness/source_dockerfile.h"
#include "readiness/source_python.h"
#include "readiness/source_yaml.h"

namespace readiness::probes {
namespace {

using cors::Header;
using cors::Resolved;
using cors::Resolver;
using cors::Use;
using cors::Value;

constexpr const char* kForeign[] = {"https://attacker.example", "http://attacker.example:8080", "null"};

/// "a, b" and '["a", "b"]' to a and b.
std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : text + ",") {
    if (c == ',' || c == ';' || c == ' ' || c == '\n' || c == '[' || c == ']' || c == '"' || c == '\'') {
      if (!part.empty()) parts.push_back(part);
      part.clear();
    } else {
      part += c;
    }
  }
  return parts;
}

/// Why `text` as a list of origins opens the door; empty: it does not.
std::string WhyOpen(const std::string& text) {
  for (const std::string& part : Split(text)) {
    if (part == "*") return "it holds \"*\", every origin";
    if (part.find('*') != std::string::npos) return fmt::format("it holds \"{}\", which lists no origin", part);
    if (part == "null") return "it holds \"null\", the origin of every sandboxed page";
  }
  return {};
}

bool LooksLikeOrigin(const std::string& text) {
  const auto parts = Split(text);
  return std::any_of(parts.begin(), parts.end(),
                     [](const std::string& part) { return part.find("://") != std::string::npos; });
}

struct Finding {
  std::string what, file, actual;
  int line = 0;
};

/// What was seen of one set of files.
struct Seen {
  std::vector<Finding> findings;
  std::vector<std::string> unknown;
  std::set<std::string> variables;
  std::size_t uses = 0, origins = 0;
};

class Inspection {
 public:
  explicit Inspection(const std::vector<PythonFile>& files) : files_(files), resolver_(files) {}

  Seen Go() {
    const cors::Uses uses = cors::FindUses(files_);
    for (const Use& use : uses.found) Inspect(use);
    const cors::Headers headers = cors::FindHeaders(files_);
    for (const Header& header : headers.found) Inspect(header);
    for (const std::string& variable : seen_.variables) {
      const Resolved written = resolver_.WrittenTo(variable);
      seen_.unknown.insert(seen_.unknown.end(), written.unknown.begin(), written.unknown.end());
      for (const Value& value : written.values) {
        if (const std::string why = WhyOpen(value.text); !why.empty())
          Add(fmt::format("the code gives {} an unlisted origin", variable), value.file, value.line, why);
      }
    }
    seen_.unknown.insert(seen_.unknown.end(), uses.unknown.begin(), uses.unknown.end());
    seen_.unknown.insert(seen_.unknown.end(), headers.unknown.begin(), headers.unknown.end());
    return std::move(seen_);
  }

 private:
  void Add(const std::string& what, const std::string& file, int line, const std::string& actual) {
    seen_.findings.push_back({what, file, actual, line});
  }

  void Inspect(const Use& use) {
    ++seen_.uses;
    const std::string credentials = use.credentials ? ", with credentials" : "";
    if (use.origins.empty() && use.patterns.empty() && use.open_by_default)
      Add("every origin is allowed by default", use.file->path, use.line, "no origins are given" + credentials);
    if (use.unpacked && use.origins.empty())
      seen_.unknown.push_back(fmt::format("{}:{}: its arguments are unpacked", use.file->path, use.line));
    for (const PythonExpression& given : use.origins) {
      Resolved resolved = resolver_.Resolve(given, *use.file, use.line);
      Take(resolved);
      for (const Value& value : resolved.values) {
        if (LooksLikeOrigin(value.text)) ++seen_.origins;
        if (const std::string why = WhyOpen(value.text); !why.empty())
          Add("an unlisted origin is allowed", value.file, value.line,
              fmt::format("\"{}\": {}{}; it reaches {}:{}", value.text, why, credentials, use.file->path, use.line));
      }
    }
    for (const PythonExpression& given : use.patterns) InspectPattern(use, given, credentials);
  }

  void InspectPattern(const Use& use, const PythonExpression& given, const std::string& credentials) {
    Resolved resolved = resolver_.Resolve(given, *use.file, use.line);
    Take(resolved);
    for (const Value& value : resolved.values) {
      ++seen_.origins;
      std::vector<std::string> foreign(std::begin(kForeign), std::end(kForeign));
      for (std::string& origin : cors::LookAlikes(value.text)) foreign.push_back(std::move(origin));
      cors::Forged forged = cors::Forge(value.text);
      for (std::string& origin : forged.origins) foreign.push_back(std::move(origin));
      if (!forged.complete)
        seen_.unknown.push_back(fmt::format("{}:{}: what the pattern takes", value.file, value.line));
      const Result<Pattern> pattern = Pattern::CompileForeign(value.text);
      if (!pattern) {
        seen_.unknown.push_back(fmt::format("{}:{}: {}", value.file, value.line, pattern.error().actual));
        continue;
      }
      for (const std::string& origin : foreign) {
        if (!pattern->Matches(origin)) continue;
        Add("a pattern allows an unlisted origin", value.file, value.line,
            fmt::format("{} matches {}{}", value.text, origin, credentials));
        break;
      }
    }
  }

  void Inspect(const Header& header) {
    const Resolved resolved = resolver_.Resolve(header.value, *header.file, header.line);
    for (const Value& value : resolved.values) {
      if (const std::string why = WhyOpen(value.text); !why.empty())
        Add("Access-Control-Allow-Origin is set by hand", value.file, value.line, why);
    }
    if (SaysWhatTheRequestSays(header.value, *header.file, 0))
      return Add("Access-Control-Allow-Origin says what the request says", header.file->path, header.line,
                 cors::Show(header.value));
    for (const std::string& unknown : resolved.unknown)
      seen_.unknown.push_back("Access-Control-Allow-Origin is set by hand, to " + unknown);
  }

  /// Directly, or by a variable of the file.
  static bool SaysWhatTheRequestSays(const PythonExpression& value, const PythonFile& file, int depth) {
    const std::string source = value.dump();
    for (const char* word : {"request", "origin", "headers"}) {
      if (source.find(word) != std::string::npos) return true;
    }
    if (depth > 3 || value.value("kind", "") != "name") return false;
    return std::any_of(file.assignments.begin(), file.assignments.end(), [&](const PythonAssignment& one) {
      return one.target == value.value("name", "") && SaysWhatTheRequestSays(one.value, file, depth + 1);
    });
  }

  void Take(const Resolved& resolved) {
    seen_.variables.insert(resolved.variables.begin(), resolved.variables.end());
    seen_.unknown.insert(seen_.unknown.end(), resolved.unknown.begin(), resolved.unknown.end());
  }

  const std::vector<PythonFile>& files_;
  const Resolver resolver_;
  Seen seen_;
};

// Ours: a sound application, and what each fault replaces.
constexpr const char* kSound =
    "import os\nfrom fastapi.middleware.cors import CORSMiddleware\n\n\nclass Settings:\n    extra: list = "
    "[\"https://b.example.org\"]\n\n\n"
    "settings = Settings()\nlisted = [o.strip() for o in os.getenv(\"ORIGINS\", "
    "\"https://a.example.org\").split(\",\")]\n"
    "app.add_middleware(CORSMiddleware, allow_origins=listed + settings.extra, allow_credentials=True)\n";
constexpr std::pair<const char*, const char*> kPlanted[] = {
    {"listed + settings.extra", "[\"*\"]"},
    {"\"https://a.example.org\"", "\"*\""},
    {"[\"https://b.example.org\"]", "[\"https://b.example.org\", \"*\"]"},
    {"allow_origins=listed + settings.extra", "allow_origin_regex=\".*\""},
    {"allow_origins=listed + settings.extra", "allow_origin_regex=r\"https://.*example\\.org\""},
    {"allow_origins=listed + settings.extra", "allow_origin_regex=r\"https://[a-z]+\\.com\""},
    {"app.add_middleware", "listed.append(\"*\")\napp.add_middleware"},
    {"app.add_middleware", "setattr(settings, \"extra\", [\"*\"])\napp.add_middleware"},
    {"app.add_middleware", "os.environ[\"ORIGINS\"] = \"*\"\napp.add_middleware"}};

class Check {
 public:
  explicit Check(Context& context) : context_(context) {}

  Result<void> Run() {
    READINESS_ASSIGN(const std::vector<std::string> globs, context_.parameters.StringList("files"));
    READINESS_ASSIGN(minimum_, context_.parameters.Integer("minimum_middlewares"));
    READINESS_RETURN_IF_ERROR(RecordPlanted());
    READINESS_ASSIGN(const std::vector<SourceFile> files, context_.source_tree.Files(globs));
    std::vector<PythonSource> sources;
    for (const SourceFile& file : files) {
      READINESS_ASSIGN(std::string text, context_.source_tree.Read(file.path));
      sources.push_back({file.path, std::move(text)});
    }
    if (sources.empty()) return Fail(ErrorKind::kTarget, "no Python file was found: state where the code lies");
    READINESS_ASSIGN(const PythonReading reading, ReadPython(sources));
    for (const PythonFile& file : reading.files) {
      if (!file.parsed()) unparsed_.push_back(file.path + " does not parse");
    }
    seen_ = Inspection(reading.files).Go();
    READINESS_RETURN_IF_ERROR(InspectEnvironmentFiles());
    READINESS_RETURN_IF_ERROR(InspectManifests());
    READINESS_RETURN_IF_ERROR(InspectDockerfiles());
    READINESS_RETURN_IF_ERROR(InspectServers());
    Conclude(sources.size());
    return {};
  }

 private:
  Result<void> RecordPlanted() {
    std::vector<PythonSource> sources{{"ours.py", kSound}};
    for (const auto& [from, to] : kPlanted) {
      std::string text = kSound;
      const std::size_t at = text.find(from);
      if (at != std::string::npos) text.replace(at, std::string_view(from).size(), to);
      sources.push_back({"ours.py", std::move(text)});
    }
    READINESS_ASSIGN(const PythonReading reading, ReadPython(sources));
    std::size_t found = 0;
    bool sound = false;
    for (std::size_t i = 0; i < reading.files.size(); ++i) {
      const std::vector<PythonFile> one{reading.files[i]};
      const Seen seen = Inspection(one).Go();
      if (i == 0)
        sound = seen.findings.empty() && seen.unknown.empty() && seen.uses == 1 && seen.variables.contains("ORIGINS");
      else
        found += seen.findings.empty() ? 0 : 1;
    }
    context_.findings.AddControl({"wildcards_are_found",
                                  "wildcards planted in code of our own are found, and none in the sound one",
                                  sound && found == std::size(kPlanted),
                                  fmt::format("{} of {} found; the sound one {}", found, std::size(kPlanted),
                                              sound ? "is followed to the end" : "is not read right")});
    return {};
  }

  void CheckSetting(const std::string& name, const std::string& value, const std::string& file, int line) {
    if (!seen_.variables.contains(name)) return;
    ++settings_;
    if (LooksLikeOrigin(value)) ++seen_.origins;
    if (const std::string why = WhyOpen(value); !why.empty())
      seen_.findings.push_back({fmt::format("{} allows an unlisted origin", name), file, why, line});
  }

  Result<void> InspectEnvironmentFiles() {
    READINESS_ASSIGN(const std::vector<std::string> globs, context_.parameters.StringList("env_files"));
    READINESS_ASSIGN(const std::vector<SourceFile> files, context_.source_tree.Files(globs));
    for (const SourceFile& file : files) {
      READINESS_ASSIGN(const std::string text, context_.source_tree.Read(file.path));
      int line = 0;
      for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        std::string entry = text.substr(begin, end - begin);
        begin = end + 1;
        ++line;
        entry = Trimmed(entry);
        if (entry.starts_with("export ")) entry = Trimmed(entry.substr(7));
        const std::size_t equals = entry.find('=');
        if (equals == std::string::npos || entry.starts_with('#')) continue;
        std::string name = entry.substr(0, equals);
        while (name.ends_with(' ')) name.pop_back();
        std::string value = entry.substr(equals + 1);
        if (const std::size_t comment = value.find(" #"); comment != std::string::npos) value.resize(comment);
        CheckSetting(name, value, file.path, line);
      }
    }
    return {};
  }

  static std::string Trimmed(std::string text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
    text.erase(0, std::min(text.find_first_not_of(" \t"), text.size()));
    return text;
  }

  Result<void> InspectManifests() {
    READINESS_ASSIGN(const std::vector<std::string> globs, context_.parameters.StringList("manifests"));
    READINESS_ASSIGN(const std::vector<SourceFile> files, context_.source_tree.Files(globs));
    std::vector<std::pair<std::string, YamlNode>> all;
    for (const SourceFile& file : files) {
      READINESS_ASSIGN(const std::string text, context_.source_tree.Read(file.path));
      const Result<std::vector<YamlNode>> documents = ParseYaml(text, file.path);
      if (!documents) {
        NoteUnparsed(file.path, text, documents.error());
        continue;
      }
      for (const YamlNode& document : *documents) all.emplace_back(file.path, document);
    }
    // A variable may be fed from a ConfigMap's key of another name.
    for (const auto& [file, document] : all) NoteKeys(document);
    for (const auto& [file, document] : all) InspectNode(document, file);
    return {};
  }

  void NoteKeys(const YamlNode& node) {
    const std::string key = node.TextAt({"valueFrom", "configMapKeyRef", "key"});
    if (!key.empty() && seen_.variables.contains(node.TextAt({"name"}))) seen_.variables.insert(key);
    for (const auto& [name, value] : node.members) NoteKeys(value);
    for (const YamlNode& item : node.items) NoteKeys(item);
  }

  /// NAME=value in the text of a command.
  void InspectCommand(const std::string& text, const std::string& file, int line) {
    for (const std::string& variable : std::set<std::string>(seen_.variables)) {
      const std::string wanted = variable + "=";
      for (std::size_t at = variable.empty() ? std::string::npos : text.find(wanted); at != std::string::npos;
           at = text.find(wanted, at + 1)) {
        const char before = at == 0 ? ' ' : text[at - 1];
        if (before == '_' || std::isalnum(static_cast<unsigned char>(before)) != 0) continue;
        std::size_t begin = at + wanted.size();
        const char quote = begin < text.size() && (text[begin] == '"' || text[begin] == '\'') ? text[begin] : '\0';
        begin += quote != '\0' ? 1 : 0;
        const std::size_t end =
            std::min(quote != '\0' ? text.find(quote, begin) : text.find_first_of(" \t\n;&|\"'", begin), text.size());
        CheckSetting(variable, Default(text.substr(begin, end - begin)), file, line);
      }
    }
  }

  /// "Kg==" is "*".
  static std::string Decoded(const std::string& text) {
    static const std::string kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned value = 0, bits = 0;
    for (const char c : text) {
      const std::size_t digit = kDigits.find(c);
      if (digit == std::string::npos) continue;
      value = ((value << 6U) | static_cast<unsigned>(digit)) & 0xffffU;
      bits += 6;
      if (bits < 8) continue;
      bits -= 8;
      bytes += static_cast<char>((value >> bits) & 0xffU);
    }
    return bytes;
  }

  static bool NamesHeader(std::string key) {
    std::transform(key.begin(), key.end(), key.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return key.ends_with("cors-allow-origin") || key.ends_with("access-control-allow-origin");
  }

  /// What answers before the service does: proxies, and servers in other languages.
  Result<void> InspectServers() {
    READINESS_ASSIGN(const std::vector<std::string> globs, context_.parameters.StringList("servers"));
    READINESS_ASSIGN(const std::vector<SourceFile> files, context_.source_tree.Files(globs));
    for (const SourceFile& file : files) {
      READINESS_ASSIGN(const std::string text, context_.source_tree.Read(file.path));
      const bool imports =
          text.find("require(\"cors\")") != std::string::npos || text.find("require('cors')") != std::string::npos ||
          text.find("from \"cors\"") != std::string::npos || text.find("from 'cors'") != std::string::npos;
      int line = 0;
      for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        InspectServerLine(text.substr(begin, std::min<std::size_t>(end - begin, 4000)), imports, file.path, ++line);
        begin = end + 1;
      }
    }
    return {};
  }

  void InspectServerLine(const std::string& line, bool imports, const std::string& file, int number) {
    std::string lower = line;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::string bare = Trimmed(lower);
    if (bare.starts_with('#') || bare.starts_with("//")) return;
    const std::size_t header = lower.find("access-control-allow-origin");
    if (header != std::string::npos) {
      const std::string rest = lower.substr(header + std::string_view("access-control-allow-origin").size());
      if (rest.find('*') != std::string::npos || rest.find("origin") != std::string::npos)
        seen_.findings.push_back({"Access-Control-Allow-Origin is set by hand", file, Trimmed(line), number});
      else if (rest.find("://") == std::string::npos)
        unparsed_.push_back(fmt::format("{}:{} sets Access-Control-Allow-Origin", file, number));
    }
    const std::size_t call = imports ? lower.find("cors(") : std::string::npos;
    if (call == std::string::npos) return;
    if (lower.compare(call, 6, "cors()") == 0)
      seen_.findings.push_back({"every origin is allowed by default", file, Trimmed(line), number});
    else
      unparsed_.push_back(fmt::format("{}:{} uses cors, which is not followed", file, number));
  }

  /// What does not parse sets nothing; but nobody can say what it was meant to set.
  void NoteUnparsed(const std::string& path, const std::string& text, const Error& error) {
    for (const std::string& variable : seen_.variables) {
      if (text.find(variable) == std::string::npos) continue;
      unparsed_.push_back(fmt::format("{}:{} does not parse and mentions {}: {}", path,
                                      error.place ? error.place->line : 0, variable, error.Brief()));
      return;
    }
  }

  /// What the images set.
  Result<void> InspectDockerfiles() {
    READINESS_ASSIGN(const std::vector<std::string> globs, context_.parameters.StringList("dockerfiles"));
    READINESS_ASSIGN(const std::vector<SourceFile> files, context_.source_tree.Files(globs));
    for (const SourceFile& file : files) {
      READINESS_ASSIGN(const std::string text, context_.source_tree.Read(file.path));
      const Result<Dockerfile> parsed = ParseDockerfile(text, file.path);
      if (!parsed) {
        NoteUnparsed(file.path, text, parsed.error());
        continue;
      }
      for (const DockerStage& stage : parsed->stages) {
        for (const DockerInstruction& one : stage.instructions) {
          if (one.name == "ENV") InspectEnvironment(one, file.path);
          if (one.name == "CMD" || one.name == "ENTRYPOINT" || one.name == "RUN")
            InspectCommand(one.arguments, file.path, one.line);
        }
      }
    }
    return {};
  }

  void InspectEnvironment(const DockerInstruction& one, const std::string& file) {
    if (one.words.size() > 1 && one.words[0].find('=') == std::string::npos)
      return CheckSetting(one.words[0], one.words[1], file, one.line);
    for (const std::string& word : one.words) {
      const std::size_t equals = word.find('=');
      if (equals != std::string::npos) CheckSetting(word.substr(0, equals), word.substr(equals + 1), file, one.line);
    }
  }

  /// Wherever NAME: value, {name: NAME, value: ...} or "NAME=value" stands.
  void InspectNode(const YamlNode& node, const std::string& file) {
    if (const YamlNode* value = node.Find("value"); value != nullptr && value->IsScalar())
      CheckSetting(node.TextAt({node.Find("name") != nullptr ? "name" : "key"}), value->text, file, value->line);
    if (const YamlNode* encoded = node.Find("binaryData")) {
      for (const auto& [key, value] : encoded->members) CheckSetting(key, Decoded(value.text), file, value.line);
    }
    for (const auto& [key, value] : node.members) {
      if (value.IsScalar()) CheckSetting(key, Default(value.text), file, value.line);
      if (value.IsScalar()) InspectCommand(value.text, file, value.line);
      if (value.IsScalar() && NamesHeader(key)) {
        if (const std::string why = WhyOpen(value.text); !why.empty())
          seen_.findings.push_back({"a proxy allows an unlisted origin", file, why, value.line});
      }
      if (value.IsSequence() && seen_.variables.contains(key)) {
        for (const YamlNode& item : value.items) CheckSetting(key, item.text, file, item.line);
      }
      InspectNode(value, file);
    }
    for (const YamlNode& item : node.items) {
      const std::size_t equals = item.text.find('=');
      if (item.IsScalar() && equals != std::string::npos)
        CheckSetting(item.text.substr(0, equals), Default(item.text.substr(equals + 1)), file, item.line);
      if (item.IsScalar() && item.text.find_first_of(" \n") != std::string::npos)
        InspectCommand(item.text, file, item.line);
      InspectNode(item, file);
    }
  }

  /// What compose takes when the variable is not set: "${ORIGINS:-*}".
  static std::string Default(const std::string& text) {
    const std::size_t dash = text.find('-', text.find("${") == std::string::npos ? text.size() : text.find("${"));
    if (!text.starts_with("${") || dash == std::string::npos || !text.ends_with('}')) return text;
    return text.substr(dash + 1, text.size() - dash - 2);
  }

  void Conclude(std::size_t files) {
    for (const Finding& finding : seen_.findings) {
      context_.findings.AddViolation(
          {fmt::format("{}: {}:{}", finding.what, finding.file, finding.line),
           fmt::format("followed the origins given to the CORS middleware through {} files", files),
           "listed origins only", fmt::format("{}:{}: {}", finding.file, finding.line, finding.actual),
           "list the origins; refuse \"*\" at start"});
    }
    context_.findings.AddControl(
        {"middleware_was_found", fmt::format("at least {} uses of a CORS middleware with origins are found", minimum_),
         static_cast<std::int64_t>(seen_.uses) >= std::max<std::int64_t>(minimum_, 1) &&
             (seen_.origins > 0 || !seen_.findings.empty()),
         fmt::format("{} uses, {} lists of origins, {} settings of theirs", seen_.uses, seen_.origins, settings_)});
    std::vector<std::string> unknown = seen_.unknown;
    unknown.insert(unknown.end(), unparsed_.begin(), unparsed_.end());
    context_.findings.AddControl({"every_origin_is_decidable",
                                  "all origins were followed to literals or the environment", unknown.empty(),
                                  unknown.empty() ? "all were" : fmt::format("{}", fmt::join(unknown, "; "))});
    if (seen_.findings.empty() && seen_.uses > 0) {
      context_.findings.AddObservation(
          {"origins given to the CORS middleware",
           fmt::format("{} uses in {} files; {} lists of origins, fed by {}", seen_.uses, files, seen_.origins,
                       seen_.variables.empty() ? "no variable" : fmt::format("{}", fmt::join(seen_.variables, ", "))),
           {{"uses", seen_.uses}, {"origins", seen_.origins}}});
    }
  }

  Context& context_;
  std::int64_t minimum_ = 1;
  Seen seen_;
  std::vector<std::string> unparsed_;
  std::size_t settings_ = 0;
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(cors_origins_are_listed) {
  return readiness::probes::Check(context).Run();
}
