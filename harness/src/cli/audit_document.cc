#include "cli/audit_document.h"

#include <fmt/format.h>

#include <set>
#include <sstream>

#include "base/text.h"

namespace readiness {
namespace {

bool LooksLikeItem(const std::string& line) {
  const auto starts = [&](const char* prefix) { return line.starts_with(prefix); };
  if (starts("### ") || starts("#### ") || starts("- ") || starts("* ")) return true;
  const auto digits = line.find_first_not_of("0123456789");
  return digits != 0 && digits != std::string::npos && line.compare(digits, 2, ". ") == 0;
}

}  // namespace

std::string NormaliseLine(const std::string& text) {
  std::string out;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

AuditComparison CompareWithAudit(const Suite& suite, const std::string& document) {
  std::vector<std::string> lines;
  std::multimap<std::string, int> by_digest;
  std::istringstream stream(document);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(NormaliseLine(line));
    by_digest.emplace(Sha256Hex(lines.back()), static_cast<int>(lines.size()));
  }

  AuditComparison comparison;
  std::set<int> covered;
  for (const Item& item : suite.items) {
    const int line = item.source.line;
    const bool exists = line >= 1 && line <= static_cast<int>(lines.size());
    if (exists && Sha256Hex(lines[static_cast<std::size_t>(line) - 1]) == item.source.sha256) {
      covered.insert(line);
      continue;
    }
    if (const auto found = by_digest.find(item.source.sha256); found != by_digest.end()) {
      covered.insert(found->second);
      comparison.moved.push_back(fmt::format("{}: line {} is now line {}", item.id, line, found->second));
    } else if (exists) {
      comparison.changed.push_back(fmt::format("{}: line {} says something else: \"{}\" (its sha256 is {})", item.id,
                                               line, Printable(lines[static_cast<std::size_t>(line) - 1], 120),
                                               Sha256Hex(lines[static_cast<std::size_t>(line) - 1])));
    } else {
      comparison.changed.push_back(fmt::format("{}: the document has no line {}", item.id, line));
    }
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    if (LooksLikeItem(lines[i]) && !covered.contains(number)) {
      comparison.without_item.push_back(fmt::format("line {}: {}", number, Printable(lines[i], 100)));
    }
  }
  return comparison;
}

}  // namespace readiness
