#pragma once
// Values that occur nowhere else, planted where only their owner may see them. Whoever finds one elsewhere has found a
// leak, in whatever usual encoding it travels. Values only; no probe-wide state.

#include <string>
#include <string_view>
#include <vector>

namespace readiness {

struct CanaryHit {
  std::string name;  ///< as given to Add: "notes of the owner's check-in"
  std::string form;  ///< how it was written: "plain", "percent-encoded", "base64", "plain in gzip", ...
  friend bool operator==(const CanaryHit&, const CanaryHit&) = default;
};

class Canaries {
 public:
  /// Plants `value` under `name`. Values under 6 bytes are ignored: they would be found by chance.
  void Add(std::string name, std::string value);
  /// Plants `value` likewise, and its first and last 12 characters: for values that are random from end to end, of
  /// which a preview or a part is a leak too. Values of less than 16 characters are planted as by Add.
  void AddWithEnds(std::string name, std::string value);
  bool empty() const { return names_.empty(); }
  std::size_t size() const { return names_.size(); }
  /// Which canaries occur in `text`: as they are, in other letter case, JSON- or HTML-escaped, percent-encoded, hex,
  /// base64 (both alphabets, at any offset), and any of these inside a gzip or zlib stream, also one in base64. Each
  /// canary once, with the first form found, in the order of Add. Time is linear in the text and hardly grows with the
  /// number of canaries; what streams unpack to is bounded (16 streams, 8 MiB in all).
  std::vector<CanaryHit> FindIn(std::string_view text) const;

 private:
  struct Form {
    std::size_t canary = 0;
    std::string name;
    std::string text;    // in lower case unless exact
    bool exact = false;  // letter case counts
  };
  std::vector<std::string> names_;
  std::vector<Form> forms_;
};

/// "notes of the owner's check-in (base64), the owner's e-mail (plain)"; for messages. Never holds the values.
std::string Describe(const std::vector<CanaryHit>& hits);

}  // namespace readiness
