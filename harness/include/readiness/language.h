#pragma once
// Finds phrases in text that people read, however they are written: in any letter case, in full width or other
// compatibility forms, with accents, in look-alike letters of other scripts, with invisible characters or markup inside
// words, over line breaks. It knows spelling, not meaning: no inflection, no negation. Hostile text is bounded. Values
// only; any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "readiness/result.h"

namespace readiness {

/// Where a phrase was found: bytes [begin, end) of the text that was searched.
struct PhraseHit {
  std::string phrase;  ///< as given to PhraseFinder::Make
  std::size_t begin = 0;
  std::size_t end = 0;
  friend bool operator==(const PhraseHit&, const PhraseHit&) = default;
};

inline constexpr std::size_t kMaxSearchedText = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxPhrases = 1000;
inline constexpr std::size_t kMaxPhraseHits = 1000;

class PhraseFinder {
 public:
  /// Errors: kDefinition (none, too many, or one in which there is no word).
  static Result<PhraseFinder> Make(const std::vector<std::string>& phrases);

  /// Every place where a phrase stands as whole words, by position; at most kMaxPhraseHits. Words of a phrase may be
  /// apart by white space, hyphens, slashes and quotes, but not by the end of a sentence or clause. What stands inside
  /// of an HTML tag is searched by itself. Errors: kLimit (longer than kMaxSearchedText).
  Result<std::vector<PhraseHit>> FindIn(std::string_view text) const;

 private:
  struct Phrase {
    std::string text;
    std::vector<std::u32string> words;
  };
  std::vector<Phrase> phrases_;
};

/// The words of `text` as they are compared, with one space between: "ＣＡＵＳＥＳ\u200b it" is "causes it".
std::string FoldText(std::string_view text);

}  // namespace readiness
