#include "report/console.h"

#include <fmt/format.h>

#include <algorithm>

#include "judge/one_line.h"
#include "report/shown.h"

namespace readiness {
namespace {

constexpr std::size_t kFieldIndent = 12;
constexpr std::size_t kShownViolations = 5;
constexpr std::size_t kShownControls = 20;
constexpr std::size_t kShownItems = 100;
constexpr std::size_t kShownPathBytes = 4096;

enum class Colour { kRed, kYellow, kGreen, kNone };

std::string Painted(const std::string& text, Colour colour, const ConsoleOptions& options) {
  if (!options.colour || colour == Colour::kNone) return text;
  const int code = colour == Colour::kRed ? 31 : colour == Colour::kYellow ? 33 : 32;
  return fmt::format("\x1b[1;{}m{}\x1b[0m", code, text);
}

std::string Path(const std::string& path, const ConsoleOptions& options) {
  return OneLine(ShortPath(path, options.relative_to), kShownPathBytes);
}

// One "  label     value" of a block; nothing when there is no value.
std::string Field(std::string_view label, std::string_view value) {
  if (value.empty()) return {};
  return fmt::format("  {:<10}{}\n", label, Block(value, kFieldIndent));
}

std::string Location(const std::string& suite_file, int suite_line, const std::string& document, int source_line,
                     const ConsoleOptions& options) {
  std::string text = " --> " + Path(suite_file, options);
  if (suite_line > 0) text += fmt::format(":{}", suite_line);
  if (!document.empty()) {
    text += fmt::format(" (audit {}", OneLine(document));
    text += source_line > 0 ? fmt::format(", line {})", source_line) : std::string(")");
  }
  return text + "\n";
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string Defects(const std::vector<std::string>& defects) {
  return defects.empty() ? std::string() : Joined(defects) + " (stand-in; this is not the real system)";
}

std::string Headline(Outcome outcome, const Record& record, const std::string& text, const ConsoleOptions& options) {
  const auto [word, colour] = [outcome]() -> std::pair<const char*, Colour> {
    switch (outcome) {
      case Outcome::kPass:
        return {"PASS", Colour::kGreen};
      case Outcome::kFail:
        return {"FAIL", Colour::kRed};
      case Outcome::kInconclusive:
        return {"INCONCLUSIVE", Colour::kYellow};
      case Outcome::kNotApplicable:
        return {"NOT APPLICABLE", Colour::kNone};
      case Outcome::kManual:
        return {"MANUAL", Colour::kYellow};
    }
    return {"INCONCLUSIVE", Colour::kYellow};
  }();
  return fmt::format("{} {}.{}  {}\n", Painted(word, colour, options), OneLine(record.suite), OneLine(record.item),
                     text);
}

// The last fields of every block.
std::string Circumstances(const Record& record) {
  std::string text;
  if (record.attempts.size() > 1) {
    std::string outcomes;
    const std::size_t shown = std::min<std::size_t>(record.attempts.size(), 20);
    for (std::size_t i = 0; i < shown; ++i) {
      if (i > 0) outcomes += ", ";
      outcomes += ToString(record.attempts[i].outcome);
    }
    if (shown < record.attempts.size()) outcomes += fmt::format(" and {} more", record.attempts.size() - shown);
    text += Field("attempts", outcomes);
  }
  text += Field("narrower", OneLine(record.narrower_than_audit));
  return text + Field("defects", Defects(record.defects));
}

std::string Violations(const Record& record, const std::string& evidence) {
  std::string text;
  const std::size_t shown = std::min(record.violations.size(), kShownViolations);
  for (std::size_t i = 0; i < shown; ++i) {
    const Violation& violation = record.violations[i];
    if (i > 0) text += Field("also", violation.what.empty() ? "violation without a headline" : OneLine(violation.what));
    text += Field("did", violation.did) + Field("expected", violation.expected) + Field("actual", violation.actual);
    if (i == 0) text += Field("evidence", evidence);
    text += Field("fix", violation.fix.empty() && i == 0 ? record.remediation : violation.fix);
  }
  if (shown < record.violations.size())
    text += Field("also", fmt::format("{} more in record.json", record.violations.size() - shown));
  return text;
}

std::string Controls(const Record& record, bool only_unsatisfied) {
  std::string text;
  std::size_t shown = 0;
  std::size_t hidden = 0;
  for (const Control& control : record.controls) {
    if (only_unsatisfied && control.satisfied) continue;
    if (++shown > kShownControls) {
      ++hidden;
      continue;
    }
    const std::string& what = only_unsatisfied || control.seen.empty() ? control.statement : control.seen;
    text += Field("control", fmt::format("{}: {}", OneLine(control.id), OneLine(what)));
    if (only_unsatisfied) text += Field("seen", control.seen);
  }
  if (hidden > 0) text += Field("control", fmt::format("{} more in record.json", hidden));
  return text;
}

std::string ItemHeadlineText(const Record& record) {
  switch (record.outcome) {
    case Outcome::kPass:
      return OneLine(record.title);
    case Outcome::kFail:
      if (!record.violations.empty() && !record.violations.front().what.empty())
        return OneLine(record.violations.front().what);
      break;
    default:
      break;
  }
  return OneLine(record.reason.empty() ? "no reason was recorded" : record.reason);
}

// ---- summary ------------------------------------------------------------------------------------------------------

std::vector<std::string> SeveritiesByWeight(const RegisteredSuite& suite) {
  std::vector<std::string> severities;
  for (const auto& [severity, weight] : suite.severity_weights) severities.push_back(severity);
  std::stable_sort(severities.begin(), severities.end(), [&suite](const std::string& a, const std::string& b) {
    return WeightOf(suite, a) > WeightOf(suite, b);
  });
  return severities;
}

// What a GO says nothing about.
std::string Unseen(const RegisteredSuite& suite, const SuiteVerdict& verdict) {
  const int automated = CoveredAuditItems(suite);
  if (verdict.verdict != Verdict::kGo || suite.audit_items <= automated) return {};
  return fmt::format("; {} of the audit's {} items were not looked at", suite.audit_items - automated,
                     suite.audit_items);
}

std::string Header(const RegisteredSuite& suite, const SuiteVerdict& verdict) {
  std::string text = fmt::format("{}: {}\n", OneLine(suite.suite), OneLine(suite.title));
  const int automated = CoveredAuditItems(suite);
  std::string coverage = fmt::format("{} of {} items of the audit automated", automated, suite.audit_items);
  if (automated != static_cast<int>(suite.items.size())) coverage += fmt::format(", by {} tests", suite.items.size());
  text += Field("coverage", coverage);
  std::string audit = OneLine(suite.audit_document);
  if (!suite.audit_verdict.empty()) audit += fmt::format(", its own verdict: {}", OneLine(suite.audit_verdict));
  text += Field("audit", audit);
  text += Field("target", Joined(verdict.origins));
  text += Field("run", verdict.run_id.empty() ? "none: the target was not brought up" : OneLine(verdict.run_id));
  return text + Field("defects", Defects(verdict.defects));
}

std::string OutcomeTable(const RegisteredSuite& suite, const SuiteVerdict& verdict) {
  const std::vector<std::string> severities = SeveritiesByWeight(suite);
  std::map<Standing, std::map<std::string, int>> counts;
  std::map<Standing, int> totals;
  for (const ItemResult& result : verdict.items) {
    ++counts[result.standing][result.item.severity];
    ++totals[result.standing];
  }
  std::string text = fmt::format("\n  {:<14}{:>8}", "outcome", "items");
  for (const std::string& severity : severities)
    text += "  " + std::string(DisplayWidth(severity) < 8 ? 8 - DisplayWidth(severity) : 0, ' ') + OneLine(severity);
  text += '\n';
  for (const Standing standing : kStandings) {
    text += fmt::format("  {:<14}{:>8}", ToString(standing), totals[standing]);
    for (const std::string& severity : severities)
      text += fmt::format("  {:>{}}", counts[standing][severity], std::max<std::size_t>(8, DisplayWidth(severity)));
    text += '\n';
  }
  return text;
}

std::vector<const ItemResult*> WorstFirst(const SuiteVerdict& verdict, bool (*wanted)(Standing)) {
  std::vector<const ItemResult*> items;
  for (const ItemResult& result : verdict.items) {
    if (wanted(result.standing)) items.push_back(&result);
  }
  std::stable_sort(items.begin(), items.end(), [](const ItemResult* a, const ItemResult* b) {
    return a->gates != b->gates ? a->gates : a->weight > b->weight;
  });
  return items;
}

std::string RedItems(const char* heading, const std::vector<const ItemResult*>& items, const ConsoleOptions& options) {
  if (items.empty()) return {};
  std::size_t id_width = 2;
  std::size_t severity_width = 4;
  const std::size_t shown = std::min(items.size(), kShownItems);
  for (std::size_t i = 0; i < shown; ++i) {
    id_width = std::clamp(DisplayWidth(items[i]->item.id), id_width, std::size_t{24});
    severity_width = std::clamp(DisplayWidth(items[i]->item.severity), severity_width, std::size_t{16});
  }
  const std::size_t before = 2 + id_width + 2 + severity_width + 2;
  const std::size_t width = static_cast<std::size_t>(std::clamp(options.width, 60, 1000));
  std::string text = fmt::format("\n  {}\n", heading);
  for (std::size_t i = 0; i < shown; ++i) {
    const ItemResult& result = *items[i];
    std::string reason = OneLine(result.reason.empty() ? result.item.title : result.reason);
    if (DisplayWidth(reason) > width - before) reason = Fit(reason, width - before);
    text += fmt::format("  {}  {}  {}\n", Fit(result.item.id, id_width),
                        Fit(OneLine(result.item.severity), severity_width), reason);
  }
  if (shown < items.size()) text += fmt::format("  and {} more\n", items.size() - shown);
  return text;
}

std::string Scores(const SuiteVerdict& verdict) {
  std::size_t width = 7;
  for (const auto& [category, score] : verdict.categories)
    width = std::clamp(DisplayWidth(OneLine(category)), width, std::size_t{40});
  const auto row = [width](const std::string& name, const Score& score) {
    return fmt::format("  {}  {:>7}  ({} of {})\n", Fit(name, width), ToString(score), score.passed, score.applicable);
  };
  std::string text = "\n  score by weight\n";
  for (const auto& [category, score] : verdict.categories)
    text += row(category.empty() ? "(none)" : OneLine(category), score);
  return text + row("overall", verdict.overall);
}

}  // namespace

std::string RenderItem(const Record& record, const std::string& item_directory, const ConsoleOptions& options) {
  const std::string location =
      Location(record.suite_file, record.suite_line, record.source_document, record.source_line, options);
  const std::string evidence = Path(item_directory, options) + "/";
  std::string text = Headline(record.outcome, record, ItemHeadlineText(record), options);
  switch (record.outcome) {
    case Outcome::kPass:
      text += Controls(record, false);
      text += Field("observed", fmt::format("{} observation{}", record.observations.size(),
                                            record.observations.size() == 1 ? "" : "s"));
      break;
    case Outcome::kFail:
      text += location + Violations(record, evidence) + Controls(record, true);
      break;
    case Outcome::kInconclusive:
    case Outcome::kManual:
      text += location + Field("item", OneLine(record.title)) + Controls(record, true) + Field("evidence", evidence);
      break;
    case Outcome::kNotApplicable:
      text += location + Field("item", OneLine(record.title));
      break;
  }
  return text + Circumstances(record);
}

std::string RenderSuite(const RegisteredSuite& suite, const SuiteVerdict& verdict, const ReportPaths& paths,
                        const ConsoleOptions& options) {
  std::string text = Header(suite, verdict) + OutcomeTable(suite, verdict);
  text +=
      RedItems("failing", WorstFirst(verdict, [](Standing standing) { return standing == Standing::kFail; }), options);
  text += RedItems("could not be judged", WorstFirst(verdict, IsUndecided), options);
  for (std::size_t i = 0; i < std::min(verdict.problems.size(), kShownItems); ++i)
    text += fmt::format("{}  {}\n", i == 0 ? "\n" : "", OneLine(verdict.problems[i].text));
  text += Scores(verdict) + "\n";
  text += Field("records", Path(paths.records, options) + "/");
  text += Field("junit", Path(paths.junit, options));
  text += Field("json", Path(paths.verdict, options));
  const Colour colour = verdict.verdict == Verdict::kGo     ? Colour::kGreen
                        : verdict.verdict == Verdict::kNoGo ? Colour::kRed
                                                            : Colour::kYellow;
  return text + fmt::format("\nverdict of {}: {}{}\n", OneLine(suite.suite),
                            Painted(OneLine(verdict.headline, 2000), colour, options), Unseen(suite, verdict));
}

}  // namespace readiness
