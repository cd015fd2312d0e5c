#pragma once
// A running language model double: an OpenAI-compatible API on 127.0.0.1, with a channel for each instance of the
// target. Nothing is ever forwarded anywhere. Start and destruction on any one thread; the getters on any.

#include <memory>
#include <string>

#include "doubles/language_model_config.h"
#include "readiness/result.h"

namespace readiness::doubles::model {

class LanguageModelDouble {
 public:
  /// Serves when this returns; ca.pem is then in place. Errors: kEnvironment (port or socket taken, folder not
  /// writable).
  static Result<std::unique_ptr<LanguageModelDouble>> Start(const Config& config);

  /// Ends every connection at once, hanging ones too, and removes the admin socket.
  ~LanguageModelDouble();

  LanguageModelDouble(const LanguageModelDouble&) = delete;
  LanguageModelDouble& operator=(const LanguageModelDouble&) = delete;

  /// The port that was bound.
  int port() const;
  /// That for TLS without CONNECT; 0: none.
  int tls_port() const;
  /// The certificate that targets must trust.
  const std::string& ca_file() const;

 private:
  struct Parts;
  explicit LanguageModelDouble(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace readiness::doubles::model
