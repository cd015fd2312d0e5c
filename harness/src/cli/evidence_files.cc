#include "cli/evidence_files.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "capabilities/service_logs.h"

namespace readiness {
namespace {

constexpr std::size_t kMaxText = 4 * kMaxEvidenceBody;

// Without secrets before it is quoted: shell quoting would hide a secret from the redactor. Bodies may have been cut
// within a secret.
Exchange Redacted(const EvidenceEntry& entry, const Redactor& redactor) {
  const auto body = [&](const std::string& text, std::size_t whole) {
    return whole > text.size() ? redactor.RedactHead(text) : redactor.Redact(text);
  };
  Exchange exchange = *entry.exchange;
  exchange.request.url = redactor.Redact(exchange.request.url);
  exchange.request.body = body(exchange.request.body, entry.request_bytes);
  exchange.response.body = body(exchange.response.body, entry.response_bytes);
  for (HeaderList* headers : {&exchange.request.headers, &exchange.response.headers}) {
    for (auto& [name, value] : *headers) value = redactor.Redact(value);
  }
  return exchange;
}

std::string RenderExchange(const EvidenceEntry& entry, const Redactor& redactor) {
  const Exchange exchange = Redacted(entry, redactor);
  std::string text = exchange.ToCurl() + "\n";
  if (entry.error) return text + fmt::format("no answer: {}\n", entry.error->Brief());
  text += fmt::format("HTTP {} after {:.1f} ms\n", exchange.response.status,
                      static_cast<double>(exchange.duration.count()) / 1000.0);
  for (const auto& [name, value] : exchange.response.headers) text += fmt::format("{}: {}\n", name, value);
  text += "\n" + exchange.response.body + "\n";
  if (entry.response_bytes > entry.exchange->response.body.size())
    text += fmt::format("[of {} bytes]\n", entry.response_bytes);
  return text;
}

std::string RenderCommand(const EvidenceEntry& entry, const Redactor& redactor) {
  const CommandRun& run = *entry.command;
  const auto head = [&](const std::string& text, std::size_t whole) {
    if (whole <= text.size()) return redactor.Redact(text);
    return redactor.RedactHead(text) + fmt::format("\n[of {} bytes]", whole);
  };
  std::string text = fmt::format("command {} in {}:", run.name, run.working_directory);
  for (const std::string& word : run.command) text += " " + redactor.Redact(word);
  text += fmt::format("\ninput: {}\n", head(run.input, entry.request_bytes));
  if (run.exit_code)
    text += fmt::format("exit code {}\noutput: {}\n", *run.exit_code, head(run.output, entry.response_bytes));
  if (entry.error) text += fmt::format("failed: {}\n", entry.error->Brief());
  if (run.error_output.empty()) return text;
  const bool cut = run.error_bytes > run.error_output.size();
  text += cut ? fmt::format("standard error, the last of {} bytes:\n", run.error_bytes) : "standard error:\n";
  return text + (cut ? redactor.RedactTail(run.error_output) : redactor.Redact(run.error_output)) + "\n";
}

std::string RenderEntry(const EvidenceEntry& entry, const Redactor& redactor) {
  if (entry.exchange) return RenderExchange(entry, redactor);
  if (entry.command) return RenderCommand(entry, redactor);
  std::string text = entry.statement + "\n";
  if (entry.error) text += fmt::format("failed: {}\n", entry.error->Brief());
  return text;
}

}  // namespace

EvidenceWriter::EvidenceWriter(const Session& session) : session_(session) {
  ServiceLogs logs(session_);
  for (const auto& [service, endpoint] : session_.services) {
    if (const auto mark = logs.Mark(service)) marks_[service] = *mark;
  }
}

void EvidenceWriter::Close(const std::map<std::string, std::string>& instance_logs) {
  ServiceLogs logs(session_);
  for (const auto& [service, mark] : marks_) {
    // A log that cannot be read any more is missing evidence, not a judgement: the record's list shows that it is
    // absent.
    if (auto text = logs.Since(service, mark)) logs_[service] = std::move(*text);
  }
  Session instances;
  for (const auto& [name, log_file] : instance_logs) instances.services[name] = {"", log_file};
  ServiceLogs of_instances(instances);
  for (const auto& entry : instance_logs) {
    if (auto text = of_instances.Since(entry.first, 0)) logs_[entry.first] = std::move(*text);
  }
}

Result<std::vector<EvidenceFile>> EvidenceWriter::Write(const std::string& folder, const EvidenceLog& log,
                                                        const Redactor& redactor) const {
  std::vector<EvidenceFile> files;
  const auto write = [&](const std::string& name, const std::string& what, const std::string& text) -> Result<void> {
    if (text.empty()) return {};
    READINESS_RETURN_IF_ERROR(WriteFileAtomically(folder + "/" + name, text));
    files.push_back({name, what});
    return {};
  };

  std::string exchanges;
  int number = 0;
  for (const EvidenceEntry& entry : log.Entries()) {
    exchanges +=
        fmt::format("--- {}\n{}\n", ++number, Printable(redactor.Redact(RenderEntry(entry, redactor)), kMaxText));
  }
  if (log.dropped() > 0)
    exchanges += fmt::format(
        "--- {} entries between the first and the latest are left out; none right before a violation\n", log.dropped());
  READINESS_RETURN_IF_ERROR(write("exchanges.txt", "what the item did, in order", exchanges));

  for (const auto& [service, text] : logs_) {
    READINESS_RETURN_IF_ERROR(write(service + ".log", fmt::format("log of {} meanwhile, of all its callers", service),
                                    Printable(redactor.RedactTail(redactor.RedactHead(text)), kMaxLogTail)));
  }
  return files;
}

}  // namespace readiness
