#!/usr/bin/env bash
# Says which run has the plan that was reviewed, or why none has.
# shellcheck source=.github/actions/common.sh
. "$(dirname "$0")/../common.sh"

one_of required "$INPUT_REQUIRED" true false
check_python
source=$(cd "$GITHUB_ACTION_PATH/../../.." && pwd)
status=0
# Nothing but this checkout and the standard library.
told=$(PYTHONPATH=$source PYTHONDONTWRITEBYTECODE=1 "$INPUT_PYTHON" -P -s \
  "$(dirname "$0")/reviewed_run.py" "$INPUT_ARTIFACT") || status=$?
case "$status" in
  0) output run "$told" ;;
  3)
    [ "$INPUT_REQUIRED" = false ] || refuse "There is no reviewed plan: $told."
    echo "::warning title=gitway::There is no reviewed plan: $told. What is published was not held against one."
    ;;
  *) refuse "The reviewed plan could not be looked for: see the log." ;;
esac
