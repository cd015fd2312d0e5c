#include <fmt/format.h>

#include <algorithm>

#include "bench/parts.h"
#include "bench/shop.h"

namespace readiness::bench {
namespace {

constexpr int kExchanges = 200;

std::string HurlFile(const std::string& url, int exchanges) {
  std::string text;
  for (int i = 0; i < exchanges; ++i) {
    text += fmt::format("GET {}/health\nHTTP 200\n[Asserts]\njsonpath \"$.status\" == \"up\"\n\n", url);
  }
  return text;
}

// One after another, as one command for both sides.
Command Loop(const std::string& command) {
  return {{"sh", "-c",
           fmt::format("i=0; while [ $i -lt {} ]; do {} >/dev/null || exit 1; i=$((i+1)); done", kExchanges, command)}};
}

}  // namespace

Result<Part> MeasureHurl(const bench::Place& place) {
  Part part{"The same 200 exchanges by Hurl",
            "A GET with status and one field of the JSON answer checked, 200 times: as one item (scenario; it also "
            "keeps the 200 "
            "exchanges as evidence) against one .hurl file, and as 200 item processes against 200 hurl processes.",
            {},
            {}};
  if (!IsInPath("hurl")) {
    part.skipped = "hurl is not in PATH";
    return part;
  }
  const std::string one = place.folder + "/one";
  const std::string many = place.folder + "/many";
  READINESS_RETURN_IF_ERROR(WriteLongShop(one, kExchanges));
  READINESS_RETURN_IF_ERROR(WriteShop(many, kExchanges, ItemKind::kOneRequest));
  READINESS_RETURN_IF_ERROR(Run(ResolveShop(BENCH_TOOL, one)));
  READINESS_RETURN_IF_ERROR(Run(ResolveShop(BENCH_TOOL, many, one + "/state")));
  READINESS_ASSIGN(const ShopRun target, ShopRun::Up(BENCH_TOOL, one));
  const std::string whole_file = place.folder + "/all.hurl";
  const std::string single_file = place.folder + "/one.hurl";
  READINESS_RETURN_IF_ERROR(WriteText(whole_file, HurlFile(target.url(), kExchanges)));
  READINESS_RETURN_IF_ERROR(WriteText(single_file, HurlFile(target.url(), 1)));

  const int rounds = std::max(1, place.rounds / 3);
  READINESS_ASSIGN(const std::vector<Series> whole,
                   Interleave({RunItem(BENCH_TOOL, one, 0), {{"hurl", "--test", whole_file}}}, rounds));
  const auto add = [&part](const std::string& what, const Series& ours, const Series& hurl) {
    part.rows.push_back(
        {what + ": wall time", "ms", ours.wall_ms, "hurl", hurl.wall_ms, Ratios(ours.wall_ms, hurl.wall_ms), "x", {}});
    part.rows.push_back(
        {what + ": CPU time", "ms", ours.cpu_ms, "hurl", hurl.cpu_ms, Ratios(ours.cpu_ms, hurl.cpu_ms), "x", {}});
    part.rows.push_back({what + ": peak memory",
                         "MiB",
                         ours.peak_mib,
                         "hurl",
                         hurl.peak_mib,
                         Ratios(ours.peak_mib, hurl.peak_mib),
                         "x",
                         {}});
  };
  add("one item", whole[0], whole[1]);

  const std::string item = fmt::format("'{}' run '{}'/suite/items/I$i/item.json", BENCH_TOOL, many);
  const std::string hurl = fmt::format("hurl --test '{}' 2>/dev/null", single_file);
  READINESS_ASSIGN(const std::vector<Series> processes,
                   Interleave({Loop(item), Loop(hurl)}, std::max(1, place.rounds / 10)));
  add("200 processes", processes[0], processes[1]);
  return part;
}

}  // namespace readiness::bench
