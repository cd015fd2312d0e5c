#include "folding.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uspoof.h>

#include <memory>

namespace readiness::ai_health {
namespace {

struct CloseChecker {
  void operator()(USpoofChecker* checker) const { uspoof_close(checker); }
};

icu::UnicodeString Normalised(const icu::UnicodeString& text, const char* name, UNormalization2Mode mode) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normaliser = icu::Normalizer2::getInstance(nullptr, name, mode, status);
  if (U_FAILURE(status)) return text;
  icu::UnicodeString result = normaliser->normalize(text, status);
  return U_FAILURE(status) ? text : result;
}

/// Compatibility forms and letter case are folded, invisible characters dropped.
icu::UnicodeString FoldCase(const icu::UnicodeString& text) {
  return Normalised(text, "nfkc_cf", UNORM2_COMPOSE);
}

icu::UnicodeString WithoutAccents(const icu::UnicodeString& text) {
  const icu::UnicodeString decomposed = Normalised(text, "nfkc", UNORM2_DECOMPOSE);
  icu::UnicodeString bare;
  for (int32_t i = 0; i < decomposed.length(); i = decomposed.moveIndex32(i, 1)) {
    const UChar32 character = decomposed.char32At(i);
    const int8_t kind = u_charType(character);
    if (kind != U_NON_SPACING_MARK && kind != U_ENCLOSING_MARK && kind != U_FORMAT_CHAR) bare.append(character);
  }
  return bare;
}

/// Every character as the one that represents all its look-alikes.
icu::UnicodeString LookAlikesFolded(const icu::UnicodeString& text) {
  static const std::unique_ptr<USpoofChecker, CloseChecker> checker = [] {
    UErrorCode status = U_ZERO_ERROR;
    return std::unique_ptr<USpoofChecker, CloseChecker>(uspoof_open(&status));
  }();
  if (!checker) return text;
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString skeleton;
  uspoof_getSkeletonUnicodeString(checker.get(), 0, text, skeleton, &status);
  return U_FAILURE(status) ? text : skeleton;
}

/// " word word ": everything but letters and digits separates words; runs of single letters are joined in addition.
std::string Words(const icu::UnicodeString& text) {
  constexpr int kSpeltOut = 3;
  icu::UnicodeString words(' ');
  icu::UnicodeString word;
  icu::UnicodeString spelt;
  const auto end_spelling = [&] {
    if (spelt.countChar32() >= kSpeltOut) words.append(spelt).append(' ');
    spelt.remove();
  };
  const auto end_word = [&] {
    if (word.isEmpty()) return;
    words.append(word).append(' ');
    if (word.countChar32() == 1)
      spelt.append(word);
    else
      end_spelling();
    word.remove();
  };
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 character = text.char32At(i);
    if (u_isalnum(character))
      word.append(character);
    else
      end_word();
  }
  end_word();
  end_spelling();
  std::string utf8;
  return words.toUTF8String(utf8);
}

/// `text` without <tags> and without the characters that only emphasise.
icu::UnicodeString WithoutMarkup(const icu::UnicodeString& text) {
  icu::UnicodeString bare;
  for (int32_t i = 0; i < text.length(); ++i) {
    const char16_t c = text[i];
    const bool opens = c == u'<' && i + 1 < text.length() && (u_isalpha(text[i + 1]) || text[i + 1] == u'/');
    const int32_t close = opens ? text.indexOf(u'>', i) : -1;
    if (close >= 0)
      i = close;
    else if (c != u'*' && c != u'_' && c != u'~' && c != u'`')
      bare.append(c);
  }
  return bare;
}

std::string Fold(const icu::UnicodeString& text) {
  // Look-alikes of small letters may be capitals and the other way round, hence letter case twice.
  return Words(FoldCase(LookAlikesFolded(WithoutAccents(FoldCase(text)))));
}

icu::UnicodeString FromUtf8(std::string_view text) {
  return icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
}

}  // namespace

std::string FoldedWords(std::string_view text) {
  return Fold(FromUtf8(text));
}

std::string FoldedWordsWithoutMarkup(std::string_view text) {
  return Fold(WithoutMarkup(FromUtf8(text)));
}

}  // namespace readiness::ai_health
