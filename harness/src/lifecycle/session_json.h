#pragma once
// Parts of session.h's types that the run record also holds, as JSON.

#include "lifecycle/json_fields.h"
#include "lifecycle/session.h"

namespace readiness {

Json ToJson(const ProcessIdentity& process);
Json ToJson(const Owner& owner);
ProcessIdentity ReadIdentity(FieldReader& parent, const char* key, const std::string& file);
Owner ReadOwner(FieldReader& parent, const char* key, const std::string& file);

inline constexpr const char* kStateFile = "state.json";
inline constexpr const char* kSessionFile = "session.json";

}  // namespace readiness
