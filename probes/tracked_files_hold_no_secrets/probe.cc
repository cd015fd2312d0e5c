#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "readiness/source_dockerfile.h"
#include "readiness/source_glob.h"
#include "readiness/source_python.h"
#include "readiness/source_yaml.h"
#include "search.h"
#include "texts.h"
#include "values.h"

namespace readiness::probes {
namespace {

using secrets::Fault;
using secrets::Placeholders;
using secrets::Seen;

// Ours: nothing in these is a secret of anybody's.
constexpr const char* kSoundYaml =
    "services:\n  web:\n    environment:\n      JWT_SECRET: ${JWT_SECRET:?must be set}\n---\nkind: Deployment\nspec:\n "
    " env:\n"
    "  - name: API_KEY\n    valueFrom: {secretKeyRef: {name: web, key: API_KEY}}\n";
constexpr const char* kYaml[] = {
    "kind: Secret\nstringData:\n  JWT_SECRET: change-me\n", "env:\n- name: API_KEY\n  value: abcdef\n",
    "environment:\n  JWT_SECRET: ${JWT_SECRET:-change-me}\n", "environment:\n- DB_PASSWORD=hunter\n",
    "data:\n  DATABASE_URL: postgres://me:hunter@db/x\n"};
constexpr const char* kSoundPython =
    "import os\nJWT_SECRET = os.environ[\"JWT_SECRET\"]\nkey = os.getenv(\"API_KEY\")\n";
constexpr const char* kPython[] = {"JWT_SECRET = \"hunter\"\n",
                                   "import os\nx = os.getenv(\"JWT_SECRET\", \"hunter\")\n",
                                   "import os\nx = os.environ.get(\"JWT_SECRET\") or \"hunter\"\n",
                                   "import jwt\nx = jwt.decode(y, \"hunter\")\n",
                                   "connect(password=\"hunter\")\n",
                                   "def connect(api_key=\"hunter\"):\n    return api_key\n"};

constexpr const char* kSoundText =
    "export API_KEY=\"$1\"\npassword = input()\nAPI_KEY=your-key-here\n-----BEGIN PRIVATE KEY-----\n"
    "postgresql://user:password@localhost/db\n";
constexpr std::pair<const char*, const char*> kTexts[] = {
    {"a.sh", "PGPASSWORD=hunter pg_dump\n"},
    {"a.ini", "password = hunter\n"},
    {"a.json", "{\"dbPassword\": \"vR8nq2Lx5KdW\"}\n"},
    {"a.ipynb", "\"DB_PASSWORD=vR8nq2Lx5KdW\\n\"\n"},
    {"a", "postgresql://me:hunter@db/x\n"},
    {"a", "-----BEGIN EC PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIMDqtckAYMnAqQOrJ46F\n"}};

// Bytes of text that are searched in all.
constexpr std::int64_t kMostText = 512 * 1024 * 1024;
constexpr std::int64_t kLongFile = 4 * 1024 * 1024;
constexpr std::int64_t kMostLong = 256 * 1024 * 1024;  // of long files in all
constexpr std::size_t kPart = 1024 * 1024;
constexpr std::size_t kOverlap = 4096;

class Check {
 public:
  explicit Check(Context& context) : context_(context) {}

  Result<void> Run() {
    READINESS_RETURN_IF_ERROR(CheckGlobs());
    READINESS_RETURN_IF_ERROR(RecordPlanted());
    READINESS_RETURN_IF_ERROR(SearchManifests());
    READINESS_RETURN_IF_ERROR(SearchVariableFiles());
    READINESS_RETURN_IF_ERROR(SearchCode());
    READINESS_RETURN_IF_ERROR(SearchDockerfiles());
    READINESS_RETURN_IF_ERROR(SearchTexts());
    READINESS_RETURN_IF_ERROR(CompareNames());
    Conclude();
    return {};
  }

 private:
  Result<void> RecordPlanted() {
    std::size_t found = 0;
    bool sound = true;
    const auto in_yaml = [&](const char* text) -> Result<std::size_t> {
      Seen seen;
      READINESS_ASSIGN(const std::vector<YamlNode> documents, ParseYaml(text, "ours"));
      for (const YamlNode& document : documents) secrets::SearchManifest(document, "ours", seen);
      return seen.faults.size();
    };
    READINESS_ASSIGN(const std::size_t yaml, in_yaml(kSoundYaml));
    for (const char* text : kYaml) {
      READINESS_ASSIGN(const std::size_t count, in_yaml(text));
      found += count > 0 ? 1 : 0;
    }
    std::vector<PythonSource> sources{{"ours.py", kSoundPython}};
    for (const char* text : kPython) sources.push_back({"ours.py", text});
    READINESS_ASSIGN(const PythonReading reading, ReadPython(sources));
    for (std::size_t i = 0; i < reading.files.size(); ++i) {
      Seen seen;
      secrets::SearchPython(reading.files[i], seen);
      if (i == 0)
        sound = seen.faults.empty() && seen.read.size() == 2 && yaml == 0;
      else
        found += seen.faults.empty() ? 0 : 1;
    }
    Seen seen;
    secrets::SearchVariables("API_KEY=\nTOKEN=<yours>\nJWT_SECRET=change-me\n# PASSWORD=x\n", "ours", true, seen);
    secrets::SearchPairs(kSoundText, "ours.sh", false, seen);
    READINESS_RETURN_IF_ERROR(secrets::SearchForms(kSoundText, "ours", Placeholders::kQuiet, seen));
    sound = sound && seen.faults.empty();
    secrets::SearchVariables("API_KEY=abcdef\n", "ours", true, seen);
    found += seen.faults.empty() ? 0 : 1;
    for (const auto& [file, text] : kTexts) {
      Seen in_text;
      secrets::SearchPairs(text, file, false, in_text);
      READINESS_RETURN_IF_ERROR(secrets::SearchForms(text, file, Placeholders::kQuiet, in_text));
      found += in_text.faults.empty() ? 0 : 1;
    }
    const std::size_t all = std::size(kYaml) + std::size(kPython) + std::size(kTexts) + 1;
    context_.findings.AddControl(
        {"secrets_are_found", "credentials planted in texts of our own are found, and none in the sound ones",
         sound && found == all,
         fmt::format("{} of {} found; the sound ones are {}", found, all, sound ? "quiet" : "not")});
    return {};
  }

  /// Globs that leave nothing to be looked at.
  Result<void> CheckGlobs() {
    const auto refuse = [&](const char* parameter, const std::string& why) {
      return Fail({ErrorKind::kDefinition, fmt::format("parameter {} leaves nothing to be judged", parameter),
                   std::nullopt, "globs of some files", why, "state narrower globs"});
    };
    READINESS_ASSIGN(const std::vector<std::string> texts, context_.parameters.StringList("texts"));
    READINESS_ASSIGN(const std::vector<std::string> tests, context_.parameters.StringList("tests"));
    READINESS_ASSIGN(const std::vector<std::string> examples, context_.parameters.StringList("examples"));
    if (texts.empty()) return refuse("texts", "none");
    for (const char* path : {"src/settings.py", "settings.yaml", "deploy/app.ini"}) {
      if (MatchesAnyGlob(tests, path)) return refuse("tests", fmt::format("{} would be a test", path));
    }
    for (const char* path : {".env", "deploy/.env.production", "settings.env"}) {
      if (MatchesAnyGlob(examples, path)) return refuse("examples", fmt::format("{} would be an example", path));
    }
    return {};
  }

  Result<std::vector<SourceFile>> FilesOf(const char* parameter) {
    READINESS_ASSIGN(const std::vector<std::string> globs, context_.parameters.StringList(parameter));
    return context_.source_tree.Files(globs);
  }

  Result<void> SearchManifests() {
    READINESS_ASSIGN(const std::vector<SourceFile> files, FilesOf("manifests"));
    for (const SourceFile& file : files) {
      READINESS_ASSIGN(const std::string text, context_.source_tree.Read(file.path));
      const Result<std::vector<YamlNode>> documents = ParseYaml(text, file.path);
      if (!documents) {
        NoteUnparsed(file.path, text, documents.error());
        continue;
      }
      bool workflow = false;
      for (const YamlNode& document : *documents) {
        secrets::SearchManifest(document, file.path, seen_);
        workflow = workflow || document.Find("jobs") != nullptr;
        if (document.IsMapping()) ++documents_;
      }
      special_.emplace(file.path, workflow ? Placeholders::kQuiet : Placeholders::kCount);
    }
    return {};
  }

  /// Nobody applies what does not parse, so it hands nothing over; but it may hold a secret.
  void NoteUnparsed(const std::string& path, const std::string& text, const Error& error) {
    if (secrets::MentionsSecret(text))
      undecided_.push_back(fmt::format("{}:{} does not parse and mentions secrets: {}", path,
                                       error.place ? error.place->line : 0, error.Brief()));
  }

  Result<void> SearchVariableFiles() {
    READINESS_ASSIGN(const std::vector<std::string> examples, context_.parameters.StringList("examples"));
    READINESS_ASSIGN(const std::vector<SourceFile> files, FilesOf("env_files"));
    for (const SourceFile& file : files) {
      READINESS_ASSIGN(const std::string text, context_.source_tree.Read(file.path));
      const bool example = MatchesAnyGlob(examples, file.path);
      secrets::SearchVariables(text, file.path, example, seen_);
      special_.emplace(file.path, example ? Placeholders::kQuiet : Placeholders::kCount);
    }
    return {};
  }

  Result<void> SearchCode() {
    READINESS_ASSIGN(const std::vector<SourceFile> files, FilesOf("code"));
    std::vector<PythonSource> sources;
    for (const SourceFile& file : files) {
      READINESS_ASSIGN(std::string text, context_.source_tree.Read(file.path));
      sources.push_back({file.path, std::move(text)});
      special_.emplace(file.path, Placeholders::kCount);
    }
    READINESS_ASSIGN(const PythonReading reading, ReadPython(sources));
    for (const PythonFile& file : reading.files) {
      if (!file.parsed()) {
        return Fail({ErrorKind::kMalformed,
                     fmt::format("{} does not parse", file.path),
                     Place{file.path, file.problems.front().line, 0},
                     "code that can be searched",
                     fmt::format("line {}: {}", file.problems.front().line, file.problems.front().message),
                     {}});
      }
      secrets::SearchPython(file, seen_);
      names_ += file.names > 0 ? 1 : 0;
    }
    return {};
  }

  Result<void> SearchDockerfiles() {
    READINESS_ASSIGN(const std::vector<SourceFile> files, FilesOf("dockerfiles"));
    for (const SourceFile& file : files) {
      READINESS_ASSIGN(const std::string text, context_.source_tree.Read(file.path));
      const Result<Dockerfile> dockerfile = ParseDockerfile(text, file.path);
      if (!dockerfile) {
        NoteUnparsed(file.path, text, dockerfile.error());
        continue;
      }
      secrets::SearchDockerfile(*dockerfile, seen_);
      special_.emplace(file.path, Placeholders::kCount);
    }
    return {};
  }

  /// Whatever is text, also what was parsed: comments hold secrets, too.
  Result<void> SearchTexts() {
    READINESS_ASSIGN(const std::vector<std::string> tests, context_.parameters.StringList("tests"));
    READINESS_ASSIGN(const std::vector<SourceFile> files, FilesOf("texts"));
    std::int64_t bytes = 0;
    for (const SourceFile& file : files) {
      const bool test = MatchesAnyGlob(tests, file.path);
      if (file.bytes > kLongFile) {
        READINESS_RETURN_IF_ERROR(SearchLongFile(file, test));
        continue;
      }
      bytes += file.bytes;
      if (bytes > kMostText) {
        return Fail({ErrorKind::kLimit, "there is too much text to search", std::nullopt,
                     fmt::format("at most {} bytes", kMostText), fmt::format("more up to {}", file.path),
                     "state narrower globs for texts"});
      }
      READINESS_ASSIGN(std::string text, context_.source_tree.Read(file.path));
      READINESS_RETURN_IF_ERROR(SearchText(std::move(text), file.path, test));
      // What is committed next is what is staged, whatever the disk holds meanwhile.
      READINESS_ASSIGN(std::optional<std::string> staged, context_.source_tree.ReadStaged(file.path));
      if (staged) READINESS_RETURN_IF_ERROR(SearchStaged(std::move(*staged), file.path, test));
    }
    return NoteUnreadable();
  }

  Result<void> SearchText(std::string bytes, const std::string& path, bool test) {
    const secrets::Readable readable = secrets::AsReadable(std::move(bytes));
    texts_ += readable.binary ? 0 : 1;
    const auto special = special_.find(path);
    const Placeholders placeholders = special != special_.end() ? special->second : Placeholders::kQuiet;
    READINESS_RETURN_IF_ERROR(secrets::SearchForms(readable.text, path, placeholders, forms_));
    if (!readable.binary) secrets::SearchPairs(readable.text, path, test, forms_);
    return {};
  }

  /// The same ways as for what lies on the disk.
  Result<void> SearchStaged(std::string text, const std::string& path, bool test) {
    READINESS_ASSIGN(const std::vector<std::string> examples, context_.parameters.StringList("examples"));
    READINESS_ASSIGN(const std::vector<std::string> variables, context_.parameters.StringList("env_files"));
    READINESS_ASSIGN(const std::vector<std::string> manifests, context_.parameters.StringList("manifests"));
    if (MatchesAnyGlob(variables, path)) secrets::SearchVariables(text, path, MatchesAnyGlob(examples, path), forms_);
    if (MatchesAnyGlob(manifests, path)) {
      const Result<std::vector<YamlNode>> documents = ParseYaml(text, path);
      Seen staged;
      for (const YamlNode& document : documents ? *documents : std::vector<YamlNode>())
        secrets::SearchManifest(document, path, staged);
      forms_.faults.insert(forms_.faults.end(), staged.faults.begin(), staged.faults.end());
    }
    if (path.ends_with(".py")) {
      READINESS_ASSIGN(const PythonReading reading, ReadPython({{path, text}}));
      Seen staged;
      if (reading.files.front().parsed()) secrets::SearchPython(reading.files.front(), staged);
      forms_.faults.insert(forms_.faults.end(), staged.faults.begin(), staged.faults.end());
    }
    return SearchText(std::move(text), path, test);
  }

  /// In parts that overlap.
  Result<void> SearchLongFile(const SourceFile& file, bool test) {
    long_bytes_ += file.bytes;
    if (long_bytes_ > kMostLong) {
      unread_.push_back(file.path);
      return {};
    }
    for (std::int64_t at = 0; at < file.bytes; at += static_cast<std::int64_t>(kPart - kOverlap)) {
      READINESS_ASSIGN(std::string part, context_.source_tree.ReadPart(file.path, at, kPart));
      READINESS_RETURN_IF_ERROR(SearchText(std::move(part), file.path, test));
    }
    return {};
  }

  Result<void> NoteUnreadable() {
    READINESS_ASSIGN(const std::vector<std::string> globs, context_.parameters.StringList("texts"));
    READINESS_ASSIGN(const std::vector<std::string> paths, context_.source_tree.Unreadable());
    for (const std::string& path : paths) {
      if (MatchesAnyGlob(globs, path) || MatchesAnyGlob(globs, path + "/x")) unread_.push_back(path);
    }
    unread_.insert(unread_.end(), seen_.unread.begin(), seen_.unread.end());
    unread_.insert(unread_.end(), forms_.unread.begin(), forms_.unread.end());
    undecided_.insert(undecided_.end(), seen_.undecided.begin(), seen_.undecided.end());
    return {};
  }

  Result<void> CompareNames() {
    READINESS_ASSIGN(const bool expected, context_.parameters.Boolean("expected"));
    READINESS_ASSIGN(const std::vector<std::string> elsewhere, context_.parameters.StringList("handed_over_elsewhere"));
    // The names of what is handed over whole are the Secret's keys, as far as the tree tells them.
    std::vector<std::string> open;
    for (const std::string& secret : seen_.in_bulk) {
      const auto keys = seen_.keys.find(secret);
      if (keys != seen_.keys.end()) seen_.handed_over.insert(keys->second.begin(), keys->second.end());
      if (keys == seen_.keys.end() || seen_.open.contains(secret)) open.push_back(secret);
    }
    if (expected && seen_.handed_over.empty() && open.empty() && undecided_.empty())
      mismatches_.push_back({"there is no secrets management", "no manifest hands a secret over"});
    if (expected && seen_.read.empty())
      mismatches_.push_back({"there is no secrets management", "no code reads a secret"});
    for (const std::string& name : seen_.handed_over) {
      if (secrets::NamesSecret(name) && !seen_.read.contains(name))
        mismatches_.push_back({"a secret is handed over that no code reads", name});
    }
    for (const std::string& name : seen_.demanded) {
      const bool other = std::find(elsewhere.begin(), elsewhere.end(), name) != elsewhere.end();
      if (other || seen_.handed_over.contains(name)) continue;
      if (!open.empty())
        undecided_.push_back(fmt::format("whether {} comes from Secret {}, whose keys are not in the tree", name,
                                         fmt::join(open, ", ")));
      else if (undecided_.empty())
        mismatches_.push_back({"the code reads a secret that nothing hands over", name});
    }
    return {};
  }

  void Conclude() {
    std::set<std::pair<std::string, int>> placed;
    for (const Seen* seen : {&seen_, &forms_}) {
      for (const Fault& fault : seen->faults) {
        if (!placed.emplace(fault.file, fault.line).second || placed.size() > 60) continue;
        context_.findings.AddViolation(
            {fmt::format("{}: {}:{}", fault.what, fault.file, fault.line), fmt::format("read {}", fault.file),
             "a reference to a secret store, or nothing",
             fmt::format("{}:{}: {} (the value is not shown)", fault.file, fault.line, fault.name),
             "refer to the secret by name, and replace the one that was committed"});
      }
    }
    for (const auto& [what, name] : mismatches_)
      context_.findings.AddViolation(
          {fmt::format("{}: {}", what, name),
           "compared the secrets that the manifests hand over with those that the code reads",
           "the same names on both sides", name, "correct the name"});
    const bool faulty = !placed.empty() || !mismatches_.empty();
    context_.findings.AddControl({"files_were_read", "manifests and Python files were read",
                                  documents_ > 0 && names_ > 0,
                                  fmt::format("{} documents, {} Python files", documents_, names_)});
    context_.findings.AddControl(
        {"secrets_are_in_use", "the code reads secrets, and the manifests hand some over",
         faulty || !undecided_.empty() || (!seen_.read.empty() && !seen_.handed_over.empty()),
         fmt::format("{} are read, {} are handed over", seen_.read.size(), seen_.handed_over.size())});
    context_.findings.AddControl({"manifests_are_decidable",
                                  "what the manifests hold and hand over can be told from the tree", undecided_.empty(),
                                  undecided_.empty() ? "it can" : fmt::format("{}", fmt::join(undecided_, "; "))});
    const std::size_t shown = std::min<std::size_t>(unread_.size(), 20);
    context_.findings.AddControl(
        {"every_text_was_read", "what is tracked could be read and searched", unread_.empty(),
         unread_.empty()
             ? "it could"
             : fmt::format("{} could not: {}", unread_.size(),
                           fmt::join(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(shown), ", "))});
    if (!faulty) {
      context_.findings.AddObservation(
          {"credentials in tracked files",
           fmt::format("none in {} texts, of them {} documents and {} Python files", texts_, documents_, names_),
           {}});
      context_.findings.AddObservation(
          {"names of secrets", fmt::format("{} are handed over and read", fmt::join(seen_.read, ", ")), {}});
    }
  }

  Context& context_;
  Seen seen_, forms_;
  std::vector<std::pair<std::string, std::string>> mismatches_;
  std::vector<std::string> undecided_;
  std::map<std::string, Placeholders> special_;  // files that were parsed, and what placeholders count for there
  std::size_t documents_ = 0, names_ = 0, texts_ = 0;
  std::vector<std::string> unread_;
  std::int64_t long_bytes_ = 0;
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(tracked_files_hold_no_secrets) {
  return readiness::probes::Check(context).Run();
}
