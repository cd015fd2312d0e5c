#pragma once
// Looks into answers of the target: does an answer meet an Expectation, and what does it yield for `capture`. Foreign
// JSON is parsed strictly, once. Pure.

#include <map>
#include <string>
#include <string_view>

#include "definition/definition.h"
#include "readiness/http.h"
#include "readiness/identities.h"
#include "readiness/nested.h"

namespace readiness {

/// The first value of `parameter` in the query of `url`, decoded; nothing if it has none.
std::optional<std::string> QueryParameter(std::string_view url, std::string_view parameter);

/// What an answer gave.
struct Reading {
  Values captured;       ///< everything found, also when there is a mismatch
  std::string mismatch;  ///< empty: status, equals and captures are as demanded
};

/// Compares `response` with `expectation` and takes `capture` (see HttpStep::capture) out of it.
Reading ReadAnswer(const HttpResponse& response, const Expectation& expectation,
                   const std::map<std::string, std::string>& capture);

/// Takes `capture` (name -> column) from the first of `rows`.
Reading ReadRows(const Json& rows, const std::map<std::string, std::string>& capture);

}  // namespace readiness
