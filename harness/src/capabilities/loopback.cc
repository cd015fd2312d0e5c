#include "capabilities/loopback.h"

#include <string_view>

#include "base/text.h"

namespace readiness {

bool IsFirstLoopback(const std::string& url) {
  std::string_view rest = url;
  const std::size_t scheme = rest.find("://");
  if (scheme == std::string_view::npos) return false;
  rest.remove_prefix(scheme + 3);
  return rest.substr(0, rest.find_first_of(":/?#")) == "127.0.0.1";
}

std::string LoopbackAddress(const std::string& seed) {
  const std::string hash = Sha256Hex(seed);
  const auto byte = [&](std::size_t index, unsigned values) {
    return std::stoul(hash.substr(index * 4, 4), nullptr, 16) % values;
  };
  return "127." + std::to_string(1 + byte(0, 254)) + "." + std::to_string(byte(1, 256)) + "." +
         std::to_string(1 + byte(2, 254));
}

}  // namespace readiness
