#pragma once
// Makes a record small enough to be kept and read again, whatever a hostile target put into it: long texts, deep or
// broken JSON details, endless lists. Says in the record what was cut. Pure.

#include <cstddef>

#include "judge/record.h"

namespace readiness {

/// Most that a record file may hold; ParseRecord refuses more.
constexpr std::size_t kMaxRecordBytes = 8 * 1024 * 1024;

struct RecordBounds {
  std::size_t text_bytes;
  std::size_t detail_bytes;  ///< of one observation's detail as compact JSON
  std::size_t entries;       ///< of each of controls, observations, violations, evidence
};

/// `record` with its texts, details and lists cut to `bounds`. Attempts are never dropped.
Record Bounded(const Record& record, const RecordBounds& bounds);

/// `text` cut to `max_bytes` between characters, with a note of what was cut.
std::string CutText(const std::string& text, std::size_t max_bytes);

}  // namespace readiness
