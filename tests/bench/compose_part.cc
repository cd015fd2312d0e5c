#include "bench/parts.h"

namespace readiness::bench {

Result<Part> MeasureCompose(const bench::Place&) {
  Part part{"compose engine", "up, ready and down against the same commands typed by hand.", {}, "no engine answers"};
  return part;
}

}  // namespace readiness::bench
