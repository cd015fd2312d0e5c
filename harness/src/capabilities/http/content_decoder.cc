#include "capabilities/http/content_decoder.h"

#include <fmt/format.h>

namespace readiness {
namespace {

class PlainDecoder final : public ContentDecoder {
 public:
  Result<void> Decode(std::string_view coded, const Sink& sink) override { return sink(coded); }
  Result<void> Finish() override { return {}; }
};

}  // namespace

tl::unexpected<Error> BadCoding(std::string_view coding, std::string_view trouble) {
  return Fail(Error{ErrorKind::kTarget,
                    fmt::format("the answer's {} body {}", coding, trouble),
                    std::nullopt,
                    fmt::format("a whole {} stream", coding),
                    {},
                    {}});
}

std::unique_ptr<ContentDecoder> MakeContentDecoder(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::kGzip:
    case ContentCoding::kDeflate:
      return MakeZlibDecoder(coding);
    case ContentCoding::kBrotli:
      return MakeBrotliDecoder();
    case ContentCoding::kIdentity:
      break;
  }
  return std::make_unique<PlainDecoder>();
}

}  // namespace readiness
