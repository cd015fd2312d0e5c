#include "report/shown.h"

#include <fmt/format.h>

#include "base/text.h"

namespace readiness {
namespace {

// Length of the UTF-8 sequence that `text` starts with, and its code point; a stray byte counts as one character.
std::size_t Decode(std::string_view text, char32_t& code_point) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (length > text.size()) {
    code_point = first;
    return 1;
  }
  code_point = length == 1 ? first : first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i)
    code_point = (code_point << 6) | (static_cast<unsigned char>(text[i]) & 0x3F);
  return length;
}

std::size_t Columns(char32_t c) {
  const bool combining = (c >= 0x300 && c <= 0x36F) || (c >= 0x1AB0 && c <= 0x1AFF) || (c >= 0x20D0 && c <= 0x20FF) ||
                         (c >= 0x200B && c <= 0x200D) || (c >= 0xFE00 && c <= 0xFE0F);
  if (combining) return 0;
  const bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
                    (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                    (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
  return wide ? 2 : 1;
}

}  // namespace

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    char32_t c = 0;
    text.remove_prefix(Decode(text, c));
    width += Columns(c);
  }
  return width;
}

std::string Fit(std::string_view text, std::size_t width) {
  const std::size_t full = DisplayWidth(text);
  if (full <= width) return std::string(text) + std::string(width - full, ' ');
  if (width == 0) return {};
  std::string cut;
  std::size_t used = 0;
  while (!text.empty()) {
    char32_t c = 0;
    const std::size_t length = Decode(text, c);
    if (used + Columns(c) > width - 1) break;
    used += Columns(c);
    cut += text.substr(0, length);
    text.remove_prefix(length);
  }
  return cut + "\xE2\x80\xA6" + std::string(width - 1 - used, ' ');
}

std::string ShortPath(const std::string& path, const std::string& folder) {
  if (folder.empty()) return path;
  const std::string prefix = folder.back() == '/' ? folder : folder + '/';
  return path.size() > prefix.size() && path.compare(0, prefix.size(), prefix) == 0 ? path.substr(prefix.size()) : path;
}

std::string Block(std::string_view foreign, std::size_t indent, std::size_t max_bytes, std::size_t max_lines) {
  const std::string printable = Printable(foreign, max_bytes);
  std::string block;
  std::size_t lines = 1;
  for (std::size_t i = 0; i < printable.size(); ++i) {
    const char c = printable[i];
    if (c == '\t') {
      block += "  ";
    } else if (c != '\n') {
      block += c;
    } else if (printable.find_first_not_of("\n\t ", i) == std::string::npos) {
      break;
    } else if (++lines > max_lines) {
      block += " [more lines not shown]";
      break;
    } else {
      block += '\n' + std::string(indent, ' ');
    }
  }
  return block;
}

}  // namespace readiness
