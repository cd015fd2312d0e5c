#include "cli/judge_item.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "base/files.h"
#include "base/redactor.h"
#include "base/text.h"
#include "capabilities/runtime.h"
#include "cli/evidence_files.h"
#include "definition/load.h"
#include "definition/shapes.h"
#include "judge/record_store.h"
#include "lifecycle/control.h"
#include "lifecycle/learned_secrets.h"
#include "readiness/probe_table.h"

#ifndef READINESS_VERSION
#error "the build defines READINESS_VERSION"
#endif

namespace readiness {
namespace {

bool Needs(const ItemRun& run, const char* need) {
  const auto& needs = run.resolved.needs;
  return std::find(needs.begin(), needs.end(), need) != needs.end();
}

// Everything a probe reported, without secrets.
Findings Redacted(const Findings& findings, const Redactor& redactor) {
  const auto clean = [&](const std::string& text) { return Printable(redactor.Redact(text)); };
  Findings out;
  for (const Control& control : findings.controls()) {
    out.AddControl({control.id, clean(control.statement), control.satisfied, clean(control.seen)});
  }
  for (const Observation& observation : findings.observations()) {
    out.AddObservation({clean(observation.what), clean(observation.seen), redactor.RedactJson(observation.detail)});
  }
  for (const Violation& violation : findings.violations()) {
    out.AddViolation({clean(violation.what), clean(violation.did), clean(violation.expected), clean(violation.actual),
                      clean(violation.fix)});
  }
  return out;
}

// Lets the run's other processes know what must not be shown.
class SharingListener : public SecretListener {
 public:
  explicit SharingListener(const LearnedSecrets& learned) : learned_(learned) {}
  void Expect() override { learned_.Expect(); }
  void Expected() override { learned_.Expected(); }
  void Learned(const std::string& secret) override { learned_.Announce(secret); }

 private:
  const LearnedSecrets& learned_;
};

ProbeFunction FindProbe(const std::string& id) {
  for (const CompiledProbe& probe : CompiledProbes()) {
    if (probe.id == id) return probe.run;
  }
  return nullptr;
}

// Runs the probe; what it throws becomes an Error, because a probe may use libraries that throw.
Result<void> RunProbe(ProbeFunction probe, Context& context) {
  try {
    return probe(context);
  } catch (const std::exception& problem) {
    return Fail(ErrorKind::kInternal, fmt::format("the probe threw: {}", problem.what()));
  }
}

Result<void> Save(const ItemRun& run, const Findings& findings, const Judgement& judgement, const Session* session,
                  const EvidenceSource& evidence) {
  Record record = MakeRecord(run, findings, judgement);
  if (session != nullptr) {
    record.deployment = session->deployment_id;
    record.engine = session->engine;
    record.defects = session->defects;
  }
  READINESS_RETURN_IF_ERROR(AppendAttempt(run.resolved.suite_directory, record, evidence));
  return {};
}

Result<void> Inconclusive(const ItemRun& run, const Error& error) {
  return Save(run, {}, {Outcome::kInconclusive, error.Brief()}, nullptr, {});
}

/// Why a probe that `touches` so much may not be run; nothing: it may.
std::optional<std::string> CheckReach(Reach touches, const Session& session) {
  if (touches <= session.allowed) return std::nullopt;
  const Place& place = session.allowed_place;
  const auto word = [](Reach reach) { return shapes::kReaches[static_cast<std::size_t>(reach)]; };
  return fmt::format(
      "nothing was sent: the probe touches {} of a target that somebody else runs, and the deployment allows {} "
      "({}:{}:{}); if it may, write \"allow\": \"{}\" there",
      word(touches), word(session.allowed), Printable(place.file), place.line, place.column, word(touches));
}

Error FirstOf(const std::vector<Error>& errors) {
  Error error = errors.front();
  if (errors.size() > 1) error.what += fmt::format(" (and {} more)", errors.size() - 1);
  return error;
}

}  // namespace

std::optional<Judgement> ConcludeWithoutProbe(const ItemRun& run) {
  if (!run.resolved.item.not_applicable.empty())
    return Judgement{Outcome::kNotApplicable, run.resolved.item.not_applicable};
  if (!Needs(run, "running_target")) return std::nullopt;
  if (!run.state.started) return Judgement{Outcome::kInconclusive, "the target is not running: " + run.state.reason};
  if (!run.state.spoiled.empty())
    return Judgement{Outcome::kInconclusive, "the target is spoiled: " + run.state.spoiled};
  return std::nullopt;
}

Record MakeRecord(const ItemRun& run, const Findings& findings, const Judgement& judgement) {
  const Item& item = run.resolved.item;
  Record record;
  record.suite = run.resolved.suite;
  record.item = item.id;
  record.title = item.title;
  record.severity = item.severity;
  record.category = item.category;
  record.section = item.section;
  record.probe = item.probe;
  record.outcome = judgement.outcome;
  record.reason = judgement.reason;
  const auto duration =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - run.started);
  record.attempts.push_back({judgement.outcome, judgement.reason, run.started_at, duration.count()});
  record.controls = findings.controls();
  record.observations = findings.observations();
  record.violations = findings.violations();
  record.run_id = run.state.run_id;
  record.target = run.resolved.target_name;
  record.source_document = item.source.document;
  record.source_line = item.source.line;
  record.suite_file = run.resolved.suite_file;
  record.suite_line = item.place.line;
  record.remediation = run.resolved.remediation;
  record.narrower_than_audit = item.narrower_than_audit;
  record.tool_version = READINESS_VERSION;
  return record;
}

Result<void> JudgeItem(const ItemRun& run) {
  const ProbeFunction probe = FindProbe(run.resolved.item.probe);
  if (probe == nullptr) {
    return Inconclusive(run, {ErrorKind::kInternal,
                              fmt::format("this tool has no probe {}", run.resolved.item.probe),
                              std::nullopt,
                              {},
                              {},
                              "build the project again"});
  }
  auto session = ReadSession(run.state.run_directory);
  if (!session) return Inconclusive(run, session.error());
  if (session->run_id != run.state.run_id) {
    return Inconclusive(run, {ErrorKind::kTarget, "the run directory is of another run", std::nullopt, run.state.run_id,
                              session->run_id, "run again from `up` on"});
  }
  if (const auto forbidden = CheckReach(run.resolved.touches, *session))
    return Save(run, {}, {Outcome::kInconclusive, *forbidden}, &*session, {});
  auto target = LoadTarget(run.resolved.target_file);
  if (!target) return Inconclusive(run, FirstOf(target.error()));

  Redactor redactor;
  for (const std::string& secret : session->secrets) redactor.Add(secret);
  const Parameters parameters(run.resolved.item.parameters);
  Findings findings;
  const LearnedSecrets learned(run.state.run_directory);
  SharingListener listener(learned);
  RuntimeParts parts = MakeRuntimeParts(*session);
  parts.listener = &listener;
  parts.control_socket = run.state.run_directory + "/" + kControlSocket;
  parts.isolation = run.resolved.item.isolation;
  Runtime runtime(*session, *target, run.resolved.suite, run.resolved.item.id, parameters, findings, redactor,
                  std::move(parts));
  EvidenceWriter evidence(*session);
  Result<void> ran = RunProbe(probe, runtime.context());
  // Also after an Error, and even if the probe saw nothing wrong: what the item leaves behind is part of it.
  const Result<void> settled = runtime.Settle();
  if (ran && !settled) ran = settled;

  evidence.Close(runtime.instance_logs());
  for (const std::string& secret : learned.OfOthers()) redactor.Add(secret);
  const Findings clean = Redacted(findings, redactor);
  std::optional<Error> error;
  if (!ran) {
    error = ran.error();
    for (std::string* text : {&error->what, &error->expected, &error->actual, &error->fix}) {
      *text = Printable(redactor.Redact(*text));
    }
  }
  const Judgement judgement = Judge({run.resolved.controls, run.resolved.item.minimum_observations}, clean, error);
  return Save(run, clean, judgement, &*session,
              [&](const std::string& folder) { return evidence.Write(folder, runtime.evidence(), redactor); });
}

}  // namespace readiness
