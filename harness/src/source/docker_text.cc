#include "source/docker_text.h"

#include <algorithm>
#include <cctype>

#include "readiness/source_dockerfile.h"

namespace readiness {
namespace {

constexpr std::string_view kBlank = " \t\r\n\v\f";

bool IsNameCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  const std::size_t last = text.find_last_not_of(kBlank);
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

DockerLines::DockerLines(std::string_view text) : rest_(text) {
  if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
  ReadDirectives();
}

std::optional<std::string_view> DockerLines::Next() {
  if (rest_.empty()) return std::nullopt;
  ++number_;
  const std::size_t end = rest_.find('\n');
  std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// "# escape=`" counts only before everything else, and ends with the first line that is no directive.
void DockerLines::ReadDirectives() {
  std::string_view rest = rest_;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = Trimmed(rest.substr(0, end));
    const std::size_t equals = line.find('=');
    if (!line.starts_with('#') || equals == std::string_view::npos) return;
    std::string key(Trimmed(line.substr(1, equals - 1)));
    std::transform(key.begin(), key.end(), key.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (key != "escape" && key != "syntax" && key != "check") return;
    if (key == "escape" && Trimmed(line.substr(equals + 1)) == "`") escape_ = '`';
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
}

std::optional<DockerLine> DockerLines::NextLogical() {
  DockerLine logical;
  bool continued = false;
  while (const std::optional<std::string_view> line = Next()) {
    const std::string_view trimmed = Trimmed(*line);
    if (trimmed.empty() || trimmed.starts_with('#')) continue;
    if (!continued) logical.number = number_;
    continued = trimmed.back() == escape_;
    std::string_view part = continued ? *line : trimmed;
    if (logical.text.empty()) part.remove_prefix(std::min(part.find_first_not_of(kBlank), part.size()));
    if (continued) part = part.substr(0, part.find_last_of(escape_));
    logical.text += part;
    if (!continued) break;
  }
  logical.text = Trimmed(logical.text);
  if (logical.text.empty()) return std::nullopt;
  return logical;
}

std::optional<std::string> DockerLines::UntilLine(std::string_view end, bool strip_tabs) {
  std::string text;
  while (std::optional<std::string_view> line = Next()) {
    if (strip_tabs) line->remove_prefix(std::min(line->find_first_not_of('\t'), line->size()));
    if (*line == end) return text;
    text.append(*line).append("\n");
  }
  return std::nullopt;
}

std::string FillVariables(std::string_view word, const std::map<std::string, std::string>& variables,
                          std::vector<std::string>& unknown, std::size_t most) {
  std::string filled;
  for (std::size_t i = 0; i < word.size() && filled.size() <= most; ++i) {
    if (word.substr(i).starts_with("\\$")) {
      filled += word[++i];
      continue;
    }
    if (word[i] != '$') {
      filled += word[i];
      continue;
    }
    const bool braced = word.substr(i).starts_with("${");
    const std::size_t begin = i + (braced ? 2 : 1);
    std::size_t end = begin;
    while (end < word.size() && IsNameCharacter(word[end])) ++end;
    if (end == begin) {
      filled += word[i];
      continue;
    }
    const auto found = variables.find(std::string(word.substr(begin, end - begin)));
    const bool set = found != variables.end() && !found->second.empty();
    std::string_view modifier;
    if (braced) {
      const std::size_t close = std::min(word.find('}', end), word.size());
      modifier = word.substr(end, close - end);
      i = close;
    } else {
      i = end - 1;
    }
    if (modifier.starts_with(":-") || modifier.starts_with("-")) {
      const std::string_view fallback = modifier.substr(modifier.find('-') + 1);
      filled += set ? found->second : std::string(fallback);
    } else if (modifier.starts_with(":+") || modifier.starts_with("+")) {
      if (set) filled += modifier.substr(modifier.find('+') + 1);
    } else if (found != variables.end()) {
      filled += found->second;
    } else {
      unknown.emplace_back(word.substr(begin, end - begin));
    }
  }
  return filled;
}

std::vector<std::string> SplitShellWords(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == 0 && kBlank.find(c) != std::string_view::npos) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
      continue;
    }
    in_word = true;
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      // Kept before a dollar: it is what tells a dollar from a variable.
      if (line[i + 1] == '$') word += c;
      word += line[++i];
    } else {
      word += c;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

}  // namespace readiness
