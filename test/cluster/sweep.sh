#!/usr/bin/env bash
# Measures where the real autoscaler comes to rest, on each of the releases, and writes docs/hpa-ratchet.md.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
pinned=$(sed -nE 's#^\s*(require )?k8s.io/kubernetes v([0-9.]+).*#\2#p' "$here/go.mod")
# One on each side of 1.33, which changed what the controller takes for within its tolerance.
for version in 1.30.14 "$pinned"; do
  "$here/with-cluster.sh" -v "$version" npx jest -c "$here/sweep.jest.config.js"
done
