#pragma once
// What the commands of a RUN do to an image, as far as they are known: what pip installs and where, users, files that
// are removed or moved. Pure.

#include <string>
#include <vector>

#include "image.h"

namespace readiness::dockerfiles {

/// Follows the instruction as the shell would read it.
void Run(const DockerInstruction& one, Image& image, std::vector<Fault>& faults);

/// Are packages at this place found by what the image starts by `program`, given its PATH and PYTHONPATH?
bool IsActive(const Image& image, const std::string& where, const std::string& program);

}  // namespace readiness::dockerfiles
