#!/bin/sh
# Makes sure that the base image of Readiness' own containers is there: as it is, else from a registry, else made from
# Debian's packages by debootstrap (root only). Uses whatever engine `docker` talks to. Safe to run again.
#   usage: base_image.sh [image]      (default: $READINESS_BASE_IMAGE, else debian:bookworm-slim)
set -eu

image="${1:-${READINESS_BASE_IMAGE:-debian:bookworm-slim}}"
mirror="${READINESS_DEBIAN_MIRROR:-http://deb.debian.org/debian}"

if ! docker version >/dev/null; then
  echo "base_image.sh: no container engine answers; start one first" >&2
  exit 1
fi
if docker image inspect "$image" >/dev/null 2>&1; then
  exit 0
fi
if timeout 120 docker pull -q "$image" >/dev/null 2>&1; then
  echo "base_image.sh: fetched $image"
  exit 0
fi

case "$image" in
  debian:*) suite="${image#debian:}"; suite="${suite%-slim}" ;;
  *)
    echo "base_image.sh: $image is neither there nor can it be fetched, and only debian:<release> can be made" >&2
    exit 1 ;;
esac
if ! command -v debootstrap >/dev/null 2>&1; then
  echo "base_image.sh: $image cannot be fetched, and debootstrap is missing: sh cmake/setup.sh --containers" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "base_image.sh: $image cannot be fetched, and making it needs root" >&2
  exit 1
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/base-image.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM HUP
if ! debootstrap --variant=minbase "$suite" "$folder/root" "$mirror" >"$folder/log" 2>&1; then
  tail -n 20 "$folder/log" >&2
  echo "base_image.sh: debootstrap of $suite from $mirror failed" >&2
  exit 1
fi
# What only takes space in a container.
rm -rf "$folder/root/var/cache/apt/archives"/*.deb "$folder/root/var/lib/apt/lists"/* "$folder/root/usr/share/doc"/* \
  "$folder/root/usr/share/man"/* "$folder/root/usr/share/locale"/*
tar -C "$folder/root" --numeric-owner -cf "$folder/root.tar" .
docker import --change 'CMD ["/bin/sh"]' "$folder/root.tar" "$image" >/dev/null
echo "base_image.sh: made $image from $mirror"
