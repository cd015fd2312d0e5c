#include "report/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <pugixml.hpp>

#include "base/text.h"
#include "judge/one_line.h"
#include "judge/record_bounds.h"
#include "report/shown.h"

namespace readiness {
namespace {

constexpr std::size_t kAttributeBytes = 500;
constexpr std::size_t kTextBytes = 16 * 1024;
constexpr std::size_t kFieldBytes = 2000;
constexpr std::size_t kShownEntries = 20;
constexpr std::size_t kAttachments = 50;

struct Counts {
  int tests = 0;
  int failures = 0;
  int errors = 0;
  int skipped = 0;
  std::int64_t milliseconds = 0;
  std::string timestamp;  // of the first attempt; empty: none was made

  void Add(const Counts& other) {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    skipped += other.skipped;
    milliseconds += other.milliseconds;
    if (timestamp.empty() || (!other.timestamp.empty() && other.timestamp < timestamp)) timestamp = other.timestamp;
  }
};

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// The last step before foreign text enters the document. U+FFFE and U+FFFF are valid UTF-8 and no XML. A reader would
// upload any file that an answer of the target names in the notation of attachments, so that notation is broken up.
std::string XmlSafe(std::string text) {
  ReplaceAll(text, "\xEF\xBF\xBE", "\xEF\xBF\xBD");
  ReplaceAll(text, "\xEF\xBF\xBF", "\xEF\xBF\xBD");
  for (std::size_t at = text.find("[["); at != std::string::npos; at = text.find("[[", at + 1))
    text.insert(at + 1, 1, ' ');
  return text;
}

std::string AttributeText(std::string_view foreign) {
  return XmlSafe(OneLine(foreign, kAttributeBytes));
}
std::string ElementText(std::string_view foreign) {
  return XmlSafe(CutText(Printable(foreign, kTextBytes), kTextBytes));
}

void SetText(pugi::xml_node node, const std::string& text) {
  node.append_child(pugi::node_pcdata).set_value(text.c_str());
}

void SetAttribute(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(value.c_str());
}

void AddProperty(pugi::xml_node properties, const char* name, std::string_view value) {
  if (value.empty()) return;
  pugi::xml_node property = properties.append_child("property");
  SetAttribute(property, "name", name);
  SetAttribute(property, "value", AttributeText(value));
}

std::string Seconds(std::int64_t milliseconds) {
  return fmt::format("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
}

void SetCounts(pugi::xml_node node, const Counts& counts) {
  SetAttribute(node, "tests", std::to_string(counts.tests));
  SetAttribute(node, "failures", std::to_string(counts.failures));
  SetAttribute(node, "errors", std::to_string(counts.errors));
  SetAttribute(node, "skipped", std::to_string(counts.skipped));
  SetAttribute(node, "time", Seconds(counts.milliseconds));
  if (!counts.timestamp.empty()) SetAttribute(node, "timestamp", counts.timestamp);
}

// A word for class names: dots would make packages of it.
std::string Slug(const std::string& section) {
  std::string slug;
  for (const char c : section) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (letter) {
      slug += c;
    } else if (c >= 'A' && c <= 'Z') {
      slug += static_cast<char>(c - 'A' + 'a');
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
    if (slug.size() >= 80) break;
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug.empty() ? "items" : slug;
}

std::string Line(const char* label, std::string_view value) {
  return value.empty() ? std::string() : fmt::format("{:<10}{}\n", label, Block(value, 10, kFieldBytes));
}

std::string Details(const ItemResult& result) {
  std::string text = result.reason + "\n";
  if (!result.record) return text;
  const Record& record = *result.record;
  for (std::size_t i = 0; i < std::min(record.violations.size(), kShownEntries); ++i) {
    const Violation& violation = record.violations[i];
    text += "\n" + Line("violation", violation.what) + Line("did", violation.did) +
            Line("expected", violation.expected) + Line("actual", violation.actual) +
            Line("fix", violation.fix.empty() ? record.remediation : violation.fix);
  }
  if (record.violations.size() > kShownEntries)
    text += fmt::format("\n{} more violations in record.json\n", record.violations.size() - kShownEntries);
  for (const Control& control : record.controls) {
    if (!control.satisfied)
      text += "\n" + Line("control", control.id + ": " + control.statement) + Line("seen", control.seen);
  }
  return text;
}

std::string Observed(const Record& record) {
  std::string text;
  std::size_t shown = 0;
  for (const Control& control : record.controls) {
    if (++shown > kShownEntries) break;
    text += Line(control.satisfied ? "control" : "not met",
                 control.id + ": " + (control.seen.empty() ? control.statement : control.seen));
  }
  shown = 0;
  for (const Observation& observation : record.observations) {
    if (++shown > kShownEntries) break;
    text += Line("observed", observation.seen.empty() ? observation.what : observation.what + ": " + observation.seen);
  }
  text += fmt::format("controls {}, observations {}, violations {}\n", record.controls.size(),
                      record.observations.size(), record.violations.size());
  if (record.attempts.size() > 1) {
    text += "attempts ";
    for (std::size_t i = 0; i < std::min(record.attempts.size(), kShownEntries); ++i)
      text += fmt::format(" {}", ToString(record.attempts[i].outcome));
    text += fmt::format(" ({} in all)\n", record.attempts.size());
  }
  return text;
}

// A path that readers take to the end of its line.
bool CanBeAttached(const std::string& path) {
  return path.find("]]") == std::string::npos && XmlSafe(OneLine(path, path.size() + 1)) == path;
}

std::string Attachments(const Record& record, const JunitOptions& options) {
  const std::string folder = ShortPath(options.items_directory + "/" + record.item, options.relative_to) + "/";
  std::vector<std::string> files = {"record.json"};
  for (std::size_t i = 0; i < std::min(record.evidence.size(), kAttachments); ++i)
    files.push_back(record.evidence[i].file);
  std::string text;
  for (const std::string& file : files) {
    if (CanBeAttached(folder + file)) text += "[[ATTACHMENT|" + folder + file + "]]\n";
  }
  return text;
}

// Attempts other than the one that decided the outcome; there is no element for those that passed.
void AddReruns(pugi::xml_node testcase, const Record& record) {
  bool decided = false;
  std::size_t added = 0;
  for (const Attempt& attempt : record.attempts) {
    if (!decided && attempt.outcome == record.outcome) {
      decided = true;
      continue;
    }
    const bool failed = attempt.outcome == Outcome::kFail;
    if (!failed && attempt.outcome != Outcome::kInconclusive && attempt.outcome != Outcome::kManual) continue;
    if (++added > kShownEntries) return;
    pugi::xml_node rerun = testcase.append_child(failed ? "rerunFailure" : "rerunError");
    SetAttribute(rerun, "message", AttributeText(attempt.reason));
    SetAttribute(rerun, "type", std::string(ToString(attempt.outcome)));
    SetText(rerun, ElementText(attempt.reason));
  }
}

// Adds the element that says why the case is not green; nothing for a pass.
void AddOutcome(pugi::xml_node testcase, const ItemResult& result, Counts& counts) {
  const char* element = nullptr;
  switch (result.standing) {
    case Standing::kPass:
      return;
    case Standing::kFail:
      element = "failure", ++counts.failures;
      break;
    case Standing::kNotApplicable:
      element = "skipped", ++counts.skipped;
      break;
    case Standing::kInconclusive:
    case Standing::kManual:
    case Standing::kNoRecord:
      element = "error", ++counts.errors;
      break;
  }
  pugi::xml_node node = testcase.append_child(element);
  const std::string reason = result.reason.empty() ? "no reason was recorded" : result.reason;
  SetAttribute(node, "message", AttributeText(reason));
  if (result.standing != Standing::kNotApplicable) SetAttribute(node, "type", std::string(ToString(result.standing)));
  SetText(node, ElementText(Details(result)));
}

void AddProperties(pugi::xml_node testcase, const RegisteredSuite& suite, const ItemResult& result) {
  pugi::xml_node properties = testcase.append_child("properties");
  AddProperty(properties, "severity", result.item.severity);
  AddProperty(properties, "category", result.item.category);
  AddProperty(properties, "gates", result.gates ? "true" : "false");
  AddProperty(properties, "outcome", ToString(result.standing));
  AddProperty(properties, "audit_document", suite.audit_document);
  if (result.item.source_line > 0) AddProperty(properties, "audit_line", std::to_string(result.item.source_line));
  if (!result.record) return;
  const Record& record = *result.record;
  AddProperty(properties, "probe", record.probe);
  std::string defects;
  for (const std::string& defect : record.defects) defects += (defects.empty() ? "" : ",") + defect;
  AddProperty(properties, "defects", defects);
  AddProperty(properties, "target", record.target);
  AddProperty(properties, "deployment", record.deployment);
  AddProperty(properties, "engine", record.engine);
  AddProperty(properties, "run_id", record.run_id);
  AddProperty(properties, "narrower_than_audit", record.narrower_than_audit);
  AddProperty(properties, "tool_version", record.tool_version);
}

Counts AddCase(pugi::xml_node testsuite, const RegisteredSuite& suite, const ItemResult& result,
               const std::string& slug, const JunitOptions& options) {
  Counts counts;
  counts.tests = 1;
  if (result.record) {
    for (const Attempt& attempt : result.record->attempts) counts.milliseconds += attempt.duration_ms;
    if (!result.record->attempts.empty()) counts.timestamp = result.record->attempts.front().started_at;
  }
  pugi::xml_node testcase = testsuite.append_child("testcase");
  SetAttribute(testcase, "classname", suite.suite + "." + slug);
  SetAttribute(testcase, "name", AttributeText(result.item.id + " " + result.item.title));
  SetAttribute(testcase, "file", AttributeText(ShortPath(suite.suite_file, options.relative_to)));
  if (result.item.suite_line > 0) SetAttribute(testcase, "line", std::to_string(result.item.suite_line));
  SetAttribute(testcase, "time", Seconds(counts.milliseconds));
  AddProperties(testcase, suite, result);
  AddOutcome(testcase, result, counts);
  if (!result.record) return counts;
  AddReruns(testcase, *result.record);
  SetText(testcase.append_child("system-out"),
          ElementText(Observed(*result.record)) + Attachments(*result.record, options));
  return counts;
}

// Testsuites are told apart by their suite's name where there are several.
std::string SuiteName(const std::string& prefix, const std::string& section) {
  return AttributeText(prefix + (section.empty() ? "Items" : section));
}

struct ProblemPlace {
  std::string prefix;  // of the testsuite's name
  std::string classname;
  std::string file;  // empty: none to name
};

// What keeps a suite from a GO without being an item must be red for whoever reads this file only.
Counts AddProblems(pugi::xml_node root, const std::vector<Problem>& problems, const ProblemPlace& place) {
  Counts counts;
  if (problems.empty()) return counts;
  pugi::xml_node testsuite = root.append_child("testsuite");
  SetAttribute(testsuite, "name", SuiteName(place.prefix, "Report"));
  counts.tests = counts.errors = static_cast<int>(problems.size());
  SetCounts(testsuite, counts);
  for (const Problem& problem : problems) {
    pugi::xml_node testcase = testsuite.append_child("testcase");
    SetAttribute(testcase, "classname", place.classname);
    SetAttribute(testcase, "name", AttributeText(problem.name));
    if (!place.file.empty()) SetAttribute(testcase, "file", AttributeText(place.file));
    SetAttribute(testcase, "time", Seconds(0));
    pugi::xml_node node = testcase.append_child("error");
    SetAttribute(node, "message", AttributeText(problem.text));
    SetAttribute(node, "type", "incomplete");
    SetText(node, ElementText(problem.text));
  }
  return counts;
}

struct Section {
  std::string name;
  std::vector<const ItemResult*> items;
};

std::vector<Section> SectionsInOrder(const SuiteVerdict& verdict) {
  std::vector<Section> sections;
  std::map<std::string, std::size_t> places;
  for (const ItemResult& result : verdict.items) {
    const auto [place, is_new] = places.emplace(result.item.section, sections.size());
    if (is_new) sections.push_back({result.item.section, {}});
    sections[place->second].items.push_back(&result);
  }
  return sections;
}

struct StringWriter : pugi::xml_writer {
  std::string text;
  void write(const void* data, std::size_t size) override { text.append(static_cast<const char*>(data), size); }
};

// Adds the testsuites of one suite.
Counts AddSuite(pugi::xml_node root, const JunitSuite& part, const std::string& prefix) {
  Counts total;
  for (const Section& section : SectionsInOrder(part.verdict)) {
    pugi::xml_node testsuite = root.append_child("testsuite");
    SetAttribute(testsuite, "name", SuiteName(prefix, section.name));
    const std::string slug = Slug(section.name);
    Counts counts;
    for (const ItemResult* result : section.items)
      counts.Add(AddCase(testsuite, part.suite, *result, slug, part.options));
    SetCounts(testsuite, counts);
    total.Add(counts);
  }
  const std::string file = ShortPath(part.suite.suite_file, part.options.relative_to);
  total.Add(AddProblems(root, part.verdict.problems, {prefix, part.suite.suite + ".report.problems", file}));
  return total;
}

// A document with its root, which is still without counts.
pugi::xml_node StartDocument(pugi::xml_document& document, const std::string& name) {
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  SetAttribute(declaration, "version", "1.0");
  SetAttribute(declaration, "encoding", "UTF-8");
  pugi::xml_node root = document.append_child("testsuites");
  SetAttribute(root, "name", AttributeText(name));
  return root;
}

std::string Finished(const pugi::xml_document& document) {
  StringWriter writer;
  document.save(writer, "  ", pugi::format_indent, pugi::encoding_utf8);
  return writer.text;
}

}  // namespace

std::string RenderJunit(const RegisteredSuite& suite, const SuiteVerdict& verdict, const JunitOptions& options) {
  pugi::xml_document document;
  pugi::xml_node root = StartDocument(document, suite.suite);
  SetCounts(root, AddSuite(root, {suite, verdict, options}, {}));
  return Finished(document);
}

std::string RenderJunit(const std::string& name, const std::vector<JunitSuite>& suites,
                        const std::vector<Problem>& troubles) {
  pugi::xml_document document;
  pugi::xml_node root = StartDocument(document, name);
  Counts total;
  for (const JunitSuite& part : suites) total.Add(AddSuite(root, part, part.suite.suite + ": "));
  total.Add(AddProblems(root, troubles, {{}, "report.suites", {}}));
  SetCounts(root, total);
  return Finished(document);
}

}  // namespace readiness
