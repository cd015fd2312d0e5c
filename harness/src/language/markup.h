#pragma once
// Takes HTML and Markdown out of a text as a browser would, but loses nothing: what stands inside of tags comes at the
// end, apart from the rest. Linear in the text. Any thread.

#include <string_view>
#include <vector>

#include "language/unicode.h"

namespace readiness::language {

/// Between parts of a text that do not belong together: no phrase spans it. A noncharacter, so no text holds it.
inline constexpr char32_t kBreak = U'\ufdd0';

/// The characters of `text` without tags, comments, emphasis marks, with entities resolved. Tags that end a line become
/// a line end.
std::vector<Character> WithoutMarkup(std::string_view text);

}  // namespace readiness::language
