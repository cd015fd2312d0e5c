#pragma once
// Secrets at rest and secrets made up: sealing with a key derived from the service's own, and random URL-safe words.
// Any thread.

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace readiness::standin {

/// To be called before anything else here, in passwords.h and in tokens.h. False when the system offers no randomness.
bool PrepareCryptography();

class SecretBox {
 public:
  /// Derives the sealing key from `service_key`, so that it differs from the key that signs tokens.
  explicit SecretBox(std::string_view service_key);

  /// `plain` encrypted and authenticated, as printable text; different each time.
  std::string Seal(std::string_view plain) const;
  /// Nothing when `sealed` was not made with this key or was changed.
  std::optional<std::string> Open(std::string_view sealed) const;

 private:
  std::array<unsigned char, 32> key_{};
};

/// `text` in base64 of the standard alphabet, padded.
std::string PlainBase64(std::string_view text);

/// `bytes` random bytes as base64url without padding: 32 bytes are 43 characters.
std::string RandomWord(std::size_t bytes);

/// `bytes` as base64url without padding.
std::string Base64(std::string_view bytes);

/// A random UUID of version 4.
std::string RandomUuid();

}  // namespace readiness::standin
