#include <gtest/gtest.h>

#include "readiness/testing.h"

READINESS_DECLARE_PROBE(totals_add_up);

namespace {

using readiness::testing::TestContext;

TEST(TotalsAddUp, Holds) {
  TestContext t({{"action", "list"}});
  t.actions.Answer("list", "*", 200, R"({"sales": [{"id": 1, "lines": [2, 3], "total": 5}]})");
  ASSERT_TRUE(readiness::probes::totals_add_up(t.context()));
  EXPECT_TRUE(t.findings.violations().empty());
  EXPECT_TRUE(t.Satisfied("has_sums"));
}

TEST(TotalsAddUp, Violated) {
  TestContext t({{"action", "list"}});
  t.actions.Answer("list", "*", 200, R"({"sales": [{"id": 1, "lines": [2, 3], "total": 2}]})");
  ASSERT_TRUE(readiness::probes::totals_add_up(t.context()));
  EXPECT_EQ(t.findings.violations().size(), 1U);
}

TEST(TotalsAddUp, Undecidable) {
  TestContext t({{"action", "list"}});
  t.actions.Answer("list", "*", 200, R"({"sales": []})");
  ASSERT_TRUE(readiness::probes::totals_add_up(t.context()));
  EXPECT_FALSE(t.Satisfied("has_sums"));
}

}  // namespace
