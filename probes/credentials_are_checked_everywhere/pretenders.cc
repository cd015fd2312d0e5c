#include "pretenders.h"

#include <utility>

namespace readiness::probes::credential_parts {
namespace {

// What `owner` is called by the parameter `name`.
std::string NameOf(const Identity& owner, const std::string& name) {
  const auto own = owner.values.find(name);
  if (own == owner.values.end() || !own->second.is_primitive() || own->second.is_null()) return owner.owner;
  return own->second.is_string() ? own->second.get<std::string>() : own->second.dump();
}

}  // namespace

Identity Nobody(const Identity& owner, std::string label) {
  Identity nobody = Identity::Anonymous();
  nobody.label = std::move(label);
  nobody.source_address = owner.source_address;
  return nobody;
}

std::vector<Caller> Pretenders(const Identity& owner, const std::vector<std::string>& names,
                               const std::vector<std::string>& headers) {
  std::vector<Caller> callers;
  if (!names.empty()) {
    Caller& in_query = callers.emplace_back();
    in_query = {Nobody(owner, "anonymous naming the owner in the query"), {}, true};
    for (const std::string& name : names) in_query.input.query.emplace_back(name, NameOf(owner, name));
  }
  Caller in_headers{Nobody(owner, "anonymous naming the owner in headers and cookies"), {}, true};
  for (const std::string& name : headers) in_headers.input.headers.emplace_back(name, owner.owner);
  std::string cookies;
  for (const char* name : {"session", "sessionid", "token", "access_token", "user_id"})
    cookies += (cookies.empty() ? "" : "; ") + std::string(name) + "=" + owner.owner;
  in_headers.input.headers.emplace_back("Cookie", cookies);
  callers.push_back(std::move(in_headers));
  // "readiness:readiness"
  for (const auto& [how, value] :
       {std::pair("with Basic", "Basic cmVhZGluZXNzOnJlYWRpbmVzcw=="), std::pair("with an empty Bearer", "Bearer ")}) {
    Caller& caller = callers.emplace_back();
    caller.who = Nobody(owner, std::string("anonymous ") + how);
    caller.input.headers.emplace_back("Authorization", value);
  }
  for (const char* nothing : {"null", "undefined"})
    callers.push_back({owner.WithToken(std::string(kForged) + nothing, nothing), {}, false});
  return callers;
}

}  // namespace readiness::probes::credential_parts
