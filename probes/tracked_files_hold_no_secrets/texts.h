#pragma once
// Credentials in texts of any form: keys in well-known forms, URLs with passwords, NAME=value in whatever syntax. Pure.

#include <string>

#include "search.h"

namespace readiness::secrets {

/// A file as text.
struct Readable {
  std::string text;
  bool binary = false;  ///< only what is readable in it is there, and nobody wrote it as lines
};

/// UTF-16 is decoded, a NUL in a text ends a line, and of binary bytes the readable ones are left.
Readable AsReadable(std::string bytes);
/// Is it, or holds it, a credential in one of the usual forms?
bool HoldsForm(const std::string& text);

/// Keys in well-known forms, and URLs with a password.
Result<void> SearchForms(const std::string& text, const std::string& file, Placeholders placeholders, Seen& seen);

/// Names of secrets with a value behind '=' or ':' that looks like a credential, in any syntax; and what the format of
/// the file tells beyond that: scripts of shells, files of settings. In a test only NAMES of variables count: the
/// password that a made-up user is given there opens nothing.
void SearchPairs(const std::string& text, const std::string& file, bool test, Seen& seen);

/// Assignments and options of a shell script. `line`: where it begins in the file.
void SearchShell(const std::string& script, const std::string& file, int line, Placeholders placeholders, Seen& seen);

}  // namespace readiness::secrets
