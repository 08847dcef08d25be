#!/usr/bin/env bash
# Waits until every Envoy that sidecars report has acknowledged the current release.
# shellcheck source=.github/actions/common.sh
. "$(dirname "$0")/../common.sh"

install_gitway
status=0
result=$RUNNER_TEMP/gitway-rollout.json
"$gitway" rollout status "--repo=$INPUT_REPO" "--store=$INPUT_STORE" "--wait=$INPUT_ROLLOUT_WAIT" -o json \
  >"$result" || status=$?
case "$status" in
  0 | 3) output result "$result" ;;
  *) refuse "The rollout could not be followed: see the log." ;;
esac
# Whether the job fails is decided there: nobody reporting yet is no failure of this release.
"$python" "$(dirname "$0")/rollout_summary.py" "$result" "$GITHUB_STEP_SUMMARY"
