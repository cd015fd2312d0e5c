#include "containers/run_containers.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <thread>

#include "base/text.h"
#include "containers/container_cli.h"
#include "engines/descriptor.h"

namespace readiness {
namespace {

// A request that the engine is still working on when its client is killed shows within this time.
constexpr Milliseconds kQuietTime{700};
constexpr Milliseconds kPause{100};
constexpr std::size_t kIdsPerCall = 200;

/// A kind of thing in the engine, in the order of removal: a network goes when nothing is connected to it.
struct Kind {
  const char* word;
  std::vector<std::string> list;
  std::vector<std::string> remove;
};

const std::vector<Kind>& Kinds() {
  static const std::vector<Kind> kinds{
      {"container", {"ps", "--all", "--no-trunc", "--quiet"}, {"rm", "--force", "--volumes"}},
      {"network", {"network", "ls", "--no-trunc", "--quiet"}, {"network", "rm"}},
      {"volume", {"volume", "ls", "--quiet"}, {"volume", "rm", "--force"}},
      {"image", {"images", "--no-trunc", "--quiet"}, {"rmi", "--force"}},
  };
  return kinds;
}

std::vector<std::string> Lines(const std::string& text) {
  std::set<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines.insert(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return {lines.begin(), lines.end()};
}

class Removal {
 public:
  Removal(const ContainerCli& cli, const std::string& run_id, Milliseconds deadline)
      : cli_(cli), filter_(fmt::format("label={}={}", kContainerLabel, run_id)), run_id_(run_id), deadline_(deadline) {}

  Result<int> Run(bool creating) {
    Deadline quiet(creating ? kQuietTime : Milliseconds(0));
    while (true) {
      const Result<bool> round = Round();
      if (!round && round.error().kind == ErrorKind::kTimeout && !left_.empty()) return TooLate();
      READINESS_ASSIGN(const bool found, round);
      if (found) quiet = Deadline(creating ? kQuietTime : Milliseconds(0));
      if (!found && quiet.Passed()) return static_cast<int>(containers_.size());
      if (deadline_.Passed()) return found ? TooLate() : static_cast<int>(containers_.size());
      if (!found) std::this_thread::sleep_for(std::min(kPause, quiet.Remaining()));
    }
  }

 private:
  /// Asks for the removal of everything that is there; was there something?
  Result<bool> Round() {
    std::vector<std::string> left;
    for (const Kind& kind : Kinds()) {
      READINESS_ASSIGN(const std::vector<std::string> ids, List(kind));
      if (ids.empty()) continue;
      left.push_back(fmt::format("{} {}(s), such as {}", ids.size(), kind.word, Printable(ids.front(), 80)));
      if (kind.word == Kinds().front().word) containers_.insert(ids.begin(), ids.end());
      Remove(kind, ids);
    }
    left_ = std::move(left);
    return !left_.empty();
  }

  Result<std::vector<std::string>> List(const Kind& kind) {
    std::vector<std::string> arguments = kind.list;
    arguments.insert(arguments.end(), {"--filter", filter_});
    READINESS_ASSIGN(const CliEnd listed, cli_.Docker(arguments, TimeOfCall()));
    return Lines(listed.output);
  }

  /// What it could not do shows in the next round: another one may be removing the same.
  void Remove(const Kind& kind, const std::vector<std::string>& ids) {
    for (std::size_t first = 0; first < ids.size() && !deadline_.Passed(); first += kIdsPerCall) {
      const std::size_t last = std::min(ids.size(), first + kIdsPerCall);
      std::vector<std::string> arguments = kind.remove;
      arguments.insert(arguments.end(), ids.begin() + static_cast<std::ptrdiff_t>(first),
                       ids.begin() + static_cast<std::ptrdiff_t>(last));
      const Result<CliEnd> removed = cli_.Docker(arguments, TimeOfCall());
      if (removed) continue;
      last_error_ = removed.error().actual;
      // Such as a network that another container has joined by hand: do not ask at full speed.
      std::this_thread::sleep_for(std::min(kPause, deadline_.Remaining()));
    }
  }

  Milliseconds TimeOfCall() const { return std::max(deadline_.Remaining(), Milliseconds(1)); }

  Result<int> TooLate() const {
    std::string left;
    for (const std::string& one : left_) left += (left.empty() ? "" : "; ") + one;
    if (!last_error_.empty()) left += "; the engine said: " + last_error_;
    return Fail(Error{ErrorKind::kTimeout,
                      fmt::format("what run {} has in the container engine is still there", run_id_), std::nullopt,
                      "nothing left in time", left, "run `readiness reap` when the engine is well"});
  }

  const ContainerCli& cli_;
  const std::string filter_;
  const std::string run_id_;
  const Deadline deadline_;
  std::set<std::string> containers_;
  std::vector<std::string> left_;  // as the last complete round saw it
  std::string last_error_;
};

}  // namespace

Result<int> RemoveRunContainers(const std::string& run_id, Milliseconds deadline, bool creating) {
  if (run_id.empty()) return Fail(ErrorKind::kInternal, "a run without an id has no containers");
  // Without the run's label: others who clean up beside us end what carries it.
  const Result<ContainerCli> cli = ContainerCli::FindDocker({});
  if (!cli) return 0;
  Result<int> removed = Removal(*cli, run_id, deadline).Run(creating);
  // No engine listens, so it has no containers that run; those that it may have after its next start are found then.
  if (!removed && removed.error().kind == ErrorKind::kNotAvailable) return 0;
  if (!removed && removed.error().kind != ErrorKind::kTimeout) removed.error().kind = ErrorKind::kEnvironment;
  return removed;
}

std::vector<std::string> ListRunsInContainers(Milliseconds deadline) {
  const Result<ContainerCli> cli = ContainerCli::FindDocker({});
  if (!cli) return {};
  const Deadline end(deadline);
  const std::vector<std::vector<std::string>> lists{{"ps", "--all"}, {"network", "ls"}, {"volume", "ls"}};
  std::string found;
  for (std::vector<std::string> arguments : lists) {
    arguments.insert(arguments.end(), {"--filter", fmt::format("label={}", kContainerLabel), "--format",
                                       fmt::format("{{{{.Label \"{}\"}}}}", kContainerLabel)});
    const Result<CliEnd> listed = cli->Docker(arguments, std::max(end.Remaining(), Milliseconds(1)));
    if (!listed) break;
    found += listed->output + "\n";
  }
  return Lines(found);
}

}  // namespace readiness
