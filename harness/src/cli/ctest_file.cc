#include "cli/ctest_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace readiness {
namespace {

// How much longer than the item's own deadline CTest waits: the harness ends the item itself and writes a record.
constexpr int kOuterMarginSeconds = 15;

// `text` as a bracket argument whose brackets it cannot close.
std::string Quote(const std::string& text) {
  std::string equals = "=";
  while (text.find("]" + equals + "]") != std::string::npos || text.ends_with("]" + equals)) equals += "=";
  const std::string newline = text.starts_with('\n') ? "\n" : "";
  return fmt::format("[{}[{}{}]{}]", equals, newline, text, equals);
}

// A list element: CMake splits at semicolons whatever the quoting.
std::string Labels(const std::vector<std::string>& labels) {
  return Quote(fmt::format("{}", fmt::join(labels, ";")));
}

std::string ItemTest(const ResolveOptions& options, const Item& item) {
  const std::string name = options.name + "." + item.id;
  const auto seconds = (item.timeout.count() + 999) / 1000 + kOuterMarginSeconds;
  std::string text = fmt::format("add_test({} {} run --owned {})\n", Quote(name), Quote(options.tool),
                                 Quote(options.suite_directory + "/items/" + item.id + "/item.json"));
  text += fmt::format(
      "set_tests_properties({} PROPERTIES\n  LABELS {}\n  FIXTURES_REQUIRED {}\n  SKIP_RETURN_CODE 77\n  TIMEOUT {}",
      Quote(name), Labels({"readiness", options.name, item.severity, item.probe, item.category}),
      Quote("readiness_" + options.target_name), seconds);
  if (item.isolation == Isolation::kExclusive) text += "\n  RUN_SERIAL TRUE";
  for (std::size_t i = 0; i + 1 < options.properties.size(); i += 2) {
    text += fmt::format("\n  {} {}", Quote(options.properties[i]), Quote(options.properties[i + 1]));
  }
  return text + ")\n";
}

}  // namespace

std::string WriteCTestFile(const ResolveOptions& options, const std::vector<Item>& items) {
  std::string text = "# Written by Readiness when the project was built. Do not edit.\n";
  std::vector<std::string> names;
  for (const Item& item : items) {
    text += ItemTest(options, item);
    names.push_back(options.name + "." + item.id);
  }
  const std::string report = options.name + ".report";
  text += fmt::format("add_test({} {} report --owned --suite-directory {})\n", Quote(report), Quote(options.tool),
                      Quote(options.suite_directory));
  text += fmt::format("set_tests_properties({} PROPERTIES\n  LABELS {}\n  DEPENDS {})\n", Quote(report),
                      Labels({"readiness", options.name, "report"}), Labels(names));
  return text;
}

std::string WriteEpilogueFile(const ResolveOptions& options) {
  // CTest splits the command as a shell would, within double quotes.
  const auto quoted = [](const std::string& word) {
    std::string text = "\"";
    for (const char c : word) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    return text + "\"";
  };
  const std::string command =
      fmt::format("{} report --if-own --suite-directory {}", quoted(options.tool), quoted(options.suite_directory));
  return fmt::format(
      "# Written by Readiness when the project was built. Do not edit.\nlist(APPEND CTEST_CUSTOM_POST_TEST {})\n",
      Quote(command));
}

}  // namespace readiness
