#!/bin/sh
# Installs what Readiness needs to build and test itself. Debian 12 and later, Ubuntu 22.04 and later; elsewhere prints the
# list and stops. Safe to run again: does nothing when all is there.
#   usage: setup.sh [--containers]      --containers: also what running targets in containers needs
set -eu

case "$*" in
  ""|--containers) ;;
  *)
    echo "usage: setup.sh [--containers]" >&2
    exit 2 ;;
esac

packages="
  cmake ninja-build g++ pkg-config
  libboost-dev libboost-system-dev nlohmann-json3-dev libcurl4-openssl-dev libgtest-dev libgmock-dev
  libfmt-dev libcli11-dev libexpected-dev libre2-dev libpugixml-dev libssl-dev libpqxx-dev libpq-dev
  libcpp-httplib-dev libsodium-dev libjwt-dev zlib1g-dev libbrotli-dev libicu-dev libxml2-utils
  postgresql postgresql-client
  git libyaml-cpp-dev python3 python3-pyflakes python3-jsonschema
  dpkg-dev file
"

if [ "${1:-}" = --containers ]; then
  packages="$packages debootstrap iptables util-linux"
  # Docker's own packages, where they are installed, exclude the distribution's.
  if ! docker version >/dev/null 2>&1 && ! command -v dockerd >/dev/null 2>&1; then
    packages="$packages docker.io"
  fi
  if ! docker compose version >/dev/null 2>&1 && ! command -v docker-compose >/dev/null 2>&1; then
    packages="$packages docker-compose"
  fi
fi

list() { printf '%s\n' $packages; }

distribution=unknown
if [ -r /etc/os-release ]; then
  distribution=$(. /etc/os-release && printf '%s %s' "${ID:-unknown}" "${ID_LIKE:-}")
fi
case "$distribution" in
  *debian*|*ubuntu*) ;;
  *)
    echo "setup.sh knows Debian and Ubuntu; this is: $distribution" >&2
    echo "Install these, under the names they have here, and go on with cmake:" >&2
    list >&2
    exit 1 ;;
esac

missing=""
for package in $packages; do
  state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)
  case "$state" in
    ii*) ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "setup.sh has to install:$missing" >&2
    echo "Run it as root, or install sudo." >&2
    exit 1
  fi
  as_root="sudo"
fi

$as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 update -qq
# shellcheck disable=SC2086  # one word per package is what apt-get wants
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends $missing
