#pragma once
// Origins out of a pattern's own language, and which of them nobody has listed. Pure.

#include <string>
#include <vector>

namespace readiness::cors {

struct Forged {
  std::vector<std::string> origins;  ///< that the pattern means, of hosts that anybody may register
  bool complete = true;              ///< every part of the pattern was understood
};

/// Walks through the pattern's alternatives, and writes letters where it takes any. An origin counts when what is
/// registered of its host, such as "example.org" or "me.vercel.app", is not written out in the pattern.
Forged Forge(const std::string& pattern);

}  // namespace readiness::cors
