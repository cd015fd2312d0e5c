#include "matrix.h"

#include <algorithm>
#include <cctype>

namespace readiness::workflows {
namespace {

using Words = std::vector<std::string>;
using Run = std::map<std::string, std::string>;
constexpr std::size_t kMostRuns = 256;  // as many as the service takes
constexpr std::size_t kMostTexts = 1000;

void Take(const std::string& name, const YamlNode& value, Run& run) {
  if (value.IsScalar()) run["matrix." + name] = value.text;
  for (const auto& [key, inner] : value.members) {
    if (inner.IsScalar()) run["matrix." + name + "." + key] = inner.text;
  }
}

Run RunOf(const YamlNode& item) {
  Run run;
  for (const auto& [key, value] : item.members) Take(key, value, run);
  return run;
}

/// Does `run` have all values of `part`?
bool Includes(const Run& run, const Run& part) {
  return std::all_of(part.begin(), part.end(), [&](const auto& one) {
    const auto found = run.find(one.first);
    return found != run.end() && found->second == one.second;
  });
}

void Include(const YamlNode& include, Matrix& matrix, const std::size_t of_the_product) {
  for (const YamlNode& item : include.items) {
    const Run added = RunOf(item);
    bool extends = false;
    for (std::size_t i = 0; i < of_the_product; ++i) {
      Run& run = matrix.runs[i];
      const bool fits = std::all_of(added.begin(), added.end(), [&](const auto& one) {
        const auto found = run.find(one.first);
        return found == run.end() || found->second == one.second;
      });
      if (!fits) continue;
      extends = true;
      run.insert(added.begin(), added.end());
    }
    if (!extends && matrix.runs.size() < kMostRuns) matrix.runs.push_back(added);
  }
}

}  // namespace

std::map<std::string, Words> Matrix::Values() const {
  std::map<std::string, Words> values;
  for (const Run& run : runs) {
    for (const auto& [name, value] : run) {
      Words& all = values[name];
      if (std::find(all.begin(), all.end(), value) == all.end()) all.push_back(value);
    }
  }
  return values;
}

Matrix ReadMatrix(const YamlNode& job) {
  Matrix matrix;
  matrix.runs.emplace_back();
  const YamlNode* node = job.At({"strategy", "matrix"});
  if (node == nullptr) return matrix;
  if (!node->IsMapping()) {
    matrix.known = false;
    return matrix;
  }
  bool any = false;
  for (const auto& [name, values] : node->members) {
    if (name == "include" || name == "exclude") continue;
    any = true;
    if (!values.IsSequence() || matrix.runs.size() * std::max<std::size_t>(values.items.size(), 1) > kMostRuns) {
      matrix.known = false;
      continue;
    }
    std::vector<Run> product;
    for (const Run& run : matrix.runs) {
      for (const YamlNode& value : values.items) {
        product.push_back(run);
        Take(name, value, product.back());
      }
    }
    matrix.runs = std::move(product);
  }
  if (!any) matrix.runs.clear();
  if (const YamlNode* exclude = node->Find("exclude")) {
    for (const YamlNode& item : exclude->items)
      std::erase_if(matrix.runs, [&, out = RunOf(item)](const Run& run) { return !out.empty() && Includes(run, out); });
  }
  if (const YamlNode* include = node->Find("include")) {
    matrix.known = matrix.known && include->IsSequence();
    Include(*include, matrix, matrix.runs.size());
  }
  return matrix;
}

std::vector<std::string> Expand(const std::string& text,
                                const std::map<std::string, std::vector<std::string>>& values) {
  std::vector<std::string> done;
  struct Open {
    std::string text;
    std::size_t from = 0;
  };
  std::vector<Open> open{{text, 0}};
  while (!open.empty() && done.size() < kMostTexts) {
    Open one = std::move(open.back());
    open.pop_back();
    const std::size_t begin = one.text.find("${{", one.from);
    const std::size_t end = begin == std::string::npos ? begin : one.text.find("}}", begin);
    if (end == std::string::npos) {
      done.push_back(std::move(one.text));
      continue;
    }
    std::string name = one.text.substr(begin + 3, end - begin - 3);
    std::erase(name, ' ');
    const auto found = values.find(name);
    if (found == values.end()) {
      one.from = end;
      open.push_back(std::move(one));
      continue;
    }
    for (auto value = found->second.rbegin(); value != found->second.rend() && open.size() < kMostTexts; ++value)
      open.push_back({one.text.substr(0, begin) + *value + one.text.substr(end + 2), begin + value->size()});
  }
  return done;
}

std::vector<std::string> NamesIn(const std::string& text, const std::string& begin) {
  Words names;
  for (std::size_t at = text.find("${{"); at != std::string::npos; at = text.find("${{", at + 3)) {
    const std::size_t end = std::min(text.find("}}", at), text.size());
    for (std::size_t name = text.find(begin, at); name < end; name = text.find(begin, name + 1)) {
      const char before = text[name - 1];
      if (before == '.' || before == '_' || std::isalnum(static_cast<unsigned char>(before)) != 0) continue;
      std::size_t stop = name + begin.size();
      while (stop < end && (std::isalnum(static_cast<unsigned char>(text[stop])) != 0 || text[stop] == '_' ||
                            text[stop] == '-' || text[stop] == '.'))
        ++stop;
      names.push_back(text.substr(name, stop - name));
    }
  }
  return names;
}

}  // namespace readiness::workflows
