#!/usr/bin/env bash
# Posts a report. A pull request's own workflow wrote it: the number is held against the event by gitway.
# shellcheck source=.github/actions/common.sh
. "$(dirname "$0")/../common.sh"

[ -n "$INPUT_REPORT" ] || refuse "The input report is needed: the folder with what the action plan has reported."
number=$INPUT_REPORT/pull-request
if [ -L "$number" ] || [ ! -f "$number" ]; then
  refuse "The report names no pull request: it was not planned for one."
fi
number=$(head -c 20 "$number" | tr -d '\0')
[[ $number =~ ^[1-9][0-9]{0,9}$ ]] || refuse "The report's pull-request is not a number."
check_python
source=$(cd "$GITHUB_ACTION_PATH/../../.." && pwd)
# Nothing but this checkout and the standard library: -P and -s leave out the workspace and the user's packages.
result=$(PYTHONPATH=$source PYTHONDONTWRITEBYTECODE=1 "$INPUT_PYTHON" -P -s -m reconciler comment \
  "--body=$INPUT_REPORT/comment.md" "--pull-request=$number" "--key=$INPUT_KEY" "--author=$INPUT_AUTHOR" -o json)
for name in action url; do
  output "$name" "$("$INPUT_PYTHON" -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$name" <<<"$result")"
done
echo "$result"
