#pragma once
// Text as a reader takes it, whatever it is written with: letter case, compatibility forms, accents, invisible
// characters, look-alikes of other scripts and markup are folded away. The only file pair that knows ICU. Any thread.

#include <string>
#include <string_view>

namespace readiness::ai_health {

/// The words of `text`, each surrounded by blanks: " sleep improves with rest ". Letters spelt out one by one count
/// as a word too. Look-alikes are mapped to one representative, so only two folded texts can be compared.
std::string FoldedWords(std::string_view text);

/// As FoldedWords, of what is left when tags and emphasis marks are taken out of `text`.
std::string FoldedWordsWithoutMarkup(std::string_view text);

}  // namespace readiness::ai_health
