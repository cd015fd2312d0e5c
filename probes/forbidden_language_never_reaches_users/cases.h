#pragma once
// What the language model is made to say: sentences with a forbidden phrase in every field and disguise, and replies
// that are no proper replies at all. Generated from the item's parameters; nothing here talks to anybody.

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "readiness/doubles.h"

namespace readiness::probes::forbidden_language {

/// What the item says of the replies.
struct Wording {
  std::vector<std::pair<std::string, std::string>> fields;  ///< name -> a sentence that may be shown, with ${marker}
  std::vector<std::string> forbidden;
  std::vector<std::string> advice;
  std::vector<std::string> disguises;
  std::string claim;   ///< a sentence with ${phrase} and ${marker} for forbidden phrases
  std::string demand;  ///< likewise for advice
  std::chrono::milliseconds slow{0};
};

struct Case {
  std::string name;
  std::string marker;  ///< occurs in what the model says and nowhere else
  ModelReply reply;
};

/// Names that `disguises` may hold.
const std::vector<std::string>& KnownDisguises();

/// `phrase` (ASCII) as it is written under `disguise`, which is a known one.
std::string Disguised(const std::string& phrase, const std::string& disguise);

/// Makes replies and markers. The markers of two Writers differ.
class Writer {
 public:
  explicit Writer(Wording wording);

  /// A reply that keeps to the rules. `markers` gets one per field.
  ModelReply Compliant(std::vector<std::string>& markers);
  /// Every adversarial reply. Those after which a target may stop asking for a while come last.
  std::vector<Case> Cases();

 private:
  std::string NextMarker();
  std::string Sentence(std::size_t phrase, const std::string& disguise, const std::string& marker) const;
  /// A proper reply but for `value` in field number `field`.
  Json Reply(std::size_t field, const Json& value, const std::string& marker) const;
  void AddPhrases(std::vector<Case>& cases);
  void AddDisguises(std::vector<Case>& cases);
  void AddShapes(std::vector<Case>& cases);
  void AddFailures(std::vector<Case>& cases);

  const Wording wording_;
  std::string unique_;
  int markers_ = 0;
};

}  // namespace readiness::probes::forbidden_language
