#include "language/unicode.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <memory>

namespace readiness::language {
namespace {

struct LookAlike {
  char32_t code;
  char latin;
};
// Letters that look like a Latin one and that Unicode's confusables do not send there: small capitals, because they are
// confusable with each other only; small letters whose capitals are; capital I, which confusables take for an l.
constexpr std::array kLookAlikes = {
    LookAlike{U'Ι', 'i'}, LookAlike{U'κ', 'k'}, LookAlike{U'η', 'n'}, LookAlike{U'τ', 't'}, LookAlike{U'ω', 'w'},
    LookAlike{U'ε', 'e'}, LookAlike{U'χ', 'x'}, LookAlike{U'І', 'i'}, LookAlike{U'в', 'b'}, LookAlike{U'к', 'k'},
    LookAlike{U'м', 'm'}, LookAlike{U'н', 'h'}, LookAlike{U'т', 't'}, LookAlike{U'Ӏ', 'i'}, LookAlike{U'п', 'n'},
    LookAlike{U'ɴ', 'n'}, LookAlike{U'ʀ', 'r'}, LookAlike{U'ʙ', 'b'}, LookAlike{U'ʜ', 'h'}, LookAlike{U'ʟ', 'l'},
    LookAlike{U'ʏ', 'y'}, LookAlike{U'ɢ', 'g'}, LookAlike{U'ɪ', 'i'}, LookAlike{U'ᴀ', 'a'}, LookAlike{U'ᴄ', 'c'},
    LookAlike{U'ᴅ', 'd'}, LookAlike{U'ᴇ', 'e'}, LookAlike{U'ᴊ', 'j'}, LookAlike{U'ᴋ', 'k'}, LookAlike{U'ᴍ', 'm'},
    LookAlike{U'ᴏ', 'o'}, LookAlike{U'ᴘ', 'p'}, LookAlike{U'ᴛ', 't'}, LookAlike{U'ᴜ', 'u'}, LookAlike{U'ᴠ', 'v'},
    LookAlike{U'ᴡ', 'w'}, LookAlike{U'ᴢ', 'z'}, LookAlike{U'ꜰ', 'f'}, LookAlike{U'ꜱ', 's'}};

struct SpoofCloser {
  void operator()(USpoofChecker* checker) const { uspoof_close(checker); }
};

// Opened once: loading the confusables is what costs. It is only read, which ICU allows from any thread.
const USpoofChecker* Confusables() {
  static const std::unique_ptr<USpoofChecker, SpoofCloser> checker = [] {
    UErrorCode error = U_ZERO_ERROR;
    return std::unique_ptr<USpoofChecker, SpoofCloser>(uspoof_open(&error));
  }();
  return checker.get();
}

std::u16string ToUtf16(char32_t code) {
  std::u16string text;
  if (code > 0xffff) {
    text += static_cast<char16_t>(0xd7c0 + (code >> 10));
    text += static_cast<char16_t>(0xdc00 + (code & 0x3ff));
  } else {
    text += static_cast<char16_t>(code);
  }
  return text;
}

std::u32string ToUtf32(const char16_t* text, int length) {
  std::u32string codes;
  for (int at = 0; at < length;) {
    UChar32 code = 0;
    U16_NEXT(text, at, length, code);
    codes += static_cast<char32_t>(code);
  }
  return codes;
}

/// Letters in circles and squares that are white on black have no decomposition.
char32_t Plain(char32_t code) {
  for (const char32_t first : {U'\U0001f150', U'\U0001f170', U'\U0001f1e6'}) {
    if (code >= first && code < first + 26) return U'a' + (code - first);
  }
  return code;
}

std::u32string Decomposed(char32_t code) {
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* normaliser = unorm2_getNFKDInstance(&error);
  const std::u16string text = ToUtf16(code);
  std::array<char16_t, 64> result{};
  const int length = unorm2_normalize(normaliser, text.data(), static_cast<int>(text.size()), result.data(),
                                      static_cast<int>(result.size()), &error);
  if (U_FAILURE(error)) return std::u32string(1, code);
  return ToUtf32(result.data(), length);
}

/// The Latin letters that `code` looks like, in lower case; empty: none.
std::u32string LatinLike(char32_t code) {
  const auto* known =
      std::find_if(kLookAlikes.begin(), kLookAlikes.end(), [&](const LookAlike& one) { return one.code == code; });
  if (known != kLookAlikes.end()) return std::u32string(1, static_cast<char32_t>(known->latin));
  if (Confusables() == nullptr) return {};
  UErrorCode error = U_ZERO_ERROR;
  const std::u16string text = ToUtf16(code);
  std::array<char16_t, 64> result{};
  const int length = uspoof_getSkeleton(Confusables(), 0, text.data(), static_cast<int>(text.size()), result.data(),
                                        static_cast<int>(result.size()), &error);
  if (U_FAILURE(error)) return {};
  std::u32string skeleton;
  for (const char32_t one : ToUtf32(result.data(), length)) {
    if (one > 0x7f || !u_isalpha(static_cast<UChar32>(one))) return {};
    skeleton += static_cast<char32_t>(u_tolower(static_cast<UChar32>(one)));
  }
  return skeleton;
}

std::u32string CaseFolded(char32_t code) {
  UErrorCode error = U_ZERO_ERROR;
  const std::u16string text = ToUtf16(code);
  std::array<char16_t, 16> result{};
  const int length = u_strFoldCase(result.data(), static_cast<int>(result.size()), text.data(),
                                   static_cast<int>(text.size()), U_FOLD_CASE_DEFAULT, &error);
  if (U_FAILURE(error)) return std::u32string(1, code);
  return ToUtf32(result.data(), length);
}

bool IsMark(char32_t code) {
  const auto type = u_charType(static_cast<UChar32>(code));
  return type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK;
}

}  // namespace

Character DecodeNext(std::string_view text, std::size_t& at) {
  // ICU counts in int32_t; the text is far shorter.
  auto next = static_cast<std::int32_t>(at);
  UChar32 code = 0;
  U8_NEXT(reinterpret_cast<const std::uint8_t*>(text.data()), next, static_cast<std::int32_t>(text.size()), code);
  const Character character{code < 0 ? U'\ufffd' : static_cast<char32_t>(code), at, static_cast<std::size_t>(next)};
  at = character.end;
  return character;
}

std::string Encode(std::u32string_view codes) {
  std::string text;
  for (const char32_t code : codes) {
    std::array<std::uint8_t, U8_MAX_LENGTH> bytes{};
    std::int32_t length = 0;
    U8_APPEND_UNSAFE(bytes.data(), length, static_cast<UChar32>(code));
    text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
  }
  return text;
}

bool IsSpace(char32_t code) {
  constexpr char32_t kBrailleBlank = 0x2800;
  return code == kBrailleBlank || u_isUWhiteSpace(static_cast<UChar32>(code)) != 0;
}

bool IsIgnorable(char32_t code) {
  if (code < 0x80) return (code < 0x20 || code == 0x7f) && !IsSpace(code);
  if (code == U'\ufffd') return true;
  const auto type = u_charType(static_cast<UChar32>(code));
  return type == U_FORMAT_CHAR || (type == U_CONTROL_CHAR && !IsSpace(code)) ||
         u_hasBinaryProperty(static_cast<UChar32>(code), UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0;
}

bool IsWordCharacter(char32_t code) {
  return u_isalnum(static_cast<UChar32>(code)) != 0;
}

bool IsLowerCase(char32_t code) {
  return u_islower(static_cast<UChar32>(code)) != 0;
}

bool IsDash(char32_t code) {
  return u_hasBinaryProperty(static_cast<UChar32>(code), UCHAR_DASH) != 0;
}

std::u32string Fold(char32_t code) {
  if (code < 0x80) return std::u32string(1, static_cast<char32_t>(u_tolower(static_cast<UChar32>(code))));
  std::u32string folded;
  for (const char32_t part : Decomposed(Plain(code))) {
    if (IsMark(part)) continue;
    std::u32string latin = part < 0x80 ? std::u32string() : LatinLike(part);
    folded += latin.empty() ? CaseFolded(part) : latin;
  }
  return folded;
}

}  // namespace readiness::language
