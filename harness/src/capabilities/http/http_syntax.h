#pragma once
// The few grammar rules of HTTP that both sides of an exchange need. Pure; any thread.

#include <string>
#include <string_view>

namespace readiness {

/// RFC 9110 `token`: what methods and header names are made of.
bool IsHttpToken(std::string_view text);

/// Neither NUL, CR nor LF: nothing that could end a header early.
bool IsHeaderValue(std::string_view text);

/// ASCII only, as HTTP has it.
bool EqualsIgnoringCase(std::string_view left, std::string_view right);

/// Without spaces and tabs at both ends.
std::string_view TrimBlanks(std::string_view text);

}  // namespace readiness
