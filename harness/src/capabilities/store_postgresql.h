#pragma once
// A PostgreSQL database as a Store. Two sessions: observation is read-only by the server's own word, statements of
// actions write. Every statement has a deadline at the server, and one here in case the server does not answer any
// more. One thread.

#include <chrono>
#include <memory>
#include <string>

#include "definition/definition.h"
#include "readiness/stores.h"

namespace readiness {

struct PostgresqlDeadlines {
  std::chrono::milliseconds statement{5'000};
  std::chrono::milliseconds lock{3'000};
  std::chrono::milliseconds silence{8'000};  ///< of the server; more than `statement`
  std::chrono::seconds connect{5};           ///< for a connection to be made; libpq takes 1 for 2
};

/// The store called `name` at `url` (postgresql://...). Connects when first used, and again after the connection broke.
std::unique_ptr<Store> MakePostgresqlStore(std::string name, std::string url, TargetStore description,
                                           PostgresqlDeadlines deadlines = {});

inline constexpr std::size_t kMaxQueryRows = 10'000;
inline constexpr std::size_t kMaxQueryBytes = 64 * 1024 * 1024;
inline constexpr std::size_t kMinSearchedText = 6;
inline constexpr std::size_t kMaxSearchedText = 64 * 1024;

}  // namespace readiness
