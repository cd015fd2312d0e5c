#pragma once
// Values that occur nowhere else, planted where only their owner may see them. Whoever finds one elsewhere has found a
// leak, in whatever usual encoding it travels. Values only; no probe-wide state.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace readiness {

struct CanaryHit {
  std::string name;  ///< as given to Add: "notes of the owner's check-in"
  std::string form;  ///< how it was written: "plain", "percent-encoded", "base64", ...
  friend bool operator==(const CanaryHit&, const CanaryHit&) = default;
};

class Canaries {
 public:
  /// Plants `value` under `name`. Values under 6 bytes are ignored: they would be found by chance.
  void Add(std::string name, std::string value);
  bool empty() const { return canaries_.empty(); }
  std::size_t size() const { return canaries_.size(); }
  /// Which canaries occur in `text`: as they are, in other letter case, JSON- or HTML-escaped, percent-encoded, hex,
  /// base64 (both alphabets, at any offset), and any of these inside a gzip or zlib stream. Each canary once, with the
  /// first form found. Time is linear in the text for each canary; what a stream unpacks to is bounded.
  std::vector<CanaryHit> FindIn(std::string_view text) const;

 private:
  std::vector<std::pair<std::string, std::string>> canaries_;
};

/// "notes of the owner's check-in (base64), the owner's e-mail (plain)"; for messages. Never holds the values.
std::string Describe(const std::vector<CanaryHit>& hits);

}  // namespace readiness
