#!/bin/bash
# What a pod of an indexed job runs. JOB_COMPLETION_INDEX counts from 0; COMPLETIONS is set in the manifest.
set -euo pipefail
: "${JOB_COMPLETION_INDEX:?run this in an indexed job}" "${COMPLETIONS:?number of shards}"
exec "$(dirname "$0")/shard.sh" "$((JOB_COMPLETION_INDEX + 1))" "$COMPLETIONS"
