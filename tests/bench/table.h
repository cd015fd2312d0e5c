#pragma once
// What the benchmark found: rows of figures, facts of the machine, and how both are printed. Values.

#include <optional>
#include <string>
#include <vector>

#include "bench/measure.h"

namespace readiness::bench {

/// One line of the table. Samples are shown as "median (min to max)".
struct Row {
  std::string what;
  std::string unit;  ///< of `ours` and `other`
  Samples ours;
  std::string against;  ///< what `other` is
  Samples other;
  std::optional<Samples> compared;  ///< differences or ratios; what the goal is about, else `ours`
  std::string compared_unit;
  std::optional<double> goal;  ///< at most
};

struct Part {
  std::string title;
  std::string method;  ///< what was done, in one or two sentences
  std::vector<Row> rows;
  std::string skipped;  ///< why nothing was measured; empty: it was
};

/// "processors 2 x AMD ..., Linux 6.1, load before 0.3, Readiness 0.1.0, CMake 3.25.1, 2026-11-20T10:00:00Z"
std::vector<std::string> MachineFacts();

/// As text that is also Markdown.
std::string Render(const std::vector<std::string>& facts, const std::vector<Part>& parts);

}  // namespace readiness::bench
