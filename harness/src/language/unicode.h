#pragma once
// What the finder needs to know of single characters. The adapter to ICU: nothing else includes it. Any thread.

#include <cstddef>
#include <string>
#include <string_view>

namespace readiness::language {

/// One code point of UTF-8 text with the bytes [begin, end) that it stands for.
struct Character {
  char32_t code = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// What is not UTF-8 becomes U+FFFD, one for each byte or broken sequence. Advances `at`. Requires: at < text.size().
Character DecodeNext(std::string_view text, std::size_t& at);

std::string Encode(std::u32string_view codes);

/// Invisible, or of no meaning within a word: soft hyphens, zero-width and direction marks, variation selectors,
/// control characters, replacement characters.
bool IsIgnorable(char32_t code);
bool IsSpace(char32_t code);
/// A letter or digit.
bool IsWordCharacter(char32_t code);
bool IsLowerCase(char32_t code);
/// Any hyphen or dash.
bool IsDash(char32_t code);

/// `code` in its plainest form: compatibility forms resolved, without combining marks, in lower case, and as the Latin
/// letter that it looks like. Empty for a mark.
std::u32string Fold(char32_t code);

}  // namespace readiness::language
