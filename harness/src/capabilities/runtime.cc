#include "capabilities/runtime.h"

#include <utility>

#include "source/tree.h"

namespace readiness {
namespace {

template <class Interface, class Missing>
std::unique_ptr<Interface> OrMissing(std::unique_ptr<Interface> given) {
  if (given) return given;
  return std::make_unique<Missing>();
}

}  // namespace

Runtime::Runtime(Session session, Target target, const std::string& suite, const std::string& item,
                 Parameters parameters, Findings& findings, Redactor& redactor, RuntimeParts parts)
    : session_(std::move(session)),
      endpoints_(session_),
      target_(std::move(target)),
      parameters_(std::move(parameters)),
      secrets_(redactor),
      http_(OrMissing<Http, NoHttp>(std::move(parts.http)), target_.credential_header, evidence_, secrets_),
      tokens_(OrMissing<Tokens, NoTokens>(std::move(parts.tokens))),
      stores_(target_, session_),
      doubles_(target_, session_, evidence_, secrets_),
      logs_(session_),
      actions_(target_, session_, http_, stores_, evidence_, secrets_),
      // The item's id comes first: it is what survives where a name is cut, and what a person searches for.
      identities_(target_, session_, item + suite, actions_, secrets_),
      openapi_(target_, session_, http_, actions_, secrets_),
      services_(std::move(parts.control_socket), parts.isolation, endpoints_, evidence_, secrets_),
      commands_(target_, session_, evidence_),
      source_tree_(MakeSourceTree(session_.source_tree)),
      context_{parameters_, findings, identities_, actions_,  http_,     stores_,      doubles_,
               *tokens_,    logs_,    openapi_,    services_, commands_, *source_tree_} {
  evidence_.Watch(findings);
  for (const std::string& secret : session_.secrets) secrets_.Add(secret);
  secrets_.Add(session_.token_signing_key);
  secrets_.TellOf(parts.listener);
}

}  // namespace readiness
