#pragma once
// A probe is a function that looks at the target through a Context and records what it saw. It concludes nothing.
// A folder probes/<name>/ with probe.json, probe.cc and probe_test.cc is all that it takes; the table of probes is
// generated from the folders.
//
//   READINESS_PROBE(sync_needs_consent) {
//     READINESS_ASSIGN(Identity user, context.identities.Create("user", "no-consent"));
//     ...
//     context.findings.AddViolation({...});
//     return {};
//   }
//
// An Error that a probe returns makes the item inconclusive, unless a violation had been recorded before.

#include "readiness/actions.h"
#include "readiness/canaries.h"
#include "readiness/commands.h"
#include "readiness/doubles.h"
#include "readiness/findings.h"
#include "readiness/http.h"
#include "readiness/identities.h"
#include "readiness/logs.h"
#include "readiness/openapi.h"
#include "readiness/parameters.h"
#include "readiness/patterns.h"
#include "readiness/result.h"
#include "readiness/services.h"
#include "readiness/source_tree.h"
#include "readiness/stores.h"
#include "readiness/tokens.h"

namespace readiness {

/// Everything a probe may use. References stay valid while the probe runs; all calls come from its one thread.
struct Context {
  const Parameters& parameters;
  Findings& findings;
  Identities& identities;
  Actions& actions;
  Http& http;
  Stores& stores;
  Doubles& doubles;
  Tokens& tokens;
  Logs& logs;
  OpenApi& openapi;
  Services& services;
  Commands& commands;
  SourceTree& source_tree;
};

using ProbeFunction = Result<void> (*)(Context& context);

}  // namespace readiness

/// Defines the probe `name`, which is the name of its folder.
#define READINESS_PROBE(name)          \
  namespace readiness::probes {        \
  Result<void> name(Context& context); \
  }                                    \
  ::readiness::Result<void> readiness::probes::name([[maybe_unused]] ::readiness::Context& context)
