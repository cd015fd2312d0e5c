// Measures what Readiness costs, against what the same work costs without it, and writes a table. It judges nothing:
// its exit code is 0 whatever the figures are, 1 when something could not be measured, 2 for a wrong command line.
//
//   readiness_bench --output <file> [--only <part>]... [--rounds <n>] [--keep]
//
// Parts: item, suites, scale, compose, hurl.

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>

#include "base/files.h"
#include "bench/parts.h"

namespace {

using namespace readiness;
using namespace readiness::bench;

struct Options {
  std::string output;
  std::vector<std::string> only;
  int rounds = 30;
  bool keep = false;
};

const std::vector<std::pair<std::string, Result<Part> (*)(const bench::Place&)>> kParts = {{"item", MeasureItem},
                                                                                           {"suites", MeasureSuites},
                                                                                           {"scale", MeasureScale},
                                                                                           {"compose", MeasureCompose},
                                                                                           {"hurl", MeasureHurl}};

int Usage() {
  fmt::print(stderr,
             "usage: readiness_bench --output <file> [--only item|suites|scale|compose|hurl]... [--rounds <1 to 1000>] "
             "[--keep]\n");
  return 2;
}

bool Parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--keep") {
      options.keep = true;
      continue;
    }
    if (++i >= argc) return false;
    const std::string value = argv[i];
    if (word == "--output") {
      options.output = value;
    } else if (word == "--only") {
      if (std::none_of(kParts.begin(), kParts.end(), [&](const auto& part) { return part.first == value; }))
        return false;
      options.only.push_back(value);
    } else if (word == "--rounds") {
      const auto parsed = std::from_chars(value.data(), value.data() + value.size(), options.rounds);
      if (parsed.ptr != value.data() + value.size() || options.rounds < 1 || options.rounds > 1000) return false;
    } else {
      return false;
    }
  }
  return !options.output.empty();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!Parse(argc, argv, options)) return Usage();
  char name[] = "/tmp/readiness-bench-XXXXXX";
  if (::mkdtemp(name) == nullptr) return Usage();
  const std::string folder = name;

  const std::vector<std::string> facts = MachineFacts();
  std::vector<Part> parts;
  int code = 0;
  for (const auto& [part, measure] : kParts) {
    if (!options.only.empty() && std::find(options.only.begin(), options.only.end(), part) == options.only.end())
      continue;
    fmt::print(stderr, "measuring: {}\n", part);
    const std::string place = folder + "/" + part;
    std::filesystem::create_directory(place);
    Result<Part> measured = measure({place, options.rounds});
    if (measured) {
      parts.push_back(std::move(*measured));
    } else {
      fmt::print(stderr, "{}", RenderError(measured.error()));
      parts.push_back({part, "", {}, measured.error().Brief()});
      code = 1;
    }
  }
  std::error_code ignored;
  if (!options.keep) std::filesystem::remove_all(folder, ignored);
  const std::string text = Render(facts, parts);
  fmt::print("{}", text);
  if (const auto written = WriteFileDurably(options.output, text); !written) {
    fmt::print(stderr, "{}", RenderError(written.error()));
    return 1;
  }
  fmt::print("\nwritten to {}\n", options.output);
  return code;
}
