#pragma once
// Private operations: who may call one is decided here, before its handler runs, so that no handler can forget to. The
// handler gets the caller whom the token names; ids in query, body and headers are never asked. The same call writes
// the operation's security into the document.

#include <functional>

#include "app.h"
#include "standin/routes.h"

namespace readiness::ai_health {

using PrivateHandler = std::function<Reply<Response>(App&, const Request&, UserId caller)>;

/// The real system has two ways to ask for a token, which differ in their words.
enum class TokenStyle {
  kRequestUser,     ///< "Missing bearer token", "Invalid token"; takes ?user_id, which has to be a number
  kCurrentAccount,  ///< "Could not validate credentials"
};

/// An operation that only callers with a good token reach; its security, ?user_id and 401 are added to `doc`.
standin::Route Private(App& app, const char* method, const char* pattern, PrivateHandler handler,
                       standin::OperationDoc doc, TokenStyle style = TokenStyle::kRequestUser);

/// An operation for everybody.
standin::Route Public(App& app, const char* method, const char* pattern,
                      std::function<Reply<Response>(App&, const Request&)> handler, standin::OperationDoc doc);

}  // namespace readiness::ai_health
