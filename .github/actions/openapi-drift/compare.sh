#!/usr/bin/env bash
# Annotates the workflow, puts the report into its summary, and writes the page. Its status is the command's.
set -euo pipefail

arguments=("$OLD" "$NEW" --for "$VIEW")
if [ -n "$LEVELS" ]; then arguments+=(--levels "$LEVELS"); fi
if [ -n "$IGNORE" ]; then arguments+=(--ignore "$IGNORE"); fi

"$COMMAND" "${arguments[@]}" --format markdown --fail-on never >> "$GITHUB_STEP_SUMMARY"
if [ -n "$HTML" ]; then
  "$COMMAND" "${arguments[@]}" --format html --fail-on never --output "$HTML"
fi
"$COMMAND" "${arguments[@]}" --format github --fail-on "$FAIL_ON"
