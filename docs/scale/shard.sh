#!/bin/bash
# shard.sh I N: runs shard I of N of $PLAN into $OUT/shard-I, or goes on with it.
# Optional: ENDPOINT, the address of an OpenAI-compatible server; its key is in GLOVEBOX_ENDPOINT_KEY.
# LAB is the command line; the default is that of the checkout in the current folder.
set -euo pipefail
index=${1:?number of the shard, from 1} count=${2:?number of shards}
: "${PLAN:?the plan file}" "${OUT:?the folder for all shards}"
read -r -a lab <<<"${LAB:-npm run --silent lab --}"
mkdir -p "$OUT"
exec "${lab[@]}" run "$PLAN" --out "$OUT/shard-$index" --shard "$index/$count" --resume --json \
  ${ENDPOINT:+--endpoint "$ENDPOINT"}
