#pragma once
// Loopback ports that this process alone hands out while it lives, agreed upon between runs of one user by lock files.
// One thread.

#include <optional>
#include <string>
#include <vector>

#include "engines/descriptor.h"
#include "readiness/result.h"

namespace readiness {

class PortReservations {
 public:
  /// `directory` holds the lock files; made when missing, with its last parent, both mode 0700. `holder` is written
  /// into them for others' errors.
  PortReservations(std::string directory, std::string holder)
      : directory_(std::move(directory)), holder_(std::move(holder)) {}

  /// As Engine::ReservePort.
  Result<int> Reserve(std::optional<int> fixed);

 private:
  Result<void> OpenDirectory();
  Result<std::optional<Descriptor>> Lock(int port, std::string* other);
  Result<int> ReserveFixed(int port);
  Result<int> ReserveAny();

  std::string directory_;
  std::string holder_;
  Descriptor opened_;
  std::vector<Descriptor> locks_;
};

/// Where all runs of this user on this machine keep them: not below TMPDIR, which may differ from run to run.
std::string PortLockDirectory();

struct PortRange {
  int first = 0;
  int last = 0;
};

/// Where to look for free ports when the system hands out `ephemeral` to outgoing connections: beside it if there is
/// room.
PortRange ChooseRange(PortRange ephemeral);

}  // namespace readiness
