#include "standin/passwords.h"

#include <sodium.h>

#include <semaphore>

namespace readiness::standin {
namespace {

constexpr unsigned long long kPasses = 2;
constexpr std::size_t kMemoryBytes = 16 * 1024 * 1024;
constexpr std::ptrdiff_t kAtOnce = 4;

std::counting_semaphore<kAtOnce> hashing(kAtOnce);

class HashingSlot {
 public:
  HashingSlot() { hashing.acquire(); }
  ~HashingSlot() { hashing.release(); }
  HashingSlot(const HashingSlot&) = delete;
  HashingSlot& operator=(const HashingSlot&) = delete;
};

}  // namespace

Result<std::string> HashPassword(const std::string& password) {
  const HashingSlot slot;
  char hash[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str_alg(hash, password.data(), password.size(), kPasses, kMemoryBytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    return Fail(ErrorKind::kEnvironment, "no memory to hash a password");
  return std::string(hash);
}

bool PasswordMatches(const std::string& hash, const std::string& password) {
  if (hash.empty()) {
    static_cast<void>(HashPassword(password));
    return false;
  }
  const HashingSlot slot;
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

}  // namespace readiness::standin
