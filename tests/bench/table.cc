#include "bench/table.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>

#include "base/files.h"
#include "base/text.h"

namespace readiness::bench {
namespace {

std::string Number(double value) {
  if (value >= 1000 || value <= -1000) return fmt::format("{:.0f}", value);
  if (value >= 100 || value <= -100) return fmt::format("{:.1f}", value);
  return fmt::format("{:.2f}", value);
}

std::string Shown(const Samples& samples, const std::string& unit) {
  if (samples.empty()) return "";
  const std::string suffix = unit.empty() ? "" : " " + unit;
  if (samples.values().size() == 1) return Number(samples.Median()) + suffix;
  return fmt::format("{}{} ({} to {})", Number(samples.Median()), suffix, Number(samples.Min()), Number(samples.Max()));
}

std::string Standing(const Row& row) {
  if (!row.goal) return "";
  const Samples& judged = row.compared ? *row.compared : row.ours;
  const std::string unit = row.compared ? row.compared_unit : row.unit;
  return fmt::format("{} (at most {:g}{}{})", judged.Median() <= *row.goal ? "held" : "MISSED", *row.goal,
                     unit.empty() ? "" : " ", unit);
}

// Value of the first line of `text` that begins with `key`, behind its colon.
std::string Field(const std::string& text, const std::string& key) {
  const std::size_t line = text.find(key);
  if (line == std::string::npos) return "unknown";
  const std::size_t colon = text.find(':', line);
  const std::size_t end = text.find('\n', line);
  if (colon == std::string::npos || colon > end) return "unknown";
  const std::size_t begin = text.find_first_not_of(" \t", colon + 1);
  return begin < end ? text.substr(begin, end - begin) : "unknown";
}

std::string FirstLine(const std::vector<std::string>& words) {
  const auto run = Run({words, "", {0}, std::chrono::seconds(20)});
  return run ? Printable(run->output.substr(0, run->output.find('\n')), 200) : "unknown";
}

}  // namespace

std::vector<std::string> MachineFacts() {
  utsname kernel{};
  ::uname(&kernel);
  const auto cpu = ReadFile("/proc/cpuinfo");
  const auto memory = ReadFile("/proc/meminfo");
  const auto load = ReadFile("/proc/loadavg");
  return {
      fmt::format("date        {}", UtcNow()),
      fmt::format("processors  {} x {}", ::sysconf(_SC_NPROCESSORS_ONLN),
                  Field(cpu.value_or(std::string()), "model name")),
      fmt::format("memory      {}", Field(memory.value_or(std::string()), "MemTotal")),
      fmt::format("kernel      {} {}", kernel.sysname, kernel.release),
      fmt::format("load before {}", load ? load->substr(0, load->find('\n')) : "unknown"),
      fmt::format("readiness   {}, compiled with {}", READINESS_VERSION, READINESS_BENCH_FLAGS),
      fmt::format("tools       {}; {}", FirstLine({CTEST_PROGRAM, "--version"}), FirstLine({"curl", "--version"})),
  };
}

std::string Render(const std::vector<std::string>& facts, const std::vector<Part>& parts) {
  std::string text = "# What Readiness costs\n\n";
  for (const std::string& fact : facts) text += "    " + fact + "\n";
  text += "\nFigures are medians, with (min to max). What is compared was run in turn, and is compared pair by pair.\n";
  for (const Part& part : parts) {
    text += fmt::format("\n## {}\n\n{}\n", part.title, part.method);
    if (!part.skipped.empty()) text += fmt::format("\nNot measured: {}\n", part.skipped);
    if (part.rows.empty()) continue;
    text += "\n| what | Readiness | against | | compared | goal |\n|---|---|---|---|---|---|\n";
    for (const Row& row : part.rows) {
      text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", row.what, Shown(row.ours, row.unit), row.against,
                          Shown(row.other, row.unit),
                          row.compared ? Shown(*row.compared, row.compared_unit) : std::string(), Standing(row));
    }
  }
  return text;
}

}  // namespace readiness::bench
