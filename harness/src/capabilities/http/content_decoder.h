#pragma once
// Undoes a Content-Encoding piece by piece, with bounded memory however much comes out. Not left to libcurl because
// that takes a compressed body that ends too early for a whole one. Not thread-safe.

#include <functional>
#include <memory>
#include <string_view>

#include "capabilities/http/answer_head.h"

namespace readiness {

class ContentDecoder {
 public:
  /// Takes decoded bytes; an Error stops the decoding and becomes its result.
  using Sink = std::function<Result<void>(std::string_view)>;

  virtual ~ContentDecoder() = default;
  /// Decodes the next piece. Errors: the sink's, kTarget when the bytes are not so coded.
  virtual Result<void> Decode(std::string_view coded, const Sink& sink) = 0;
  /// To be called at the end. Errors: kTarget when the coded body was cut off. No body at all is whole.
  virtual Result<void> Finish() = 0;
};

/// Zlib for gzip and deflate (with zlib's wrapper or without), brotli for br, a plain hand-over otherwise.
std::unique_ptr<ContentDecoder> MakeContentDecoder(ContentCoding coding);

std::unique_ptr<ContentDecoder> MakeZlibDecoder(ContentCoding coding);
std::unique_ptr<ContentDecoder> MakeBrotliDecoder();

/// "the <coding> body of the answer is damaged" and the like.
tl::unexpected<Error> BadCoding(std::string_view coding, std::string_view trouble);

}  // namespace readiness
