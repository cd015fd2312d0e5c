#pragma once
// The parts of the benchmark. Each works in a folder of its own, leaves nothing running, and fails only when it could
// not measure. One thread.

#include <string>

#include "bench/table.h"

namespace readiness::bench {

struct Place {
  std::string folder;  ///< empty, exists
  int rounds = 0;      ///< how often what is short is run; what is long is run less
};

/// An item with one request against a bare curl process.
Result<Part> MeasureItem(const bench::Place& place);
/// `ctest -j2` over the bundled suites: what share of the time is ours.
Result<Part> MeasureSuites(const bench::Place& place);
/// 10,000 items: build step, configure, `ctest -N`, one item, reports.
Result<Part> MeasureScale(const bench::Place& place);
/// compose engine against the commands typed by hand.
Result<Part> MeasureCompose(const bench::Place& place);
/// 200 exchanges against Hurl.
Result<Part> MeasureHurl(const bench::Place& place);

}  // namespace readiness::bench
