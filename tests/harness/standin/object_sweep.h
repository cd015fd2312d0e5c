#pragma once
// Every operation on objects of a user, as the stand-in's own document lists them, tried by nobody, with forged tokens,
// by a stranger who claims to be the owner in every way, and by the owner.

#include <string>

#include "world.h"

namespace readiness::standin {

/// What is wrong, by operation, who tried, and what happened: another status than 401, an answer that leaks the owner's
/// text, a write to what the owner owns: "list_symptoms: expired 200+leak; stop_experiment: stranger write". Empty when
/// all is well. `all` stands for every way to come without a good token, `named` for every bad token that names the
/// owner. Tries the operation `only`, or every one.
std::string SweepObjects(World& world, const std::string& only = {}, bool wait_for_late_writes = false);

/// The number of operations that the sweep tries.
int SweptOperations(World& world);

}  // namespace readiness::standin
