#include "standin/later.h"

#include <thread>

namespace readiness::standin {

void Later(std::chrono::milliseconds delay, std::function<void()> work) {
  std::thread([delay, work = std::move(work)] {
    std::this_thread::sleep_for(delay);
    work();
  }).detach();
}

}  // namespace readiness::standin
