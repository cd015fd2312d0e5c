#pragma once
// Foreign text as part of one line that people read: what a hostile target answered must not start a line of its own.

#include <cstddef>
#include <string>
#include <string_view>

namespace readiness {

/// Printable (base/text.h), with every run of white space as one space and none at the ends.
std::string OneLine(std::string_view foreign, std::size_t max_bytes = 500);

}  // namespace readiness
