#include "standin/json.h"

namespace readiness::standin {

std::optional<Json> ParseJson(std::string_view text) {
  Json parsed = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return std::nullopt;
  return parsed;
}

std::string Compact(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Response Answer(int status, const Json& body) {
  Response response;
  response.status = status;
  response.body = Compact(body);
  return response;
}

}  // namespace readiness::standin
