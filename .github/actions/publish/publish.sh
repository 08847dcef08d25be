#!/usr/bin/env bash
# Publishes the commit that is checked out, or says why not.
# shellcheck source=.github/actions/common.sh
. "$(dirname "$0")/../common.sh"

[ -n "$INPUT_STORE" ] || refuse "The input store is needed: s3://BUCKET/PREFIX or file:///DIR."
one_of envoy-validate "$INPUT_ENVOY_VALIDATE" auto always never
[[ $INPUT_ROLLOUT_WAIT =~ ^[0-9]{1,5}$ ]] || refuse "The input rollout-wait must be a number of seconds."
read_options
options+=("--envoy-validate=$INPUT_ENVOY_VALIDATE")
[ -z "$INPUT_PLAN" ] || options+=("--plan=$INPUT_PLAN")
install_gitway
[ "$INPUT_ENVOY_VALIDATE" != always ] || install_envoy
if [ -n "$INPUT_SIGN_KEY" ]; then
  key=$RUNNER_TEMP/gitway-sign-key
  trap 'rm -f "$key"' EXIT
  (umask 077 && printf '%s\n' "$INPUT_SIGN_KEY" >"$key")
  options+=("--sign-key=$key")
fi

status=0
result=$RUNNER_TEMP/gitway-publish.json
messages=$RUNNER_TEMP/gitway-publish.messages
"$gitway" publish "${options[@]}" -o json >"$result" 2>"$messages" || status=$?
show "$messages"
if [ "$status" -ne 0 ]; then
  { printf '### ❌ gitway: nothing was published\n\n' && as_text "$messages"; } >>"$GITHUB_STEP_SUMMARY"
  echo "::error title=gitway::Nothing was published; the summary says why."
  exit "$status"
fi
output result "$result"
for name in changed serial release; do
  output "$name" "$("$python" -c 'import json, sys; print(str(json.load(sys.stdin)[sys.argv[1]]).lower())' "$name" <"$result")"
done
"$python" "$(dirname "$0")/release_summary.py" <"$result" >>"$GITHUB_STEP_SUMMARY"
