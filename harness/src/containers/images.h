#pragma once
// Images that the harness makes itself. They are found again by the digest of what they were made from, so that they
// are made once, and carry no run's label: they outlive runs. One thread.

#include <string>

#include "containers/container_cli.h"
#include "readiness/result.h"

namespace readiness {

/// An image FROM scratch of `program`, which lies at /<its file name> and is the entry point, its shared libraries, the
/// loader, /tmp and what name resolution needs. Returns its name, "readiness-<file name>:<digest>".
/// `scratch_directory`: for the build's context, removed afterwards. Errors: kEnvironment (no such program, a library
/// is missing, the build failed), kTimeout.
Result<std::string> ProgramImage(const ContainerCli& cli, const std::string& program,
                                 const std::string& scratch_directory);

/// An image with PostgreSQL from Debian's packages: `postgres` and `initdb` run as the user `postgres`. Made at first
/// use from the base image $READINESS_BASE_IMAGE, else debian:bookworm-slim. Errors: as ProgramImage; when the base
/// image is neither there nor can be fetched, how to make it.
Result<std::string> PostgresImage(const ContainerCli& cli, const std::string& scratch_directory);

}  // namespace readiness
