// Adapter of brotli's decoder. Its window is at most 16 MiB, which bounds its memory.

#include <brotli/decode.h>

#include <array>

#include "capabilities/http/content_decoder.h"

namespace readiness {
namespace {

class BrotliDecoder final : public ContentDecoder {
 public:
  ~BrotliDecoder() override { BrotliDecoderDestroyInstance(state_); }
  BrotliDecoder() = default;
  BrotliDecoder(const BrotliDecoder&) = delete;
  BrotliDecoder& operator=(const BrotliDecoder&) = delete;

  Result<void> Decode(std::string_view coded, const Sink& sink) override {
    if (coded.empty()) return {};
    if (state_ == nullptr) return Fail(ErrorKind::kEnvironment, "brotli did not start");
    fed_ = true;
    if (ended_) return BadCoding("br", "is followed by something else");
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(coded.data());
    std::size_t available_in = coded.size();
    std::array<char, 16 * 1024> piece;
    while (true) {
      auto* next_out = reinterpret_cast<std::uint8_t*>(piece.data());
      std::size_t available_out = piece.size();
      const auto status =
          BrotliDecoderDecompressStream(state_, &available_in, &next_in, &available_out, &next_out, nullptr);
      const std::size_t made = piece.size() - available_out;
      if (made > 0) READINESS_RETURN_IF_ERROR(sink(std::string_view(piece.data(), made)));
      if (status == BROTLI_DECODER_RESULT_ERROR) return BadCoding("br", "is damaged");
      if (status == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) return {};
      if (status != BROTLI_DECODER_RESULT_SUCCESS) continue;
      ended_ = true;
      if (available_in > 0) return BadCoding("br", "is followed by something else");
      return {};
    }
  }

  Result<void> Finish() override { return ended_ || !fed_ ? Result<void>{} : BadCoding("br", "was cut off"); }

 private:
  BrotliDecoderState* state_ = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
  bool fed_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ContentDecoder> MakeBrotliDecoder() {
  return std::make_unique<BrotliDecoder>();
}

}  // namespace readiness
