#pragma once
// The lines, words and variables of Dockerfiles. Pure.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace readiness {

std::string_view Trimmed(std::string_view text);

/// One instruction with its continuations joined.
struct DockerLine {
  std::string text;
  int number = 0;  ///< of its first line
};

/// Hands out a Dockerfile's lines. `text` has to outlive it.
class DockerLines {
 public:
  explicit DockerLines(std::string_view text);
  /// The next instruction, without comments; nothing at the end.
  std::optional<DockerLine> NextLogical();
  /// All lines before the next one that is `end`; nothing when there is no such line.
  std::optional<std::string> UntilLine(std::string_view end, bool strip_tabs);

 private:
  std::optional<std::string_view> Next();
  void ReadDirectives();

  std::string_view rest_;
  int number_ = 0;
  char escape_ = '\\';
};

/// $name, ${name}, ${name:-word}, ${name:+word}; "\$" is a dollar. Names without value are added to `unknown`. Ends
/// with the variable that brings it over `most` bytes.
std::string FillVariables(std::string_view word, const std::map<std::string, std::string>& variables,
                          std::vector<std::string>& unknown, std::size_t most);

}  // namespace readiness
