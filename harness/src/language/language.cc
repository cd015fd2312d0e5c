#include "readiness/language.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/text.h"
#include "language/markup.h"
#include "language/unicode.h"

namespace readiness {
namespace {

using language::Character;

/// A letter or digit of a word, folded.
struct Letter {
  char32_t code = 0;
  bool may_be_l = false;  ///< a capital I among small letters
};

struct Word {
  std::vector<Letter> letters;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool apart = false;  ///< something that no phrase spans stands before it
};

/// Signs that stand between the words of a phrase without ending it.
bool IsSoft(char32_t code) {
  static constexpr std::u32string_view kSoft = U"_/\"'\u2018\u2019\u201c\u201d\u00ab\u00bb&+#";
  return language::IsSpace(code) || language::IsDash(code) || kSoft.find(code) != std::u32string_view::npos;
}

bool IsApostrophe(char32_t code) {
  return code == U'\'' || code == U'\u2019' || code == U'\u02bc';
}

/// Signs that stand for a letter when they stand among letters.
bool StandsForLetter(char32_t code) {
  return code == U'@' || code == U'$' || code == U'|';
}

/// Cuts characters into words.
class WordReader {
 public:
  std::vector<Word> Read(std::vector<Character> characters) {
    std::erase_if(characters,
                  [](const Character& one) { return one.code != language::kBreak && language::IsIgnorable(one.code); });
    for (std::size_t i = 0; i < characters.size();) i = ReadOne(characters, i);
    EndWord();
    return std::move(words_);
  }

 private:
  /// Takes the character at `i`; where the next one is.
  std::size_t ReadOne(const std::vector<Character>& characters, std::size_t i) {
    const Character& one = characters[i];
    const std::u32string& folded = Folded(one.code);
    const bool in_word = !word_.letters.empty();
    if (folded.empty()) return i + 1;  // a mark upon the letter before it
    if (std::all_of(folded.begin(), folded.end(), &language::IsWordCharacter)) {
      const bool capital_i = one.code == U'I' && in_word && after_small_letter_;
      for (const char32_t code : folded) word_.letters.push_back({code, capital_i});
      if (word_.letters.size() == folded.size()) word_.begin = one.begin;
      word_.end = one.end;
      after_small_letter_ = language::IsLowerCase(one.code) || capital_i;
      return i + 1;
    }
    const bool letter_follows = i + 1 < characters.size() && language::IsWordCharacter(characters[i + 1].code);
    if (in_word && letter_follows && IsApostrophe(one.code)) return i + 1;
    if (in_word && letter_follows && StandsForLetter(one.code)) {
      word_.letters.push_back({one.code, false});
      return i + 1;
    }
    if (in_word && language::IsDash(one.code)) {
      if (const std::size_t next = AfterHyphenation(characters, i)) return next;
    }
    EndWord();
    apart_ = apart_ || !IsSoft(one.code);
    return i + 1;
  }

  /// Where a word goes on that is divided at the end of a line by the hyphen at `i`; 0: it is not.
  static std::size_t AfterHyphenation(const std::vector<Character>& characters, std::size_t i) {
    bool line_end = false;
    for (++i; i < characters.size() && language::IsSpace(characters[i].code); ++i) {
      line_end = line_end || characters[i].code == U'\n';
    }
    return line_end && i < characters.size() && language::IsLowerCase(characters[i].code) ? i : 0;
  }

  void EndWord() {
    after_small_letter_ = false;
    if (word_.letters.empty()) return;
    word_.apart = apart_;
    apart_ = false;
    words_.push_back(std::move(word_));
    word_ = {};
  }

  const std::u32string& Folded(char32_t code) {
    const auto found = folded_.find(code);
    if (found != folded_.end()) return found->second;
    return folded_.emplace(code, language::Fold(code)).first->second;
  }

  std::vector<Word> words_;
  Word word_;
  bool apart_ = false;
  bool after_small_letter_ = false;
  std::unordered_map<char32_t, std::u32string> folded_;
};

std::vector<Word> WordsOf(std::string_view text) {
  return WordReader().Read(language::WithoutMarkup(text));
}

std::u32string Plain(const Word& word) {
  std::u32string plain;
  for (const Letter& letter : word.letters) plain += letter.code;
  return plain;
}

/// Is `letter` of a text read as `wanted`? Digits and signs pass for the letters that they look like.
bool ReadsAs(const Letter& letter, char32_t wanted) {
  if (letter.code == wanted || (letter.may_be_l && wanted == U'l')) return true;
  switch (letter.code) {
    case U'0':
      return wanted == U'o';
    case U'1':
    case U'|':
      return wanted == U'l' || wanted == U'i';
    case U'3':
      return wanted == U'e';
    case U'4':
    case U'@':
      return wanted == U'a';
    case U'5':
    case U'$':
      return wanted == U's';
    default:
      return false;
  }
}

bool ReadsAs(const Word& word, const std::u32string& wanted) {
  // What is all digits is a number.
  const bool letters = std::any_of(word.letters.begin(), word.letters.end(),
                                   [](const Letter& letter) { return letter.code < U'0' || letter.code > U'9'; });
  return std::equal(
      word.letters.begin(), word.letters.end(), wanted.begin(), wanted.end(),
      [&](const Letter& letter, char32_t code) { return letters ? ReadsAs(letter, code) : letter.code == code; });
}

bool StandsAt(const std::vector<Word>& words, std::size_t at, const std::vector<std::u32string>& phrase) {
  if (phrase.size() > words.size() - at) return false;
  for (std::size_t i = 0; i < phrase.size(); ++i) {
    if ((i > 0 && words[at + i].apart) || !ReadsAs(words[at + i], phrase[i])) return false;
  }
  return true;
}

}  // namespace

Result<PhraseFinder> PhraseFinder::Make(const std::vector<std::string>& phrases) {
  if (phrases.empty() || phrases.size() > kMaxPhrases) {
    return Fail(ErrorKind::kDefinition,
                fmt::format("{} phrases to look for; 1 to {} are possible", phrases.size(), kMaxPhrases));
  }
  PhraseFinder finder;
  for (const std::string& text : phrases) {
    Phrase phrase{text, {}};
    for (const Word& word : WordsOf(text)) phrase.words.push_back(Plain(word));
    if (phrase.words.empty()) {
      return Fail(ErrorKind::kDefinition, fmt::format("there is no word in the phrase \"{}\"", Printable(text, 100)));
    }
    finder.phrases_.push_back(std::move(phrase));
  }
  return finder;
}

Result<std::vector<PhraseHit>> PhraseFinder::FindIn(std::string_view text) const {
  if (text.size() > kMaxSearchedText) {
    return Fail(ErrorKind::kLimit, fmt::format("a text of {} bytes is too long to be searched; at most {}", text.size(),
                                               kMaxSearchedText));
  }
  std::vector<PhraseHit> hits;
  const std::vector<Word> words = WordsOf(text);
  for (std::size_t at = 0; at < words.size(); ++at) {
    for (const Phrase& phrase : phrases_) {
      if (!StandsAt(words, at, phrase.words)) continue;
      hits.push_back({phrase.text, words[at].begin, words[at + phrase.words.size() - 1].end});
      if (hits.size() == kMaxPhraseHits) return hits;
    }
  }
  std::stable_sort(hits.begin(), hits.end(), [](const PhraseHit& a, const PhraseHit& b) { return a.begin < b.begin; });
  return hits;
}

std::string FoldText(std::string_view text) {
  std::string folded;
  for (const Word& word : WordsOf(text)) {
    if (!folded.empty()) folded += ' ';
    folded += language::Encode(Plain(word));
  }
  return folded;
}

}  // namespace readiness
