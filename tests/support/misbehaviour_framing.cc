// Answers that leave open, or contradict themselves about, where they begin and end.

#include "support/misbehaviour.h"

namespace readiness::test_support {
namespace {

using namespace std::chrono_literals;

std::string Head(const std::string& status_line, const std::string& headers) {
  return status_line + "\r\n" + headers + "\r\n";
}

Misbehaviour WithHeaders(const std::string& headers, const std::string& body) {
  return Bytes(Head("HTTP/1.1 200 OK", headers) + body);
}

Misbehaviour WithStatusLine(const std::string& status_line) {
  return Bytes(Head(status_line, "Content-Length: 2\r\n") + "{}");
}

Misbehaviour Chunked(const std::string& chunks) {
  return WithHeaders("Transfer-Encoding: chunked\r\n", chunks);
}

Misbehaviour EndlessHead(std::string start, std::string block) {
  return [start = std::move(start), block = std::move(block)](HostileConnection& connection) {
    if (!connection.Send(start)) return;
    while (connection.Send(block)) {
    }
  };
}

void AddSilence(MisbehaviourTable& table) {
  table["/never-answers"] = [](HostileConnection& connection) { connection.LingerForEver(); };
  table["/accept-and-close"] = [](HostileConnection&) {};
  table["/rst"] = [](HostileConnection& connection) { connection.Reset(); };
  table["/rst-in-body"] = [](HostileConnection& connection) {
    // Until close, so that only the reset tells that something is missing.
    connection.Send("HTTP/1.1 200 OK\r\n\r\n{\"half\":");
    connection.Linger(50ms);
    connection.Reset();
  };
  table["/half-headers"] = Bytes("HTTP/1.1 200 OK\r\nContent-Type: applic");
  table["/half-headers-then-silence"] = [](HostileConnection& connection) {
    if (connection.Send("HTTP/1.1 200 OK\r\nContent-Type: applic")) connection.LingerForEver();
  };
  table["/slow-headers"] = [](HostileConnection& connection) {
    if (!connection.Send("HTTP/1.1 200 OK\r\nX-Slow: ")) return;
    while (connection.Send("x") && connection.Linger(10ms)) {
    }
  };
  table["/silence-after-body"] = [](HostileConnection& connection) {
    if (connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")) connection.LingerForEver();
  };
}

void AddStatusLines(MisbehaviourTable& table) {
  table["/status-000"] = WithStatusLine("HTTP/1.1 000 Nothing");
  table["/status-099"] = WithStatusLine("HTTP/1.1 099 Too low");
  table["/status-999"] = WithStatusLine("HTTP/1.1 999 Request denied");
  table["/status-1000"] = WithStatusLine("HTTP/1.1 1000 Too long");
  table["/status-20"] = WithStatusLine("HTTP/1.1 20 Too short");
  table["/status-negative"] = WithStatusLine("HTTP/1.1 -200 OK");
  table["/status-word"] = WithStatusLine("HTTP/1.1 OK 200");
  table["/status-garbage"] = WithStatusLine("HTTP/1.1 \x01\x02\x03");
  table["/status-without-reason"] = WithStatusLine("HTTP/1.1 200");
  table["/version-9"] = WithStatusLine("HTTP/9.9 200 OK");
  table["/not-http"] = Bytes("SSH-2.0-OpenSSH_9.2\r\n");
  table["/http09"] = Bytes("{\"plain\": \"body without a head\"}");
  table["/switching-protocols"] = Bytes(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nPRI * "
      "HTTP/2.0\r\n\r\nSM\r\n\r\n");
  table["/early-hints"] =
      Bytes("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
  table["/1xx-flood"] = EndlessHead("", "HTTP/1.1 100 Continue\r\n\r\n");
  table["/1xx-then-close"] = Bytes("HTTP/1.1 100 Continue\r\n\r\n");
  table["/expectation-failed"] = Bytes("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
}

void AddHeaders(MisbehaviourTable& table) {
  const std::string length = "Content-Length: 2\r\n";
  table["/header-flood"] = EndlessHead("HTTP/1.1 200 OK\r\n", "X-Flood: 1\r\n");
  table["/huge-header"] = EndlessHead("HTTP/1.1 200 OK\r\nX-Huge: ", std::string(64 * 1024, 'h'));
  table["/large-headers"] = EndlessHead("HTTP/1.1 200 OK\r\n", "X-Large: " + std::string(50 * 1024, 'h') + "\r\n");
  table["/nul-in-header"] = WithHeaders(length + std::string("X-Nul: a\0b\r\n", 12), "{}");
  table["/header-without-colon"] = WithHeaders(length + "no colon here\r\n", "{}");
  table["/header-without-name"] = WithHeaders(length + ": value\r\n", "{}");
  table["/space-before-colon"] = WithHeaders("Content-Length : 2\r\n", "{}");
  table["/folded-header"] = WithHeaders(length + "X-Folded: one\r\n\t two\r\n", "{}");
  table["/crlf-injection"] = WithHeaders(length + "X-Name: a\rSet-Cookie: admin=1\r\n", "{}");
  table["/line-feeds-only"] = Bytes("HTTP/1.1 200 OK\nContent-Length: 2\n\n{}");
}

void AddLengths(MisbehaviourTable& table) {
  table["/content-length-short"] = WithHeaders("Content-Length: 5\r\n", "{\"a\": \"more than stated\"}");
  table["/content-length-long"] = WithHeaders("Content-Length: 500\r\n", "{\"a\": 1}");
  table["/two-content-lengths"] = WithHeaders("Content-Length: 2\r\nContent-Length: 8\r\n", "{\"a\": 1}");
  table["/equal-content-lengths"] = WithHeaders("Content-Length: 2\r\nContent-Length: 2\r\n", "{}");
  table["/negative-length"] = WithHeaders("Content-Length: -5\r\n", "{}");
  table["/signed-length"] = WithHeaders("Content-Length: +2\r\n", "{}");
  table["/hex-length"] = WithHeaders("Content-Length: 0x2\r\n", "{}");
  table["/empty-length"] = WithHeaders("Content-Length:\r\n", "{}");
  table["/list-length"] = WithHeaders("Content-Length: 2, 2\r\n", "{}");
  table["/overflowing-length"] = WithHeaders("Content-Length: 18446744073709551618\r\n", "{}");
  table["/trailing-garbage"] =
      WithHeaders("Content-Length: 2\r\n", "{}HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad");
  table["/body-after-204"] = Bytes("HTTP/1.1 204 No Content\r\n\r\n{\"a\": 1}");
  table["/until-close"] = WithHeaders("", "{}");
}

void AddChunks(MisbehaviourTable& table) {
  table["/chunked"] = Chunked("1\r\n{\r\n1;extension=x\r\n}\r\n0\r\nX-Trailer: t\r\n\r\n");
  table["/bad-chunk"] = Chunked("zz\r\n{}\r\n0\r\n\r\n");
  table["/chunk-without-end"] = Chunked("2\r\n{}\r\n");
  table["/chunk-cut-off"] = Chunked("20\r\n{\"half\":");
  table["/chunk-size-overflow"] = Chunked("fffffffffffffffff\r\n{}\r\n0\r\n\r\n");
  table["/chunk-size-negative"] = Chunked("-2\r\n{}\r\n0\r\n\r\n");
  table["/chunk-too-long"] = Chunked("2\r\n{}{}{}\r\n0\r\n\r\n");
  table["/endless-chunks"] = EndlessHead("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                                         "1000\r\n" + std::string(0x1000, 'c') + "\r\n");
  table["/trailer-flood"] = EndlessHead("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X-Flood: 1\r\n");
  table["/chunked-and-length"] =
      WithHeaders("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "2\r\n{}\r\n0\r\n\r\n");
  table["/chunked-twice"] = WithHeaders("Transfer-Encoding: chunked, chunked\r\n", "2\r\n{}\r\n0\r\n\r\n");
  table["/gzip-as-transfer"] = WithHeaders("Transfer-Encoding: gzip, chunked\r\n", "2\r\n{}\r\n0\r\n\r\n");
}

}  // namespace

void AddFramingMisbehaviours(MisbehaviourTable& table) {
  AddSilence(table);
  AddStatusLines(table);
  AddHeaders(table);
  AddLengths(table);
  AddChunks(table);
}

}  // namespace readiness::test_support
