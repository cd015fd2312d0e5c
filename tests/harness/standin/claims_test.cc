// The claim policy, the folding under it, the detectors and their wording: what needs neither database nor network.

#include <gtest/gtest.h>

#include "claims.h"
#include "decision.h"
#include "folding.h"
#include "utc_time.h"
#include "wording.h"

namespace readiness::ai_health {
namespace {

constexpr Grade kGrades[] = {Grade::kA, Grade::kB, Grade::kC, Grade::kD};

TEST(Folding, OneWordHoweverItIsWritten) {
  const std::string plain = FoldedWords("causes");
  const char* same[] = {"CAUSES",
                        "Causes.",
                        "ca\u200buses",
                        "ca\u00aduses",
                        "ca\u2060uses",
                        "c\u0430uses",  // Cyrillic a
                        "\u0441auses",  // Cyrillic es
                        "caus\u0435s",  // Cyrillic ie
                        "\uff43\uff41\uff55\uff53\uff45\uff53",
                        "c\u00e0uses",
                        "ca\u0301uses",
                        "\u24d2auses",
                        "\n causes\t"};
  for (const char* each : same) EXPECT_EQ(FoldedWords(each), plain) << each;
  EXPECT_NE(FoldedWords("c a u s e s").find(plain), std::string::npos);
  EXPECT_EQ(FoldedWordsWithoutMarkup("ca<b>us</b>es"), plain);
  EXPECT_EQ(FoldedWordsWithoutMarkup("**causes**"), plain);
  EXPECT_EQ(FoldedWords(""), " ");
  EXPECT_EQ(FoldedWords("\xff\xfe"), FoldedWords("\xff\xfe")) << "any bytes are taken";
  EXPECT_NE(FoldedWords("pauses"), plain);
}

struct Sentence {
  const char* text;
  Grade grade;
  bool allowed;
};

TEST(Claims, ByGrade) {
  const Sentence sentences[] = {
      {"Magnesium improves sleep.", Grade::kA, true},
      {"Sleep shows a rise.", Grade::kA, true},
      {"Caffeine correlates with\nshorter sleep.", Grade::kA, true},
      {"Magnesium approves of sleep and reduces stress.", Grade::kA, true},
      {"Magnesium causes sleep and shows it.", Grade::kA, false},
      {"It shows: MAGNESIUM PROVES IT!", Grade::kA, false},
      {"This shows that it cures, insomnia.", Grade::kA, false},
      {"Caffeine leads\n to shorter sleep and reduces it.", Grade::kA, false},
      {"Sleep was short.", Grade::kA, false},
      {"Magnesium may increase sleep.", Grade::kB, true},
      {"Magnesium appears to improve sleep, which is uncertain.", Grade::kB, true},
      {"Magnesium shows more sleep.", Grade::kB, false},
      {"Magnesium definitely may increase sleep.", Grade::kB, false},
      {"Magnesium might improve sleep.", Grade::kC, true},
      {"Magnesium possibly improves sleep.", Grade::kC, false},
      {"Magnesium possibly and significantly changes sleep.", Grade::kC, false},
      {"This could indicate more sleep.", Grade::kD, true},
      {"This could indicate what appears to be more sleep.", Grade::kD, false},
      {"An uncertain association with sleep.", Grade::kD, true},
  };
  for (const auto& [text, grade, allowed] : sentences)
    EXPECT_EQ(CheckGrade(text, grade).empty(), allowed) << ToString(grade) << ": " << text;
}

TEST(Claims, ByLevel) {
  struct Case {
    const char* text;
    int level;
    bool allowed;
  };
  const Case cases[] = {
      {"Sleep has declined over 10 days.", 1, true},
      {"We recommend more sleep.", 1, false},
      {"We recommended more sleep.", 1, false},
      {"Magnesium improves sleep.", 1, false},
      {"Late caffeine is associated with worse sleep.", 2, true},
      {"Late caffeine co-occurs with worse sleep.", 2, true},
      {"Late caffeine and worse sleep.", 2, false},
      {"Sleep appears to rise. Worth testing.", 3, true},
      {"Sleep may definitely rise.", 3, false},
      {"HRV improved by 12% with adherence of 85%.", 4, true},
      {"It changed and always works.", 4, false},
      {"It treats what changed.", 4, false},
      {"This has occurred three times consistently.", 5, true},
  };
  for (const auto& [text, level, allowed] : cases)
    EXPECT_EQ(CheckLevel(text, level).empty(), allowed) << level << ": " << text;
}

TEST(Claims, Advice) {
  for (const char* advice : {"Take 400 mg of magnesium.", "You should take it.", "Stop taking your medication.",
                             "2,5ml at night.", "Increase the dose.", "We recommend melatonin.", "T\u0430ke vitamins."})
    EXPECT_FALSE(CheckAdvice(advice).empty()) << advice;
  for (const char* harmless : {"Keep recording your sleep for 7 days.", "You may want to talk to a doctor.",
                               "Sleep was 300 minutes on average.", "Do you take it easy?"})
    EXPECT_TRUE(CheckAdvice(harmless).empty()) << harmless;
}

TEST(Claims, LevelsAndActions) {
  struct Case {
    std::optional<double> confidence;
    int level;
    const char* helpful;
    const char* unclear;
  };
  const Case cases[] = {{std::nullopt, 1, "extend", "extend"}, {0.0, 1, "extend", "extend"},
                        {0.3, 2, "extend", "extend"},          {0.5, 3, "adjust", "adjust"},
                        {0.59, 3, "adjust", "adjust"},         {0.6, 4, "continue", "adjust"},
                        {0.9, 5, "continue", "adjust"}};
  for (const auto& [confidence, level, helpful, unclear] : cases) {
    SCOPED_TRACE(confidence.value_or(-1));
    EXPECT_EQ(LevelOf(confidence), level);
    EXPECT_EQ(DecideNextStep("helpful", confidence, {}).action, helpful);
    EXPECT_EQ(DecideNextStep("unclear", confidence, {}).action, unclear);
    EXPECT_EQ(DecideNextStep("not_helpful", confidence, {}).action, "stop");
    EXPECT_EQ(DecideNextStep("insufficient_data", confidence, {}).action, "extend");
  }
}

/// `count` daily values ending now: `recent` for the last `days`, `before` until then; a little uneven.
std::vector<Sample> Daily(int count, int days, double before, double recent) {
  std::vector<Sample> samples;
  for (int day = count - 1; day >= 0; --day) samples.push_back({day + 0.01, (day < days ? recent : before) + day % 3});
  return samples;
}

TEST(Detectors, NeedPointsAndADifference) {
  const Metric& sleep = *FindMetric("sleep_duration");
  EXPECT_FALSE(ComputeBaseline(Daily(4, 0, 480, 480), 30));
  const auto flat = Daily(28, 0, 480, 480);
  const auto usual = ComputeBaseline(flat, 30);
  ASSERT_TRUE(usual);
  EXPECT_NEAR(usual->mean, 481, 0.1);
  EXPECT_FALSE(DetectAgainstBaseline(sleep, flat, *usual));
  EXPECT_FALSE(DetectAgainstBaseline(sleep, {}, *usual)) << "no values are no alarm";
  EXPECT_FALSE(DetectRedFlag(sleep, {}));
}

TEST(Detectors, FindWhatIsThere) {
  struct Case {
    const char* metric;
    std::vector<Sample> samples;
    const char* detector;
    const char* direction;
  };
  std::vector<Sample> rising;
  for (int day = 13; day >= 0; --day) rising.push_back({day + 0.01, 100.0 - 5 * day});
  const Case cases[] = {{"sleep_duration", Daily(28, 7, 480, 300), "change", "down"},
                        {"resting_hr", Daily(21, 7, 60, 101), "persistent_level", "up"},
                        {"hrv_rmssd", Daily(15, 7, 50, 18), "persistent_level", "down"},
                        {"steps", rising, "trend", "up"}};
  for (const auto& [key, samples, detector, direction] : cases) {
    SCOPED_TRACE(key);
    const Metric& metric = *FindMetric(key);
    const auto baseline = ComputeBaseline(samples, 30);
    ASSERT_TRUE(baseline);
    const auto finding = DetectAgainstBaseline(metric, samples, *baseline);
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->detector, detector);
    EXPECT_EQ(finding->direction, direction);
    EXPECT_GT(finding->confidence, 0);
    EXPECT_LE(finding->confidence, 1);
  }
  const auto alarm = DetectRedFlag(*FindMetric("resting_hr"), Daily(4, 4, 0, 120));
  ASSERT_TRUE(alarm);
  EXPECT_EQ(alarm->insight_type, "safety");
}

TEST(Wording, IsWithinThePolicyAtEveryGrade) {
  for (const Metric& metric : AllMetrics()) {
    for (const char* detector : {"change", "trend", "instability", "persistent_level", "red_flag"}) {
      for (const Grade grade : kGrades) {
        Finding finding;
        finding.insight_type = std::string(detector) == "red_flag" ? "safety" : "change";
        finding.detector = detector;
        finding.direction = "up";
        finding.strength = "strong";
        finding.window_days = 7;
        const Wording wording = Describe(metric, finding, {1, 10, 1, 30}, grade);
        EXPECT_TRUE(CheckGrade(wording.summary, grade).empty()) << wording.summary;
        for (const std::string& text :
             {wording.title, wording.explanation, wording.uncertainty, wording.suggested_next_step}) {
          EXPECT_TRUE(CheckOverclaiming(text, grade).empty()) << text;
          EXPECT_TRUE(CheckAdvice(text).empty()) << text;
        }
      }
    }
  }
}

TEST(Metrics, Units) {
  const Metric& sleep = *FindMetric("sleep_duration");
  EXPECT_EQ(ToCanonicalUnit(sleep, 8, "Hours"), 480.0);
  EXPECT_EQ(ToCanonicalUnit(sleep, 8, "minutes"), 8.0);
  EXPECT_FALSE(ToCanonicalUnit(sleep, 8, "bpm"));
  EXPECT_EQ(FindMetric("nothing"), nullptr);
}

TEST(UtcTime, Forms) {
  EXPECT_EQ(ToUtc("2026-11-19T06:30:00"), "2026-11-19 06:30:00.000000");
  EXPECT_EQ(ToUtc("2026-11-19T06:30:00+02:00"), "2026-11-19 04:30:00.000000");
  EXPECT_EQ(ToUtc("2026-02-30T06:30:00Z"), std::nullopt);
  EXPECT_EQ(ToUtc("yesterday"), std::nullopt);
}

}  // namespace
}  // namespace readiness::ai_health
