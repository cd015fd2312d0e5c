#pragma once
// What a user plans to do: interventions, each labelled by the safety registry when it is made, and protocols, which
// sum up the labels of the interventions that they consist of.

#include "app.h"
#include "area.h"

namespace readiness::ai_health {

Area Interventions(App& app);
Area Protocols(App& app);

}  // namespace readiness::ai_health
