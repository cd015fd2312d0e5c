#pragma once
// The two audited scenarios played against a stand-in and written down in one line each, so that a table can say what
// every defect changes.

#include <string>

#include "world.h"

namespace readiness::standin {

/// One evaluation of `user` with the verdict "helpful" and confidence 0.9, made by SQL as target.json does; its id.
std::string SeedEvaluation(World& world, const TestUser& user);

/// Sync with consent, without, twice without, with a false one, after withdrawal:
/// "A 200 inserted 9 rows 9 | B 403 data 0 token 1 rows 0 prov 0 none 0 again 403 late 0 | C 403 data 0 | W 403 data
/// +0".
std::string PlaySync(World& world, bool wait_for_late_rows);

/// A decision asked for by nobody, with each forged token, by a stranger, by a stranger who claims to be the owner, by
/// the owner; each as "<who> <status>+<rows of the owner>+<rows of the stranger>".
std::string PlayLoop(World& world, bool wait_for_late_rows);

/// Consent read before it is given, given with one box unchecked (each in turn) and with all, read by its owner, by
/// another user and by one who names the owner: "none 404 | partial 400 400 400 400 rows 0 | full 200 version 1.0 |
/// other 404 | claiming 404".
std::string PlayConsent(World& world);

}  // namespace readiness::standin
