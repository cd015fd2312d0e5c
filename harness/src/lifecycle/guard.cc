#include "lifecycle/guard.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "containers/container_cli.h"
#include "engines/engine.h"
#include "lifecycle/process.h"
#include "lifecycle/respawn.h"
#include "lifecycle/state_update.h"
#include "lifecycle/wakeup.h"

namespace readiness {
namespace {

constexpr int kMostJanitors = 100;

}  // namespace

Result<std::unique_ptr<Guard>> Guard::Start(const RunRecord& record, const std::string& run_directory, int up,
                                            int signalled) {
  std::unique_ptr<Guard> guard(new Guard(record, run_directory, up, signalled));
  READINESS_ASSIGN(guard->stop_, MakeWakeup());
  READINESS_ASSIGN(guard->alarm_, MakeAlarm(record.owner.lease_until));
  if (!record.owner.lease_until) {
    READINESS_ASSIGN(std::optional<Descriptor> owner, OpenPidfd(record.owner.process));
    if (!owner) return Fail(ErrorKind::kEnvironment, "the run's owner has already ended");
    guard->owner_ = std::move(*owner);
  }
  READINESS_RETURN_IF_ERROR(guard->StartJanitor());
  guard->thread_ = std::thread([raw = guard.get()] { raw->Run(); });
  return guard;
}

Guard::~Guard() {
  Stop();
}

void Guard::Stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  Wake(stop_.get());
  thread_.join();
}

void Guard::StartIsOver() {
  const std::lock_guard lock(mutex_);
  starting_ = false;
  watching_ = false;
  Wake(stop_.get());
}

void Guard::Watch(bool watching) {
  const std::lock_guard lock(mutex_);
  watching_ = watching;
  Wake(stop_.get());
}

Result<void> Guard::NoteContainers() {
  const std::lock_guard lock(mutex_);
  record_.containers = true;
  return WriteRunRecord(run_directory_, record_);
}

bool Guard::HasJanitor() const {
  const std::lock_guard lock(mutex_);
  return IsAlive(record_.janitor);
}

Result<void> Guard::StartJanitor() {
  SpawnOptions options;
  options.arguments = {"janitor", "--run-directory", run_directory_};
  options.environment = ContainerEnvironment();
  options.environment[kRunLabel] = record_.run_id;
  READINESS_ASSIGN(const int pid, SpawnSelf(options));
  Result<ProcessIdentity> identity = Identify(pid);
  const std::lock_guard lock(mutex_);
  janitor_pid_ = pid;
  if (!identity) return Fail(identity.error());
  record_.janitor = *identity;
  READINESS_ASSIGN(std::optional<Descriptor> pidfd, OpenPidfd(*identity));
  if (!pidfd) return Fail(ErrorKind::kEnvironment, "the janitor ended at once");
  janitor_ = std::move(*pidfd);
  return WriteRunRecord(run_directory_, record_);
}

void Guard::ReplaceJanitor() {
  janitor_.Close();
  if (janitor_pid_) {
    while (::waitpid(*janitor_pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    janitor_pid_.reset();
  }
  // A run whose directory is gone needs no other: the main thread ends it.
  if (++replaced_ > kMostJanitors || ::access(run_directory_.c_str(), F_OK) != 0) return;
  const Result<void> started = StartJanitor();
  if (!started) fmt::print(stderr, "cannot replace the janitor: {}\n", started.error().Brief());
}

void Guard::Abandon(const std::string& why) {
  const std::string reason = (starting_ ? "the start was abandoned: " : "the run has ended: ") + why;
  (void)MarkEnded(record_.state_directory, record_.run_id, reason);
  fmt::print(stderr, "{}\n", reason);
  // Not exit: destructors would wait for the engine, which the main thread is inside of.
  ::_exit(1);
}

void Guard::AbandonIfUnwanted(bool owner_ended, bool lease_over, bool told, bool up_ended) {
  // Held until the end of the process, so that the main thread cannot go on meanwhile.
  const std::lock_guard lock(mutex_);
  if (!watching_) return;
  if (owner_ended) Abandon("its owner, " + record_.owner.description + ", has ended");
  if (lease_over) Abandon("the lease is over");
  if (told) Abandon("it was told to end");
  if (up_ended && starting_) Abandon("`readiness up` has ended");
}

void Guard::Run() {
  for (;;) {
    bool starting = false;
    bool watching = false;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      starting = starting_;
      watching = watching_;
    }
    const auto when_watching = [&](int descriptor) { return watching ? descriptor : -1; };
    std::array<pollfd, 6> entries{{{stop_.get(), POLLIN, 0},
                                   {janitor_ ? janitor_.get() : -1, POLLIN, 0},
                                   {when_watching(owner_.get()), POLLIN, 0},
                                   {when_watching(alarm_.get()), POLLIN, 0},
                                   {when_watching(signalled_), POLLIN, 0},
                                   {starting ? up_ : -1, POLLIN | POLLRDHUP, 0}}};
    if (::poll(entries.data(), entries.size(), -1) < 0) continue;
    if (entries[0].revents != 0) {
      Drain(stop_.get());
      continue;
    }
    AbandonIfUnwanted(entries[2].revents != 0, entries[3].revents != 0, entries[4].revents != 0,
                      entries[5].revents != 0);
    if (entries[1].revents != 0) ReplaceJanitor();
  }
}

}  // namespace readiness
