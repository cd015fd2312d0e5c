#include "readiness/language.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace readiness {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> Found(const std::vector<std::string>& phrases, std::string_view text) {
  const auto finder = PhraseFinder::Make(phrases);
  if (!finder) return {"no finder: " + finder.error().Brief()};
  const auto hits = finder->FindIn(text);
  if (!hits) return {"no search: " + hits.error().Brief()};
  std::vector<std::string> found;
  for (const PhraseHit& hit : *hits) found.emplace_back(text.substr(hit.begin, hit.end - hit.begin));
  return found;
}

struct Case {
  const char* phrase;
  std::string_view text;
  std::string_view found;  // as it stands in the text; empty: nothing
};

void Check(const std::vector<Case>& cases) {
  for (const auto& [phrase, text, found] : cases) {
    SCOPED_TRACE(std::string(phrase) + " in: " + std::string(text));
    if (found.empty()) {
      EXPECT_THAT(Found({phrase}, text), IsEmpty());
    } else {
      EXPECT_THAT(Found({phrase}, text), ElementsAre(std::string(found)));
    }
  }
}

TEST(PhraseFinder, FindsHoweverItIsWritten) {
  Check({
      {"causes", "It causes this.", "causes"},
      {"causes", "causes", "causes"},
      {"causes", "(causes)", "causes"},
      {"causes", "\"causes\"", "causes"},
      {"causes", "well-causes", "causes"},
      {"causes", "it_causes_this", "causes"},
      {"causes", "CAUSES", "CAUSES"},
      {"causes", "CaUsEs", "CaUsEs"},
      {"CAUSES", "causes", "causes"},
      {"causes", "ca\u200buses", "ca\u200buses"},  // zero-width space
      {"causes", "c\u200ca\u200du\u2060s\ufeffes", "c\u200ca\u200du\u2060s\ufeffes"},
      {"causes", "\u200bcauses\u200b", "causes"},
      {"causes", "cau\u00adses", "cau\u00adses"},  // soft hyphen
      {"causes", "cau\u202eses", "cau\u202eses"},  // direction override
      {"causes", "c\ufe0fauses", "c\ufe0fauses"},  // variation selector
      {"causes", "cau\u3164ses", "cau\u3164ses"},  // Hangul filler
      {"causes", std::string_view("cau\0ses", 7), std::string_view("cau\0ses", 7)},
      {"causes", "cau\x08ses", "cau\x08ses"},
      {"causes", "cau\xffses", "cau\xffses"},                                                      // no UTF-8
      {"causes", "\uff43\uff41\uff55\uff53\uff45\uff53", "\uff43\uff41\uff55\uff53\uff45\uff53"},  // full width
      {"causes", "\uff23\uff21\uff35\uff33\uff25\uff33", "\uff23\uff21\uff35\uff33\uff25\uff33"},
      {"causes", "\u0441auses", "\u0441auses"},  // Cyrillic es
      {"causes", "c\u0430u\u0455\u0435\u0455", "c\u0430u\u0455\u0435\u0455"},
      {"causes", "\u0421\u0410US\u0415S", "\u0421\u0410US\u0415S"},  // Cyrillic capitals
      {"proves", "\u03c1r\u03bfves", "\u03c1r\u03bfves"},            // Greek rho and omicron
      {"proves", "pro\u03bdes", "pro\u03bdes"},                      // Greek nu
      {"treats", "\u0422R\u0395\u0391\u03a4S", "\u0422R\u0395\u0391\u03a4S"},
      {"treats", "\u0442reat\u0455", "\u0442reat\u0455"},                             // Cyrillic small te
      {"increases", "\u0406ncreases", "\u0406ncreases"},                              // Cyrillic capital I
      {"kills", "\u043aills", "\u043aills"},                                          // Cyrillic ka
      {"guarantees", "\u0261uarantees", "\u0261uarantees"},                           // IPA g
      {"cures", "\u1d04\u1d1c\u0280\u1d07\ua731", "\u1d04\u1d1c\u0280\u1d07\ua731"},  // small capitals
      {"cures", "\U0001d41c\U0001d42e\U0001d42b\U0001d41e\U0001d42c",
       "\U0001d41c\U0001d42e\U0001d42b\U0001d41e\U0001d42c"},                         // mathematical bold
      {"cures", "\u24d2\u24e4\u24e1\u24d4\u24e2", "\u24d2\u24e4\u24e1\u24d4\u24e2"},  // circled
      {"cures", "\U0001f172\U0001f184\U0001f181\U0001f174\U0001f182",
       "\U0001f172\U0001f184\U0001f181\U0001f174\U0001f182"},  // white on black
      {"fixes", "\ufb01xes", "\ufb01xes"},                     // ligature
      {"causes", "c\u00e4us\u00e9s", "c\u00e4us\u00e9s"},      // accents
      {"causes", "ca\u0308u\u0336ses", "ca\u0308u\u0336ses"},  // combining marks
      {"strasse", "Stra\u00dfe", "Stra\u00dfe"},
      {"heals", "heaIs", "heaIs"},  // capital I for l
      {"heals", "hea1s", "hea1s"},
      {"clinically proven", "cl1nically pr0ven", "cl1nically pr0ven"},
      {"causes", "c@u$es", "c@u$es"},
      {"causes", "cau<b>ses</b>", "cau<b>ses"},
      {"causes", "<b>causes</b>", "causes"},
      {"causes", "cau<!-- x -->ses", "cau<!-- x -->ses"},
      {"causes", "cau<span class=\"x\">ses", "cau<span class=\"x\">ses"},
      {"causes", "im<br>causes", "causes"},
      {"causes", "cau&shy;ses", "cau&shy;ses"},
      {"causes", "c&#97;u&#x73;es", "c&#97;u&#x73;es"},
      {"causes", "cau&ZeroWidthSpace;ses", "cau&ZeroWidthSpace;ses"},
      {"causes", "c**au**ses", "c**au**ses"},
      {"causes", "**causes**", "causes"},
      {"causes", "`causes`", "causes"},
      {"causes", "_causes_", "causes"},
      {"causes", "cau-\nses", "cau-\nses"},
      {"causes", "<img alt=\"causes\">", "causes"},
      {"causes", "<causes>", "causes"},
      {"don't", "Don\u2019t", "Don\u2019t"},
      {"don't", "dont", "dont"},
      {"500 mg", "500 mg", "500 mg"},
      {"will cure", "will   cure", "will   cure"},
      {"will cure", "will\n\tcure", "will\n\tcure"},
      {"will cure", "will\u00a0cure", "will\u00a0cure"},
      {"will cure", "will-cure", "will-cure"},
      {"will cure", "will<br/>cure", "will<br/>cure"},
      {"will cure", "will *cure*", "will *cure"},
      {"will cure", "will \"cure\"", "will \"cure"},
      {"stop taking your medication", "STOP taking\nyour <i>medication</i>!", "STOP taking\nyour <i>medication"},
  });
}

TEST(PhraseFinder, DoesNotFindWhatIsNotThere) {
  Check({
      {"proves", "improves", ""},
      {"proves", "IMPROVES", ""},
      {"proves", "im<b>proves</b>", ""},
      {"proves", "im**proves**", ""},
      {"proves", "im\u200bproves", ""},
      {"proves", "im\u00adproves", ""},
      {"proves", "im-\nproves", ""},
      {"proves", "\u0456mproves", ""},
      {"proves", "proven", ""},
      {"proves", "prove", ""},
      {"proves", "proves2", ""},
      {"cause", "because", ""},
      {"cause", "causes", ""},
      {"cause", "caused", ""},
      {"causes", "c auses", ""},
      {"cures", "secures", ""},
      {"cures", "procures", ""},
      {"cure", "obscure", ""},
      {"cure", "cure's", ""},
      {"heals", "he als", ""},
      {"heals", "heal s", ""},
      {"will cure", "will. Cure", ""},
      {"will cure", "will, cure", ""},
      {"will cure", "will (cure)", ""},
      {"will cure", "will not cure", ""},
      {"will cure", "cure will", ""},
      {"will cure", "will", ""},
      {"will cure", "goodwill cure", ""},
      {"will cure", "will <img title=\"x\"> obscure", ""},
      {"lo", "10", ""},  // a number is a number
      {"so", "50", ""},
      {"all", "ail", ""},
      {"causes", "", ""},
      {"causes", "\u200b", ""},
      {"causes", "<", ""},
      {"causes", "&", ""},
      {"causes", "&#xffffffff;", ""},
      {"causes", "&#0;", ""},
      {"causes", "\u043f\u0440\u0438\u0447\u0438\u043d\u0430", ""},  // a Russian word
  });
}

TEST(PhraseFinder, TellsEveryPlaceInOrder) {
  EXPECT_THAT(Found({"will cure", "cure", "proves"}, "It proves: will cure, Cure."),
              ElementsAre("proves", "will cure", "cure", "Cure"));
  const auto finder = PhraseFinder::Make({"a b"});
  EXPECT_EQ(*finder->FindIn("x a b"), (std::vector<PhraseHit>{{"a b", 2, 5}}));
}

TEST(PhraseFinder, RefusesPhrasesWithoutWords) {
  for (const auto& phrases : std::vector<std::vector<std::string>>{
           {}, {""}, {"causes", "\u200b"}, {"*"}, {"..."}, std::vector<std::string>(kMaxPhrases + 1, "a")}) {
    const auto finder = PhraseFinder::Make(phrases);
    ASSERT_FALSE(finder);
    EXPECT_EQ(finder.error().kind, ErrorKind::kDefinition);
  }
}

TEST(PhraseFinder, HostileTextIsBounded) {
  const auto finder = PhraseFinder::Make({"causes", "will cure"});
  EXPECT_EQ(finder->FindIn(std::string(kMaxSearchedText + 1, 'a')).error().kind, ErrorKind::kLimit);
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "causes ";
  EXPECT_THAT(*finder->FindIn(many), SizeIs(kMaxPhraseHits));
  const auto begin = std::chrono::steady_clock::now();
  for (const char* unit : {"<a", "<!--", "&#x", "&", "-\n", "*", "\u0441", "will ", "\xff", "a\u0300", "-     "}) {
    std::string text;
    while (text.size() < kMaxSearchedText / 8) text += unit;
    EXPECT_TRUE(finder->FindIn(text)) << unit;
  }
  // Quadratic would be hours.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(FoldText, ShowsWhatIsCompared) {
  EXPECT_EQ(FoldText("\uff23\u0410USES\u200b  it \u2014 <b>now</b>!"), "causes it now b b");
  EXPECT_EQ(FoldText(""), "");
}

}  // namespace
}  // namespace readiness
