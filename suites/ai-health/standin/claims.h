#pragma once
// The claim policy: which words a statement about somebody's health may and must contain, by the grade of its evidence
// or the level of its confidence, and what counts as advice. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace readiness::ai_health {

enum class Grade { kA, kB, kC, kD };

const char* ToString(Grade grade);
/// Nothing for anything but "A" to "D".
std::optional<Grade> ParseGrade(std::string_view text);

/// What the numbers behind a statement are worth.
Grade GradeOf(double confidence, int points, double coverage, double effect);

inline constexpr int kLowestLevel = 1;
inline constexpr int kHighestLevel = 5;

/// The level of a confidence from 0 to 1; none given counts as the lowest.
int LevelOf(std::optional<double> confidence);

/// How forbidden words are recognised, and which there are. The defaults are what a sound policy does.
struct ClaimRules {
  bool fold = true;                 ///< false: compared as written
  bool whole_words = true;          ///< false: found inside other words, too
  bool ends_at_punctuation = true;  ///< false: only blanks separate words
  bool joins_lines = true;          ///< false: a phrase must stand on one line
  bool synonyms = true;             ///< false: only the words listed for the grade or level
  bool levels = true;               ///< false: levels permit everything
  bool own_lexicon = true;          ///< false: every grade has the lexicon of A
};

/// What in `text` violates the policy, in words; nothing: it is allowed.
std::vector<std::string> CheckGrade(std::string_view text, Grade grade, const ClaimRules& rules = {});
std::vector<std::string> CheckLevel(std::string_view text, int level, const ClaimRules& rules = {});

/// What `text` claims beyond what `grade` allows. Unlike CheckGrade it demands nothing: for texts that explain a
/// statement rather than make one.
std::vector<std::string> CheckOverclaiming(std::string_view text, Grade grade, const ClaimRules& rules = {});

/// Treatment advice in `text`: what to take, stop or change, and doses.
std::vector<std::string> CheckAdvice(std::string_view text);

}  // namespace readiness::ai_health
