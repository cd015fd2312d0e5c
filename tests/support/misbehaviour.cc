#include "support/misbehaviour.h"

#include <utility>

namespace readiness::test_support {

Misbehaviour Bytes(std::string bytes) {
  return [bytes = std::move(bytes)](HostileConnection& connection) { connection.Send(bytes); };
}

Misbehaviour Answer(std::string headers, std::string body) {
  return Bytes("HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

const MisbehaviourTable& Misbehaviours() {
  static const MisbehaviourTable table = [] {
    MisbehaviourTable made;
    AddBodyMisbehaviours(made);
    AddFramingMisbehaviours(made);
    return made;
  }();
  return table;
}

}  // namespace readiness::test_support
