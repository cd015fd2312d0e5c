#pragma once
// Insights in the words of a language model. The model is asked only when ENABLE_LLM_TRANSLATION is "true", within
// bounds, and believed in nothing: a reply that is not what was asked for, that claims more than the evidence allows or
// that gives advice is dropped, and the deterministic text stands. Any thread; a Translator belongs to one.

#include <chrono>
#include <string>

#include "app.h"
#include "claims.h"
#include "standin/json.h"

namespace readiness::ai_health {

/// What is checked in a model's reply. The defaults are what a sound system checks.
struct Guard {
  bool explanation = true;
  bool uncertainty = true;
  bool suggested_next_step = true;
  bool advice = true;
  bool types = true;            ///< false: whatever JSON the three members hold is taken
  bool other_scripts = true;    ///< false: a text with other letters than English ones is taken unread
  bool drops_invisible = true;  ///< false: invisible characters separate words, as blanks do
  ClaimRules words;
};

/// The three members of the reply `content`, if they are worth showing at `grade`. Errors: kMalformed (not a JSON
/// object of three texts), kRefused (violates the claim policy; names member and word, never the text).
Result<standin::Json> AcceptTranslation(const std::string& content, Grade grade, const Guard& guard = {});

/// Whether models are asked at all.
bool TranslationEnabled(const App& app);

/// Asks the model about `insight`, an item of the feed, and returns the content of its reply, unjudged. Errors:
/// kTarget, kTimeout, kLimit, kMalformed.
Result<std::string> AskModel(const Settings& settings, const standin::Json& insight, Grade grade,
                             std::chrono::milliseconds timeout);

/// Translates the items of one feed; asks no more once the model has kept it waiting.
class Translator {
 public:
  explicit Translator(App& app) : app_(app) {}

  /// Lays the model's words over the texts of `item`, which stays as it is when there are none to trust. Errors: never
  /// in a sound system.
  Result<void> Apply(standin::Json& item, Grade grade);

 private:
  Result<void> ApplyContent(standin::Json& item, const std::string& content, Grade grade);
  Guard GuardFor(const standin::Json& item);

  App& app_;
  std::chrono::milliseconds left_{4'000};
};

}  // namespace readiness::ai_health
