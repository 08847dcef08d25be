#!/usr/bin/env bash
# Plans once: annotations go to the log, the comment to the summary, and everything into a folder of reports.
# shellcheck source=.github/actions/common.sh
. "$(dirname "$0")/../common.sh"

read_options
install_gitway

report=$RUNNER_TEMP/gitway-plan
rm -rf "$report"
mkdir -p "$report"
output report "$report"
if [[ ${GITHUB_REF:-} =~ ^refs/pull/([0-9]+)/ ]]; then
  echo "${BASH_REMATCH[1]}" >"$report/pull-request"
fi
if [ -z "$INPUT_STORE" ] && [ -n "${GITHUB_BASE_REF:-}" ]; then
  # Without a merge base (a shallow clone) gitway says what to do.
  base=$(git -C "$INPUT_REPO" merge-base "origin/$GITHUB_BASE_REF" HEAD) || base=origin/$GITHUB_BASE_REF
  options+=("--base=$base")
fi

status=0
summary=$RUNNER_TEMP/gitway-plan-summary.md
rm -f "$summary"
messages=$RUNNER_TEMP/gitway-plan.messages
"$gitway" plan "${options[@]}" --detailed-exitcode -o github \
  --report="markdown=$report/comment.md" --report="json=$report/plan.json" --report="sarif=$report/plan.sarif" \
  --report="html=$report/plan.html" --report="step-summary=$summary" \
  2>"$messages" || status=$?
show "$messages"
if [ ! -e "$report/comment.md" ]; then
  { printf '### ❌ gitway: no plan\n\n' && as_text "$messages"; } >"$report/comment.md"
fi
[ -e "$summary" ] || summary=$report/comment.md
cat "$summary" >>"$GITHUB_STEP_SUMMARY"
if [ -e "$report/plan.json" ]; then
  output risk "$("$python" -c 'import json, sys; print(json.load(sys.stdin)["summary"]["risk"])' <"$report/plan.json")"
fi
case "$status" in
  0) output changed false ;;
  2) output changed true ;;
  *)
    echo "::error title=gitway::The plan failed; the summary says why."
    exit "$status"
    ;;
esac
