#pragma once
// A thread of the supervisor that never blocks on the engine. It starts the janitor and starts another when that dies,
// and while the main thread is busy inside the engine (the target or an instance is being started, a store mended) it
// ends the whole supervisor as soon as nobody wants the run any more: the owner has ended, the lease is over, SIGTERM
// came or, during the start, `up` has ended. The engine's processes die with the supervisor, the janitor does the rest.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engines/descriptor.h"
#include "lifecycle/run_directory.h"

namespace readiness {

class Guard {
 public:
  /// Starts the janitor and the thread. `record` names the supervisor already; it is kept up to date in run.json from
  /// now on. `up`: the socket at whose other end `up` waits. `signalled`: readable once a signal has asked for the end.
  /// Both must outlive the guard.
  static Result<std::unique_ptr<Guard>> Start(const RunRecord& record, const std::string& run_directory, int up,
                                              int signalled);

  /// Stops the thread. The janitor lives on.
  ~Guard();

  /// From now on the main thread watches for the end. Does not return when the start is being abandoned.
  void StartIsOver();

  /// From now on, until the Busy is gone, the main thread does not watch for the end. Not while the target is started.
  class Busy {
   public:
    explicit Busy(Guard& guard) : guard_(guard) { guard_.Watch(true); }
    ~Busy() { guard_.Watch(false); }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    Guard& guard_;
  };

  /// Writes down that the run may have containers from now on. Errors: kEnvironment.
  Result<void> NoteContainers();

  /// Is there a janitor that will clean up after us?
  bool HasJanitor() const;

  /// Stops replacing janitors; call before ending.
  void Stop();

 private:
  Guard(const RunRecord& record, const std::string& run_directory, int up, int signalled)
      : record_(record), run_directory_(run_directory), up_(up), signalled_(signalled) {}

  Result<void> StartJanitor();
  void Run();
  void ReplaceJanitor();
  void Watch(bool watching);
  [[noreturn]] void Abandon(const std::string& why);
  void AbandonIfUnwanted(bool owner_ended, bool lease_over, bool told, bool up_ended);

  RunRecord record_;
  std::string run_directory_;
  int up_;
  int signalled_;
  Descriptor owner_;  ///< none for a lease
  Descriptor alarm_;
  Descriptor stop_;
  Descriptor janitor_;  ///< pidfd
  mutable std::mutex mutex_;
  bool starting_ = true;  // `up` waits
  bool watching_ = true;  // the main thread does not
  bool stopping_ = false;
  std::optional<int> janitor_pid_;
  int replaced_ = 0;
  std::thread thread_;
};

}  // namespace readiness
