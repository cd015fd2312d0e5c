#pragma once
// A running OAuth data provider double: one thread, one TCP port on 127.0.0.1 for the target, one unix socket for the
// harness. Nothing is ever forwarded anywhere. Start and destruction on any one thread; the getters on any.

#include <memory>
#include <string>

#include "doubles/config.h"
#include "readiness/result.h"

namespace readiness::doubles::provider {

class DataProviderDouble {
 public:
  /// Serves when this returns; ca.pem is then in place. Errors: kEnvironment (port or socket taken, folder not
  /// writable).
  static Result<std::unique_ptr<DataProviderDouble>> Start(const Config& config);

  /// Ends every connection at once and removes the admin socket.
  ~DataProviderDouble();

  DataProviderDouble(const DataProviderDouble&) = delete;
  DataProviderDouble& operator=(const DataProviderDouble&) = delete;

  /// The port that was bound.
  int port() const;
  /// That for TLS without CONNECT; 0: none.
  int tls_port() const;
  /// The certificate that targets must trust.
  const std::string& ca_file() const;

 private:
  struct Parts;
  explicit DataProviderDouble(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace readiness::doubles::provider
