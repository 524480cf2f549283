#!/usr/bin/env bash
# Compiles the codecs to WebAssembly and writes ../codec-binary.ts, which is committed. Needs rustup's cargo with the target
# wasm32-unknown-unknown; made with rustc 1.95.0 and the crates of Cargo.lock. The same sources give the same bytes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

target=$(mktemp -d)
trap 'rm -rf "$target"' EXIT
# 64 MiB: the largest stream seen here needs 5 (a decoder and a packet), what is made to hurt as much as it can get.
# No stack needs more than libopus', which takes its scratch memory from it: 120 ms of stereo.
flags='-C target-feature=+simd128 -C link-arg=--max-memory=67108864 -C link-arg=-zstack-size=524288'
# The paths of this machine are not part of the result.
flags+=" --remap-path-prefix=$HOME=~ --remap-path-prefix=$PWD=."
CARGO_TARGET_DIR=$target RUSTFLAGS=$flags cargo build --locked --release --quiet --target wasm32-unknown-unknown
node write-binary.mjs "$target/wasm32-unknown-unknown/release/audio_codecs.wasm" ../codec-binary.ts
