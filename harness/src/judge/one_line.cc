#include "judge/one_line.h"

#include "base/text.h"

namespace readiness {

std::string OneLine(std::string_view foreign, std::size_t max_bytes) {
  const std::string printable = Printable(foreign, max_bytes);
  std::string line;
  line.reserve(printable.size());
  for (const char c : printable) {
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace readiness
