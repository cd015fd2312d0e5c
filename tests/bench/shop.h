#pragma once
// What the benchmark audits: a shop whose one service answers everything at once, with as many items as wanted. And the
// tool's commands on it, as CMake would call them. One thread; a ShopRun ends its target when it ends.

#include <string>

#include "bench/measure.h"

namespace readiness::bench {

enum class ItemKind {
  kOneRequest,  ///< probe answers_once, which only the benchmark's own tool has
  kExchange,    ///< probe scenario: one control, one attempt
};

/// Writes target.json, local.json and suite.json with `items` items I0, I1, ... into `folder`.
Result<void> WriteShop(const std::string& folder, int items, ItemKind kind);
/// As WriteShop, with one item whose scenario has `exchanges` exchanges, half of them controls.
Result<void> WriteLongShop(const std::string& folder, int exchanges);

/// The build step: resolves `folder`/suite.json into `folder`/suite, for the target state in `folder`/state or `state`.
Command ResolveShop(const std::string& tool, const std::string& folder, const std::string& state = {});
/// One item, by hand.
Command RunItem(const std::string& tool, const std::string& folder, int item);

/// The shop of `folder`, up under a lease.
class ShopRun {
 public:
  static Result<ShopRun> Up(const std::string& tool, const std::string& folder);
  ShopRun(ShopRun&& other) noexcept;
  ShopRun& operator=(ShopRun&&) = delete;
  ~ShopRun();
  const std::string& url() const { return url_; }

 private:
  ShopRun(std::string tool, std::string state) : tool_(std::move(tool)), state_(std::move(state)) {}
  std::string tool_;
  std::string state_;  // empty: moved from
  std::string url_;
};

/// CMakeLists.txt of a project that takes the tool as it is and has the calls `calls`.
std::string ProjectWithTool(const std::string& calls);
Result<void> WriteText(const std::string& file, const std::string& text);
/// `cmake -S <folder> -B <folder>/build`
Command Configure(const std::string& folder);

}  // namespace readiness::bench
