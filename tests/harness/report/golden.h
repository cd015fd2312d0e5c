#pragma once
// Compares text with a golden file. Approve what a change intends with `READINESS_APPROVE_GOLDENS=1 ctest -L own -R
// report_test`.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/files.h"

namespace readiness {

inline void ExpectGolden(const std::string& name, const std::string& actual) {
  const std::string file = std::string(READINESS_GOLDENS) + "/" + name;
  if (std::getenv("READINESS_APPROVE_GOLDENS") != nullptr) {
    const Result<void> written = WriteFileAtomically(file, actual);
    ASSERT_TRUE(written) << RenderError(written.error());
    return;
  }
  const Result<std::string> golden = ReadFile(file);
  ASSERT_TRUE(golden) << RenderError(golden.error());
  EXPECT_EQ(actual, *golden) << "differs from " << file;
}

}  // namespace readiness
