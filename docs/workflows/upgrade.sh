#!/usr/bin/env bash
# Any CI server: OLD and NEW are two sides of an upgrade, e.g. OLD=torch==2.12.0 NEW=torch==2.13.0; further arguments are
# handed on. The verdict is printed, the reports are left in $ARTIFACTS, and the status is that of the comparison.
set -euo pipefail

: "${OLD:?the older side, e.g. torch==2.12.0}" "${NEW:?the newer side, e.g. torch==2.13.0}"
artifacts="${ARTIFACTS:-artifacts}"
mkdir -p "$artifacts"

status=0
logitproof upgrade "$OLD" "$NEW" --output "$artifacts/upgrade" "$@" > "$artifacts/verdict.txt" || status=$?
head -n 1 "$artifacts/verdict.txt" # verdict: safe, changed or regressed
exit "$status"
