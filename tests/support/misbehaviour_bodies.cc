// Answers whose framing is sound, or at least legal, and whose body or headers do the harm.

#include <brotli/encode.h>
#include <zlib.h>

#include <cstdint>

#include "support/misbehaviour.h"

namespace readiness::test_support {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kUntilClose = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

std::string Coded(std::string_view coding) {
  return std::string(kUntilClose) + "Content-Encoding: " + std::string(coding) + "\r\n\r\n";
}

/// Sends `start`, then `block` over and over until the client has had enough.
Misbehaviour Endless(std::string start, std::string block) {
  return [start = std::move(start), block = std::move(block)](HostileConnection& connection) {
    if (!connection.Send(start)) return;
    while (connection.Send(block)) {
    }
  };
}

constexpr int kGzip = 15 + 16;
constexpr int kZlib = 15;
constexpr int kRaw = -15;

std::string Deflate(std::string_view plain, int window, int flush) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
  std::string coded(deflateBound(&stream, plain.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(coded.data());
  stream.avail_out = static_cast<uInt>(coded.size());
  deflate(&stream, flush);
  coded.resize(stream.total_out);
  deflateEnd(&stream);
  return coded;
}

/// A stream that never ends: its start, and a block of a megabyte of zeros that may be repeated for ever.
Misbehaviour DeflateBomb(std::string_view coding, int window) {
  const std::string zeros(1024 * 1024, '\0');
  return Endless(Coded(coding) + Deflate("{", window, Z_FULL_FLUSH), Deflate(zeros, kRaw, Z_FULL_FLUSH));
}

std::string Brotli(std::string_view plain) {
  std::size_t size = BrotliEncoderMaxCompressedSize(plain.size());
  std::string coded(size, '\0');
  BrotliEncoderCompress(1, 22, BROTLI_MODE_GENERIC, plain.size(), reinterpret_cast<const std::uint8_t*>(plain.data()),
                        &size, reinterpret_cast<std::uint8_t*>(coded.data()));
  coded.resize(size);
  return coded;
}

/// Megabytes of zeros for ever, in a handful of bytes each.
void BrotliBomb(HostileConnection& connection) {
  const std::string zeros(1024 * 1024, '\0');
  std::string coded(64 * 1024, '\0');
  BrotliEncoderState* state = BrotliEncoderCreateInstance(nullptr, nullptr, nullptr);
  BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, 1);
  bool wanted = connection.Send(Coded("br"));
  while (wanted) {
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(zeros.data());
    auto* next_out = reinterpret_cast<std::uint8_t*>(coded.data());
    std::size_t left_in = zeros.size();
    std::size_t left_out = coded.size();
    BrotliEncoderCompressStream(state, BROTLI_OPERATION_FLUSH, &left_in, &next_in, &left_out, &next_out, nullptr);
    wanted = connection.Send(std::string_view(coded).substr(0, coded.size() - left_out));
  }
  BrotliEncoderDestroyInstance(state);
}

std::string Repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

void SlowByByte(HostileConnection& connection) {
  if (!connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")) return;
  while (connection.Send("x") && connection.Linger(10ms)) {
  }
}

void AddCompressed(MisbehaviourTable& table) {
  const std::string plain = "{\"whole\": true}";
  const std::string whole = Deflate(plain, kGzip, Z_FINISH);
  const auto until_close = [](std::string_view coding, const std::string& body) { return Bytes(Coded(coding) + body); };
  table["/gzip"] = until_close("gzip", whole);
  table["/gzip-two-members"] =
      until_close("gzip", Deflate("{\"whole\":", kGzip, Z_FINISH) + Deflate(" true}", kGzip, Z_FINISH));
  table["/deflate"] = until_close("deflate", Deflate(plain, kZlib, Z_FINISH));
  table["/deflate-raw"] = until_close("deflate", Deflate(plain, kRaw, Z_FINISH));
  table["/brotli"] = until_close("br", Brotli(plain));
  table["/gzip-empty"] = until_close("gzip", "");
  table["/gzip-bomb"] = DeflateBomb("gzip", kGzip);
  table["/deflate-bomb"] = DeflateBomb("deflate", kZlib);
  table["/brotli-bomb"] = BrotliBomb;
  table["/gzip-cut-off"] = until_close("gzip", whole.substr(0, whole.size() - 9));
  table["/gzip-without-check"] = until_close("gzip", whole.substr(0, whole.size() - 8));
  table["/gzip-wrong-check"] = until_close("gzip", whole.substr(0, whole.size() - 8) + "12345678");
  table["/gzip-garbage-after"] = until_close("gzip", whole + "garbage");
  table["/gzip-not-gzip"] = until_close("gzip", plain);
  table["/deflate-cut-off"] = until_close("deflate", Deflate(plain, kZlib, Z_SYNC_FLUSH));
  table["/deflate-one-byte"] = until_close("deflate", "\x78");
  const std::string brotli = Brotli(plain);
  table["/brotli-cut-off"] = until_close("br", brotli.substr(0, brotli.size() - 2));
  table["/brotli-not-brotli"] = until_close("br", "\xFF\xFF\xFF\xFF");
  table["/gzip-twice"] = until_close("gzip, gzip", Deflate(whole, kGzip, Z_FINISH));
  table["/gzip-many-layers"] = until_close(Repeated("gzip, ", 1000) + "gzip", whole);
  table["/unknown-coding"] = until_close("zstd", "\x28\xB5\x2F\xFD");
}

void AddJson(MisbehaviourTable& table) {
  const std::string json = "Content-Type: application/json\r\n";
  table["/invalid-utf8"] = Answer(json, "{\"a\": \"\xC3\x28 \xED\xA0\x80 \xFF\"}");
  table["/overlong-utf8"] = Answer(json, "{\"a\": \"\xC0\xAF\"}");
  table["/nan-json"] = Answer(json, "{\"a\": NaN}");
  table["/infinity-json"] = Answer(json, "{\"a\": -Infinity}");
  table["/huge-number-json"] = Answer(json, "{\"a\": 1e999}");
  table["/deep-json"] = Answer(json, Repeated("[", 100'000) + Repeated("]", 100'000));
  table["/duplicate-keys"] = Answer(json, "{\"role\": \"user\", \"role\": \"admin\"}");
  table["/json-with-tail"] = Answer(json, "{\"a\": 1} {\"a\": 2}");
  table["/json-comment"] = Answer(json, "{\"a\": 1 /* two */}");
  table["/json-byte-order-mark"] = Answer(json, "\xEF\xBB\xBF{\"a\": 1}");
  table["/json-cut-off"] = Answer(json, "{\"items\": [1, 2, 3");
  table["/json-nul"] = Answer(json, std::string("{\"a\": 1}\0", 9));
  table["/wrong-content-type"] = Answer("Content-Type: image/png\r\n", "{\"a\": 1}");
  table["/html-as-json"] = Answer(json, "<!doctype html><title>502</title>");
  table["/empty-200"] = Answer(json, "");
}

void AddText(MisbehaviourTable& table) {
  table["/terminal-escapes"] = Answer("X-Title: \x1B]0;owned\x07\r\n", "\x1B[2J\x1B[31mPASS\x1B[0m\x08\x08");
  table["/bidi"] = Answer("", "user \xE2\x80\xAE\xE2\x81\xA6nimda\xE2\x81\xA9");
  table["/markup"] = Answer("", "<script>alert(1)</script>]]>--><!--&amp;");
  table["/binary"] = Answer("", std::string("\0\x01\x02\xFE\xFF\r\n\0", 8));
  table["/redirect-loop"] = Bytes("HTTP/1.1 302 Found\r\nLocation: /redirect-loop\r\nContent-Length: 0\r\n\r\n");
  table["/redirect-offsite"] =
      Bytes("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n");
  table["/redirect-file"] = Bytes("HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n");
  table["/sets-cookies"] = Answer("Set-Cookie: session=stolen; Path=/\r\n", "{}");
  table["/asks-for-credentials"] = Bytes(
      "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nWWW-Authenticate: Negotiate\r\n"
      "WWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace

void AddBodyMisbehaviours(MisbehaviourTable& table) {
  table["/well"] = Answer("Content-Type: application/json\r\nX-Twice: a\r\nx-twice: b\r\n", "{\"well\": true}");
  table["/endless-body"] = Endless(std::string(kUntilClose) + "\r\n", std::string(64 * 1024, 'x'));
  table["/slow-by-byte"] = SlowByByte;
  table["/large-body"] = Answer("", std::string(2 * 1024 * 1024, 'x'));
  AddCompressed(table);
  AddJson(table);
  AddText(table);
}

}  // namespace readiness::test_support
