#include "language/markup.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace readiness::language {
namespace {

constexpr std::size_t kLongestTag = 4096;
constexpr std::size_t kLongestEntity = 32;

struct Entity {
  std::string_view name;
  char32_t code;
};
constexpr std::array kEntities = {Entity{"amp", U'&'},          Entity{"lt", U'<'},
                                  Entity{"gt", U'>'},           Entity{"quot", U'"'},
                                  Entity{"apos", U'\''},        Entity{"nbsp", U'\u00a0'},
                                  Entity{"shy", U'\u00ad'},     Entity{"zwnj", U'\u200c'},
                                  Entity{"zwj", U'\u200d'},     Entity{"ensp", U'\u2002'},
                                  Entity{"emsp", U'\u2003'},    Entity{"thinsp", U'\u2009'},
                                  Entity{"ndash", U'\u2013'},   Entity{"mdash", U'\u2014'},
                                  Entity{"hyphen", U'\u2010'},  Entity{"lsquo", U'\u2018'},
                                  Entity{"rsquo", U'\u2019'},   Entity{"ldquo", U'\u201c'},
                                  Entity{"rdquo", U'\u201d'},   Entity{"hellip", U'\u2026'},
                                  Entity{"Tab", U'\t'},         Entity{"NewLine", U'\n'},
                                  Entity{"lrm", U'\u200e'},     Entity{"rlm", U'\u200f'},
                                  Entity{"NoBreak", U'\u2060'}, Entity{"ZeroWidthSpace", U'\u200b'}};

// Elements that do not begin a line of their own; any other tag ends the word before it.
constexpr std::array<std::string_view, 33> kInline = {
    "a",     "abbr", "acronym", "b",      "bdi", "bdo",   "big",  "cite", "code", "del", "dfn",
    "em",    "font", "i",       "ins",    "kbd", "label", "mark", "nobr", "q",    "s",   "samp",
    "small", "span", "strike",  "strong", "sub", "sup",   "time", "tt",   "u",    "var", "wbr"};

bool IsAsciiLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The end of the tag or comment that begins at `at`, behind its ">"; `at` when there is none.
std::size_t EndOfTag(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size()) return at;
  const char next = text[at + 1];
  if (!IsAsciiLetter(next) && next != '/' && next != '!' && next != '?') return at;
  const bool comment = text.compare(at, 4, "<!--") == 0;
  const std::string_view within = text.substr(at, kLongestTag);
  const std::size_t end = within.find(comment ? "-->" : ">");
  return end == std::string_view::npos ? at : at + end + (comment ? 3 : 1);
}

/// Does a word go on behind `tag`?
bool IsInline(std::string_view tag) {
  if (tag.starts_with("<!--")) return true;
  tag.remove_prefix(tag.starts_with("</") ? 2 : 1);
  std::string name;
  for (const char c : tag) {
    if (!IsAsciiLetter(c) && (c < '0' || c > '9')) break;
    name += static_cast<char>(c | 0x20);
  }
  return std::find(kInline.begin(), kInline.end(), name) != kInline.end();
}

/// The character of the entity that begins at `at`, with its bytes; end == at when there is none.
Character EntityAt(std::string_view text, std::size_t at) {
  const Character none{0, at, at};
  const std::size_t length = text.substr(at, kLongestEntity).find(';');
  if (length == std::string_view::npos) return none;
  std::string_view name = text.substr(at + 1, length - 1);
  if (name.starts_with('#')) {
    name.remove_prefix(1);
    const bool hex = name.starts_with('x') || name.starts_with('X');
    if (hex) name.remove_prefix(1);
    std::uint32_t code = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), code, hex ? 16 : 10);
    const bool whole = parsed.ec == std::errc() && parsed.ptr == name.data() + name.size();
    const bool scalar = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return whole && scalar ? Character{code, at, at + length + 1} : none;
  }
  const auto* found =
      std::find_if(kEntities.begin(), kEntities.end(), [&](const Entity& entity) { return entity.name == name; });
  return found == kEntities.end() ? none : Character{found->code, at, at + length + 1};
}

/// Marks of emphasis that Markdown knows inside of words too; "_" is none of them.
bool IsEmphasis(char c) {
  return c == '*' || c == '`' || c == '~';
}

}  // namespace

std::vector<Character> WithoutMarkup(std::string_view text) {
  std::vector<Character> characters;
  characters.reserve(text.size());
  std::vector<std::string_view> tags;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '<') {
      const std::size_t end = EndOfTag(text, at);
      if (end != at) {
        const std::string_view tag = text.substr(at, end - at);
        if (!IsInline(tag)) characters.push_back({U'\n', at, end});
        tags.push_back(tag);
        at = end;
        continue;
      }
    } else if (text[at] == '&') {
      const Character entity = EntityAt(text, at);
      if (entity.end != at) {
        characters.push_back(entity);
        at = entity.end;
        continue;
      }
    } else if (IsEmphasis(text[at])) {
      ++at;
      continue;
    }
    characters.push_back(DecodeNext(text, at));
  }
  for (const std::string_view tag : tags) {
    const auto begin = static_cast<std::size_t>(tag.data() - text.data());
    characters.push_back({kBreak, begin, begin});
    for (std::size_t at = begin; at < begin + tag.size();) {
      const Character entity = text[at] == '&' ? EntityAt(text, at) : Character{0, at, at};
      if (entity.end != at) at = entity.end;
      characters.push_back(entity.code != 0 ? entity : DecodeNext(text, at));
    }
  }
  return characters;
}

}  // namespace readiness::language
