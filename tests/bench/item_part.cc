#include <fmt/format.h>

#include "bench/parts.h"
#include "bench/shop.h"

namespace readiness::bench {

Result<Part> MeasureItem(const bench::Place& place) {
  const std::string shop = place.folder + "/shop";
  READINESS_RETURN_IF_ERROR(WriteShop(shop, 1, ItemKind::kOneRequest));
  READINESS_RETURN_IF_ERROR(Run(ResolveShop(BENCH_TOOL, shop)));
  READINESS_ASSIGN(const ShopRun target, ShopRun::Up(BENCH_TOOL, shop));

  READINESS_ASSIGN(const std::vector<Series> series, Interleave({RunItem(BENCH_TOOL, shop, 0),
                                                                 {{"curl", "-sS", "--fail", target.url() + "/health"}},
                                                                 {{BENCH_TOOL, "--version"}},
                                                                 {{"true"}}},
                                                                place.rounds));
  const Series &item = series[0], &curl = series[1], &start = series[2], &nothing = series[3];
  Part part{"An item with one request",
            fmt::format(
                "The item's process, from its start to its record, against a curl process with the same request to the "
                "same server. {} pairs.",
                place.rounds),
            {},
            {}};
  part.rows.push_back(
      {"wall time", "ms", item.wall_ms, "curl", curl.wall_ms, Differences(item.wall_ms, curl.wall_ms), "ms more", 8.0});
  part.rows.push_back(
      {"CPU time", "ms", item.cpu_ms, "curl", curl.cpu_ms, Differences(item.cpu_ms, curl.cpu_ms), "ms more", {}});
  part.rows.push_back({"of this, loading and starting the tool: CPU time",
                       "ms",
                       start.cpu_ms,
                       "item",
                       item.cpu_ms,
                       Ratios(start.cpu_ms, item.cpu_ms),
                       "x",
                       {}});
  part.rows.push_back({"peak memory", "MiB", item.peak_mib, "curl", curl.peak_mib, {}, "", 20.0});
  part.rows.push_back({"(floor of this measurement)", "MiB", nothing.peak_mib, "", {}, {}, "", {}});
  return part;
}

}  // namespace readiness::bench
