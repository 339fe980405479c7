# shellcheck shell=bash
# Shared by tools/serve and tools/test: installs what is missing from Debian's packages, configures
# build/ and builds. Sourced, never run; expects `set -euo pipefail` and the repository root as the
# working directory.

# Everything that `meson setup` looks for; tests and benchmarks are configured in every build.
readonly build_packages=(
  g++ meson ninja-build pkg-config liburing-dev libfmt-dev libspdlog-dev libmimalloc-dev
  libxxhash-dev liblz4-dev liblzf-dev libcli11-dev libedit-dev doctest-dev
  liblua5.1-0-dev lua-cjson-dev lua-bitop-dev
)
# What the tests use besides: git for the tidy test, redis-server as the oracle.
readonly test_packages=(git redis-server redis-tools)

# Debian's meson by its path, since a `python3` or `meson` found earlier in PATH may be any other.
readonly meson=/usr/bin/meson
readonly build_dir=build

say() {
  printf '== %s\n' "$*" >&2
}

is_installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -- "$@"
  else
    say "installing packages needs root or sudo: $*"
    return 1
  fi
}

# Runs a command while package scripts are told to start no service: redis-server is wanted as a
# program, not as a daemon on its usual port. Leaves a policy alone that is there already.
without_services() {
  local policy=/usr/sbin/policy-rc.d
  if [[ -e $policy ]]; then
    "$@"
    return
  fi
  (
    trap 'as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    "$@"
  )
}

# install_packages NAME...: those that are missing, all at once. Touches no network otherwise.
install_packages() {
  local missing=() name
  for name in "$@"; do
    is_installed "$name" || missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || {
    say "missing, and there is no apt-get to install them: ${missing[*]}"
    return 1
  }
  say "installing ${missing[*]}"
  # A repository that this project does not need may be down: the installation decides.
  as_root apt-get update -q || say 'apt-get update failed; trying with the lists that are there'
  without_services as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# configure: build/ as a release build. MESON_OPTIONS adds options to a first configuration.
configure() {
  [[ -f $build_dir/build.ninja ]] && return 0
  say "configuring $build_dir"
  # shellcheck disable=SC2086  # Several options, split at spaces.
  "$meson" setup "$build_dir" --buildtype=release ${MESON_OPTIONS:-}
}

# build [TARGET...]: everything, or the targets.
build() {
  say "building ${*:-everything}"
  ninja -C "$build_dir" "$@"
}
