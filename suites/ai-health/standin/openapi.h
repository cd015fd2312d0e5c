#pragma once
// What the OpenAPI document says beside the routes: title, schemas, security schemes.

#include "standin/routes.h"

namespace readiness::ai_health {

inline constexpr const char* kBearerScheme = "OAuth2PasswordBearer";

standin::ApiDoc ApiFacts();

}  // namespace readiness::ai_health
