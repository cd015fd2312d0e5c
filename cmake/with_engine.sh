#!/bin/sh
# Runs a command with a container engine: the one that answers, else one that is started for it and ended with it (root
# only). Whatever that engine had, images and volumes included, goes with it.
#   usage: with_engine.sh <command> [argument...]
set -eu

if [ $# -eq 0 ]; then
  echo "usage: with_engine.sh <command> [argument...]" >&2
  exit 2
fi
here=$(dirname "$0")

if docker version >/dev/null 2>&1; then
  sh "$here/base_image.sh"
  exec "$@"
fi

refuse() {
  echo "with_engine.sh: no container engine answers, and none can be started: $1" >&2
  exit 1
}
[ "$(id -u)" -eq 0 ] || refuse "that needs root"
for program in docker dockerd iptables setpriv; do
  command -v "$program" >/dev/null 2>&1 || refuse "$program is not installed (sh cmake/setup.sh --containers)"
done
# Two of them would undo each other's rules for packets.
for comm in /proc/[0-9]*/comm; do
  if [ "$(cat "$comm" 2>/dev/null)" = dockerd ]; then
    refuse "there is a dockerd already, $(dirname "$comm" | sed 's/.*\///'), that does not answer at ${DOCKER_HOST:-its usual socket}"
  fi
done

folder=$(mktemp -d "${TMPDIR:-/tmp}/engine.XXXXXX")
engine=""
command=""

# By the name of our own folder, which nobody else's command line has.
kill_what_stays() {
  for entry in /proc/[0-9]*; do
    process=${entry#/proc/}
    [ "$process" != $$ ] || continue
    if tr '\0' ' ' <"$entry/cmdline" 2>/dev/null | grep -qF "$folder/"; then
      kill -KILL "$process" 2>/dev/null || true
    fi
  done
}

finish() {
  trap '' INT TERM HUP
  trap - EXIT
  if [ -n "$command" ] && kill -0 "$command" 2>/dev/null; then
    kill -TERM "$command" 2>/dev/null || true
    wait "$command" 2>/dev/null || true
  fi
  if [ -n "$engine" ]; then
    # Else it would give each of them its time to end.
    for container in $(timeout 10 docker ps --quiet 2>/dev/null); do
      timeout 10 docker kill "$container" >/dev/null 2>&1 || true
    done
    kill -TERM "$engine" 2>/dev/null || true
    waited=0
    while kill -0 "$engine" 2>/dev/null && [ "$waited" -lt 150 ]; do
      sleep 0.2
      waited=$((waited + 1))
    done
    kill_what_stays
    wait "$engine" 2>/dev/null || true
  fi
  awk -v folder="$folder/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do
    umount -l "$mount" 2>/dev/null || true
  done
  rm -rf "$folder"
  exit "$1"
}
trap 'finish 130' INT
trap 'finish 143' TERM
trap 'finish 129' HUP
trap 'finish $?' EXIT

# setpriv: should this script be killed, the engine ends all the same.
setpriv --pdeathsig TERM dockerd --host "unix://$folder/docker.sock" --data-root "$folder/data" \
  --exec-root "$folder/exec" --pidfile "$folder/pid" --shutdown-timeout 5 >"$folder/log" 2>&1 &
engine=$!
export DOCKER_HOST="unix://$folder/docker.sock"
unset DOCKER_CONTEXT
waited=0
until docker version >/dev/null 2>&1; do
  if ! kill -0 "$engine" 2>/dev/null || [ "$waited" -ge 300 ]; then
    tail -n 20 "$folder/log" >&2
    echo "with_engine.sh: no container engine answers, and dockerd did not start" >&2
    exit 1
  fi
  sleep 0.2
  waited=$((waited + 1))
done
echo "with_engine.sh: started a container engine for this command"
sh "$here/base_image.sh"

# In the background, so that a signal to this script is acted on at once.
"$@" &
command=$!
status=0
wait "$command" || status=$?
command=""
finish "$status"
