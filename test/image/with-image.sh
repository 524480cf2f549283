#!/usr/bin/env bash
# Builds the image and runs a command on it:  with-image.sh COMMAND...
# Where nothing builds images IMAGE_UNAVAILABLE says so, and the command runs all the same: its tests are skipped and
# counted.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
result=0
npm run image || result=$?
# service/image/build.sh ends with it where there is no tool for it.
if ((result == 3)); then
  export IMAGE_UNAVAILABLE='nothing here builds images'
  echo "image: SKIPPED, $IMAGE_UNAVAILABLE" >&2
elif ((result)); then
  exit "$result"
fi
exec "$@"
