#!/bin/bash
# merge.sh: joins all shards in $OUT into $OUT/whole, and lists the trials that are missing.
set -euo pipefail
: "${OUT:?the folder of the shards}"
read -r -a lab <<<"${LAB:-npm run --silent lab --}"
exec "${lab[@]}" merge "$OUT"/shard-* --out "$OUT/whole" --json
