#pragma once
// What a probe reports: controls, observations and violations. It never reports an outcome; the judge concludes one
// from these (src/judge). Not thread-safe: one item process, one thread of the probe.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace readiness {

using Json = nlohmann::json;

/// The positive half of a check: the same thing done legitimately. `id` is one of the controls declared in probe.json;
/// an item whose declared controls are not all recorded and satisfied can never pass. A probe may record further ones,
/// which have to be satisfied too.
struct Control {
  std::string id;
  std::string statement;  ///< what should hold, as a sentence
  bool satisfied = false;
  std::string seen;  ///< what was seen, as a sentence
};

/// Something that was looked at and was as it has to be. `what` says what was looked at.
struct Observation {
  std::string what;
  std::string seen;
  Json detail = Json::object();
};

/// Something that was seen and must not be. All five texts are shown to people in this order.
struct Violation {
  std::string what;  ///< headline, lower case: "sync ran for a user without consent"
  std::string did;
  std::string expected;
  std::string actual;
  std::string fix;
};

/// Collects what one run of a probe saw.
class Findings {
 public:
  void AddControl(Control control) { controls_.push_back(std::move(control)); }
  void AddObservation(Observation observation) { observations_.push_back(std::move(observation)); }
  void AddViolation(Violation violation) { violations_.push_back(std::move(violation)); }

  const std::vector<Control>& controls() const { return controls_; }
  const std::vector<Observation>& observations() const { return observations_; }
  const std::vector<Violation>& violations() const { return violations_; }

 private:
  std::vector<Control> controls_;
  std::vector<Observation> observations_;
  std::vector<Violation> violations_;
};

}  // namespace readiness
