// Adapter of zlib.

#include <zlib.h>

#include <array>
#include <string>

#include "capabilities/http/content_decoder.h"

namespace readiness {
namespace {

constexpr int kGzipWindow = 15 + 16;
constexpr int kZlibWindow = 15;
constexpr int kRawWindow = -15;

// Some servers send "deflate" without zlib's two-byte wrapper; the wrapper is recognised by its own check.
bool HasZlibWrapper(unsigned char first, unsigned char second) {
  return (first & 0x0F) == 8 && (first * 256 + second) % 31 == 0;
}

class ZlibDecoder final : public ContentDecoder {
 public:
  explicit ZlibDecoder(ContentCoding coding) : gzip_(coding == ContentCoding::kGzip) {}
  ~ZlibDecoder() override {
    if (started_) inflateEnd(&stream_);
  }
  ZlibDecoder(const ZlibDecoder&) = delete;
  ZlibDecoder& operator=(const ZlibDecoder&) = delete;

  Result<void> Decode(std::string_view coded, const Sink& sink) override {
    if (coded.empty()) return {};
    if (started_) return Inflate(coded, sink);
    begin_.append(coded);
    if (!gzip_ && begin_.size() < 2) return {};
    READINESS_RETURN_IF_ERROR(Start());
    const std::string begin = std::move(begin_);
    return Inflate(begin, sink);
  }

  Result<void> Finish() override {
    if (!started_ && begin_.empty()) return {};
    return ended_ ? Result<void>{} : BadCoding(Name(), "was cut off");
  }

 private:
  std::string_view Name() const { return gzip_ ? "gzip" : "deflate"; }

  Result<void> Start() {
    int window = kGzipWindow;
    if (!gzip_)
      window = HasZlibWrapper(static_cast<unsigned char>(begin_[0]), static_cast<unsigned char>(begin_[1]))
                   ? kZlibWindow
                   : kRawWindow;
    if (inflateInit2(&stream_, window) != Z_OK) return Fail(ErrorKind::kEnvironment, "zlib did not start");
    started_ = true;
    return {};
  }

  Result<void> Inflate(std::string_view coded, const Sink& sink) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(coded.data()));
    stream_.avail_in = static_cast<uInt>(coded.size());
    std::array<char, 16 * 1024> piece;
    while (true) {
      if (ended_) {
        if (stream_.avail_in == 0) return {};
        // A gzip body may consist of several members; nothing may follow a deflate stream.
        if (!gzip_ || inflateReset(&stream_) != Z_OK) return BadCoding(Name(), "is followed by something else");
        ended_ = false;
      }
      stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream_.avail_out = static_cast<uInt>(piece.size());
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) return BadCoding(Name(), "is damaged");
      const std::size_t made = piece.size() - stream_.avail_out;
      if (made > 0) READINESS_RETURN_IF_ERROR(sink(std::string_view(piece.data(), made)));
      ended_ = status == Z_STREAM_END;
      if (!ended_ && stream_.avail_out != 0 && stream_.avail_in == 0) return {};
      if (status == Z_BUF_ERROR && made == 0) return BadCoding(Name(), "is damaged");
    }
  }

  bool gzip_;
  bool started_ = false;
  bool ended_ = false;
  std::string begin_;
  z_stream stream_{};
};

}  // namespace

std::unique_ptr<ContentDecoder> MakeZlibDecoder(ContentCoding coding) {
  return std::make_unique<ZlibDecoder>(coding);
}

}  // namespace readiness
