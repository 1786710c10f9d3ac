#!/usr/bin/env bash
# Sends a deployed service its example requests through a port-forward: smoke.sh CONTEXT
set -euo pipefail

kubectl=(kubectl --context "$1" --namespace text2json)
url=http://127.0.0.1:18000
APP_API_KEYS=$("${kubectl[@]}" get secret text2json-api-keys \
  --output jsonpath='{.data.api-keys}' | base64 --decode)
export APP_API_KEYS

"${kubectl[@]}" port-forward service/text2json 18000:80 >/dev/null &
trap 'kill $!' EXIT
curl --silent --show-error --fail --retry 20 --retry-delay 1 --retry-all-errors "$url/readyz"
echo

status=$(curl --silent --output /dev/null --write-out '%{http_code}' "$url/v1")
if [ "$status" != 401 ]; then
  echo "A request without a key got status $status instead of 401" >&2
  exit 1
fi
.venv/bin/text2json request --url "$url"
