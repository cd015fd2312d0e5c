#pragma once
// How text and paths are shown to people by the reports. Pure.

#include <cstddef>
#include <string>
#include <string_view>

namespace readiness {

/// Columns that `text` (valid UTF-8) takes on a terminal: wide characters two, combining ones none. An estimate.
std::size_t DisplayWidth(std::string_view text);

/// `text` in exactly `width` columns: padded with spaces, or cut with an ellipsis.
std::string Fit(std::string_view text, std::size_t width);

/// `path` without the folder `folder` in front, if it lies in it.
std::string ShortPath(const std::string& path, const std::string& folder);

/// Foreign text as lines of their own, each after the first preceded by `indent`; long ones are cut. Safe for a
/// terminal.
std::string Block(std::string_view foreign, std::size_t indent, std::size_t max_bytes = 2000,
                  std::size_t max_lines = 24);

}  // namespace readiness
