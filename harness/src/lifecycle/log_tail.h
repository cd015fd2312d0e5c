#pragma once
// The last lines of a log, for reasons. Raw bytes: redact and make printable before showing.

#include <string>

#include "base/redactor.h"

namespace readiness {

/// At most `max_bytes` of the end of `file`, from the start of a line. Empty when there is nothing to read or it is not
/// a regular file.
std::string ReadLogTail(const std::string& file, std::size_t max_bytes = 2048);

/// `reason`, with the tail of `log_file` below it if there is one, redacted and printable.
std::string ReasonWithLog(const std::string& reason, const std::string& log_file, const Redactor& redactor);

}  // namespace readiness
