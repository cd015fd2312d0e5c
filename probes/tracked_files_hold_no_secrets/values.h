#pragma once
// What names and values say by themselves: is this the name of a secret, does this stand for a credential? Pure.

#include <string>
#include <string_view>

namespace readiness::secrets {

std::string Lower(std::string_view text);
/// Without blanks around it, and then without quotes around that.
std::string Unquoted(std::string text);

bool NamesSecret(std::string_view name);
/// Does `text` hold such a name?
bool MentionsSecret(std::string_view text);

/// A value that stands there, not a reference to one: "${NAME}", "${NAME:?why}", "${{ secrets.NAME }}", "$(NAME)".
bool IsLiteral(const std::string& value);
/// What "${NAME:-value}" falls back to, or the value itself.
std::string Fallback(const std::string& value);
/// A boolean, a small number, nothing.
bool IsSwitch(const std::string& value);
/// A word that stands for a credential, or the well-known one of a local test: "change-me", "<yours>", "postgres".
bool IsPlaceholder(const std::string& value);
/// Does it hold a long run of letters and digits, as no word of a placeholder does?
bool HoldsStrongRun(const std::string& value);
bool LooksLikePath(const std::string& value);
/// Mixed as credentials are, which words and names are not.
bool LooksLikeCredential(const std::string& value);

/// May it be what an option before it is given?
bool IsOptionValue(const std::string& value);

/// The password of a URL: scheme://user:password@host; empty when it has none, or a reference.
std::string PasswordOfUrl(const std::string& value);

}  // namespace readiness::secrets
