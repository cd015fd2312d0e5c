#include "standin/secrets.h"

#include <sodium.h>

#include <vector>

namespace readiness::standin {
namespace {

constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

std::string Base64(const unsigned char* bytes, std::size_t size, int variant = kVariant) {
  std::string text(sodium_base64_encoded_len(size, variant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes, size, variant);
  text.pop_back();  // the terminator that libsodium counts
  return text;
}

}  // namespace

bool PrepareCryptography() {
  return sodium_init() >= 0;
}

SecretBox::SecretBox(std::string_view service_key) {
  static_assert(crypto_secretbox_KEYBYTES == 32);
  constexpr std::string_view kPurpose = "provider tokens at rest";
  crypto_generichash(key_.data(), key_.size(), reinterpret_cast<const unsigned char*>(service_key.data()),
                     service_key.size(), reinterpret_cast<const unsigned char*>(kPurpose.data()), kPurpose.size());
}

std::string SecretBox::Seal(std::string_view plain) const {
  std::vector<unsigned char> sealed(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.size());
  randombytes_buf(sealed.data(), crypto_secretbox_NONCEBYTES);
  crypto_secretbox_easy(sealed.data() + crypto_secretbox_NONCEBYTES,
                        reinterpret_cast<const unsigned char*>(plain.data()), plain.size(), sealed.data(), key_.data());
  return Base64(sealed.data(), sealed.size());
}

std::optional<std::string> SecretBox::Open(std::string_view sealed) const {
  std::vector<unsigned char> bytes(sealed.size());
  std::size_t size = 0;
  if (sodium_base642bin(bytes.data(), bytes.size(), sealed.data(), sealed.size(), nullptr, &size, nullptr, kVariant) !=
      0)
    return std::nullopt;
  constexpr std::size_t kOverhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  if (size < kOverhead) return std::nullopt;
  std::string plain(size - kOverhead, '\0');
  if (crypto_secretbox_open_easy(reinterpret_cast<unsigned char*>(plain.data()),
                                 bytes.data() + crypto_secretbox_NONCEBYTES, size - crypto_secretbox_NONCEBYTES,
                                 bytes.data(), key_.data()) != 0)
    return std::nullopt;
  return plain;
}

std::string PlainBase64(std::string_view text) {
  return Base64(reinterpret_cast<const unsigned char*>(text.data()), text.size(), sodium_base64_VARIANT_ORIGINAL);
}

std::string RandomWord(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  randombytes_buf(random.data(), random.size());
  return Base64(random.data(), random.size());
}

std::string Base64(std::string_view bytes) {
  return Base64(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::string RandomUuid() {
  std::array<unsigned char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text.push_back(kHex[bytes[i] >> 4]);
    text.push_back(kHex[bytes[i] & 15]);
  }
  return text;
}

}  // namespace readiness::standin
