# shellcheck shell=bash
# The smoke tests with the clients of the npm registry, for tools/test. Sourced after setup.sh.

# Far more than a good run takes: a server that hangs must not hang the whole test.
readonly node_seconds_max=300

# A machine may have node and npm from elsewhere, so the programs count, not the packages. Debian's
# npm brings several hundred packages: it is installed apart from the rest, and may fail.
install_node() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    install_packages nodejs npm
  fi
}

# Installs the clients as the lock file says; nothing to do while that has not changed.
install_node_clients() {
  local done_mark=tests/node/node_modules/.package-lock.json
  [[ $done_mark -nt tests/node/package-lock.json ]] && return 0
  (cd tests/node && npm ci --no-audit --no-fund --ignore-scripts) && touch "$done_mark"
}

# run_node_tests FILE: runs them and leaves the TAP report in FILE; where the clients cannot be
# had, FILE is one skipped test and the run goes on.
run_node_tests() {
  local report=$1
  if ! install_node >&2 || ! install_node_clients >&2; then
    say 'SKIPPED: the node clients, because npm or its registry is not available'
    printf '# tests 1\n# pass 0\n# fail 0\n# skipped 1\n' >"$report"
    return 0
  fi
  RONDO_SERVER=$PWD/$build_dir/server/rondo \
    timeout "$node_seconds_max" node --test --test-reporter=tap tests/node/*.test.js | tee "$report"
}
