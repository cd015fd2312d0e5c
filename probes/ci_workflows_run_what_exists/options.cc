#include "options.h"

#include <algorithm>
#include <set>

#include "readiness/source_dockerfile.h"

namespace readiness::workflows {
namespace {

using Words = std::vector<std::string>;
using Names = std::set<std::string>;

struct Known {
  std::string letters;     ///< one-letter options without a value
  std::string with_value;  ///< and with one
  Names words;             ///< without a value, or with one behind "="
  Names words_with_value;
  std::vector<std::string> beginnings;  ///< of families of options, such as "--cov"
  std::string stop;                     ///< behind it stands what is handed on
};

const Known& OfPytest() {
  static const Known known{
      "qvsxl",
      "rnW",
      {"--verbose",
       "--quiet",
       "--exitfirst",
       "--lf",
       "--last-failed",
       "--ff",
       "--failed-first",
       "--nf",
       "--new-first",
       "--sw",
       "--stepwise",
       "--strict-markers",
       "--strict-config",
       "--strict",
       "--disable-warnings",
       "--disable-pytest-warnings",
       "--no-header",
       "--no-summary",
       "--showlocals",
       "--full-trace",
       "--forked",
       "--cache-clear",
       "--reuse-db",
       "--create-db",
       "--nomigrations",
       "--no-migrations",
       "--self-contained-html",
       "--doctest-modules",
       "--capture",
       "--no-cov",
       "--doctest-continue-on-failure"},
      {"--maxfail",   "--tb",           "--junitxml",     "--junit-xml", "--junit-prefix", "--dist",
       "--color",     "--import-mode",  "--numprocesses", "--ds",        "--asyncio-mode", "--basetemp",
       "--alluredir", "--show-capture", "--verbosity",    "--html",      "--css",          "--metadata",
       "--base-url",  "--browser",      "--splits",       "--group"},
      {"--cov", "--log-", "--timeout", "--reruns", "--durations", "--randomly-", "--random-order", "--benchmark-"},
      "--"};
  return known;
}

const Known& OfTox() {
  static const Known known{"qvrp",
                           "ecfs",
                           {"--verbose", "--quiet", "--recreate", "--parallel", "--skip-missing-interpreters",
                            "--no-error-on-missing-interpreters", "--error-on-missing-interpreters",
                            "--reuse-existing-virtualenvs", "--no-venv", "--forcecolor", "--colored", "--no-color"},
                           {"--sessions", "--session", "--python", "--workdir", "--conf", "--parallel-live"},
                           {},
                           "--"};
  return known;
}

const Known& OfUnittest() {
  static const Known known{"vqfbc",
                           "st",
                           {"--verbose", "--quiet", "--failfast", "--buffer", "--catch", "--locals"},
                           {"--start-directory", "--top-level-directory"},
                           {},
                           ""};
  return known;
}

/// Is a word an option that is known? `at` is moved to its value.
bool IsKnown(const Words& words, std::size_t& at, const Known& known) {
  const std::string& word = words[at];
  if (word.starts_with("--")) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (known.words_with_value.contains(name)) {
      at += equals == std::string::npos ? 1 : 0;
      return true;
    }
    const bool family = std::any_of(known.beginnings.begin(), known.beginnings.end(),
                                    [&](const std::string& begin) { return name.starts_with(begin); });
    // Some of a family take a value and some do not: what follows is no option then, and taken for a path else.
    return known.words.contains(name) || family;
  }
  for (std::size_t i = 1; i < word.size(); ++i) {
    if (known.with_value.find(word[i]) != std::string::npos) {
      at += i + 1 == word.size() ? 1 : 0;
      return true;
    }
    if (known.letters.find(word[i]) == std::string::npos) return false;
  }
  return word.size() > 1;
}

/// "tests" and "tests/slow": does the first hold the second, which is not the first itself?
bool IsBelow(const std::string& folder, const std::string& path) {
  return path.size() > folder.size() + 1 && path.starts_with(folder) && path[folder.size()] == '/';
}

/// Options that choose among the tests, in a way that leaves some.
bool ChoosesSome(const Words& words, std::size_t& at) {
  const std::string& word = words[at];
  const std::size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const bool apart = equals == std::string::npos;
  const std::string value = !apart ? word.substr(equals + 1) : at + 1 < words.size() ? words[at + 1] : std::string();
  // When no test has the mark, pytest ends with an error.
  if (name == "-m" && apart) {
    ++at;
    return true;
  }
  if (name == "-p" && apart) {
    ++at;
    return value == "no:cacheprovider" || value == "no:warnings" || value == "no:randomly" || value == "xdist";
  }
  if (name == "-c" || name == "--rootdir" || name == "--confcutdir") {
    at += apart ? 1 : 0;
    return !value.empty() && value[0] != '/' && value.find_first_of("$`") == std::string::npos;
  }
  if (name != "--ignore") return false;
  at += apart ? 1 : 0;
  return std::any_of(words.begin() + 1, words.end(), [&](const std::string& path) { return IsBelow(path, value); });
}

std::string Unusual(const Words& words, const Known& known, bool chooses) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.empty()) continue;
    if (!known.stop.empty() && word == known.stop) {
      return &known == &OfTox() ? UnusualPytestOption([&] {
        std::string rest;
        for (std::size_t k = i + 1; k < words.size(); ++k) rest += words[k] + " ";
        return rest;
      }())
                                : std::string();
    }
    // What a variable holds may be an option.
    if (word[0] == '$' || word[0] == '`') return word;
    if (word[0] != '-' || (chooses && ChoosesSome(words, i)) || IsKnown(words, i, known)) continue;
    return word;
  }
  return {};
}

}  // namespace

std::string UnusualOption(const std::vector<std::string>& words) {
  if (words.empty()) return {};
  const std::string program = words[0].substr(words[0].rfind('/') == std::string::npos ? 0 : words[0].rfind('/') + 1);
  if (program == "pytest" || program == "py.test") return Unusual(words, OfPytest(), true);
  if (program == "tox" || program == "nox") {
    static const Names kCommands{"run", "r", "run-parallel", "p"};
    const bool command = words.size() > 1 && words[1][0] != '-' && program == "tox";
    if (command && !kCommands.contains(words[1])) return words[1];
    return Unusual(words, OfTox(), false);
  }
  if (program != "unittest") return {};
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    const bool pattern = words[i] == "-p" || words[i] == "--pattern";
    if (!pattern) continue;
    const std::string& value = words[i + 1];
    if (value != "test*.py" && value != "test_*.py" && value != "*_test.py" && value != "*test*.py") return words[i];
    Words without = words;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i),
                  without.begin() + static_cast<std::ptrdiff_t>(i) + 2);
    return UnusualOption(without);
  }
  return Unusual(words, OfUnittest(), false);
}

std::string UnusualPytestOption(const std::string& options) {
  Words words{"pytest"};
  for (std::string& word : SplitShellWords(options)) words.push_back(std::move(word));
  return Unusual(words, OfPytest(), true);
}

}  // namespace readiness::workflows
