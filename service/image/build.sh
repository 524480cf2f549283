#!/usr/bin/env bash
# Builds the server's image from source and packs it as an OCI archive (docs/image.md):
#
#   build.sh [--model NAME | --model NAME=FOLDER] [--quantization int8|fp32] [--arch amd64|arm64]
#            [--tag NAME:TAG] [--base IMAGE --builder IMAGE] ARCHIVE
#
# --model    model that the image holds (default nano): a folder service/models/whisper-NAME, or FOLDER under that
#            name, or NAME on the hub
# --tag      name of the image in the archive (default localhost/whisper-stt:MODEL)
# --base, --builder   images to build on and with (default: made of Debian packages with buildah, so that no registry
#            is asked; the Dockerfile's own with podman and docker)
#
# Works with buildah and mmdebstrap as root, else podman, else docker. SOURCE_DATE_EPOCH (default 0) is the time of all
# files: two builds of the same sources and the same Debian release are the same image. Prints its digest.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
fail() {
  echo "build.sh: $*" >&2
  exit 2
}

model=nano quantization=int8 arch='' tag='' base='' builder='' folder=''
while [[ ${1:-} == --* ]]; do
  [[ $# -ge 2 ]] || fail "$1 needs a value"
  case $1 in
    --model) model=${2%%=*} && [[ $2 != *=* ]] || folder=${2#*=} ;;
    --quantization) quantization=$2 ;;
    --arch) arch=$2 ;;
    --tag) tag=$2 ;;
    --base) base=$2 ;;
    --builder) builder=$2 ;;
    *) fail "no option $1" ;;
  esac
  shift 2
done
archive=${1:?usage: build.sh [OPTIONS] ARCHIVE}
if [[ ! $arch ]]; then
  case $(uname -m) in
    x86_64) arch=amd64 ;;
    aarch64) arch=arm64 ;;
    *) fail "no image for $(uname -m)" ;;
  esac
fi
tag=${tag:-localhost/whisper-stt:$model}
version=$(node -p "require('$repository/service/package.json').version")
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0}
mkdir -p "$(dirname "$archive")"
archive=$(cd "$(dirname "$archive")" && pwd)/$(basename "$archive")
rm -f "$archive"

work=$(mktemp -d)
cleanup() {
  if [[ -d $work/storage ]]; then build rm --all >/dev/null 2>&1 || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
build() { buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"; }

# A model from elsewhere joins the build context under the name that it gets in the image.
context=$repository
if [[ $folder ]]; then
  [[ -s $folder/config.json ]] || fail "--model: $folder holds no model (it has no config.json)"
  context=$work/context
  mkdir -p "$context"/{lib,service/models}
  cp "$repository"/{package.json,package-lock.json,tsconfig.json} "$context/"
  cp "$repository"/lib/{contract,metrics}.ts "$context/lib/"
  cp -R "$repository"/service/{Dockerfile,package.json,bin,image,src} "$context/service/"
  cp -RL "$folder" "$context/service/models/whisper-$model"
  cp -R "$repository/service/models/silero-vad" "$context/service/models/"
  cp "$repository/.dockerignore" "$context/"
fi
arguments=(--file "$context/service/Dockerfile" --build-arg "MODEL=$model" --build-arg "QUANTIZATION=$quantization"
  --build-arg "VERSION=$version" --build-arg "HF_ENDPOINT=${HF_ENDPOINT:-}")

if ((EUID == 0)) && type -P buildah >/dev/null && { [[ $base ]] || type -P mmdebstrap >/dev/null; }; then
  # import NAME KIND ARCHITECTURE: an image of Debian packages.
  import() {
    local container
    "$here/debian-base.sh" "$2" "$3" "$work/$1.tar"
    container=$(build from --arch "$3" scratch)
    build add --quiet "$container" "$work/$1.tar" / >/dev/null
    build config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt --arch "$3" --os linux "$container"
    [[ $2 == builder ]] || build config --env NODE_EXTRA_CA_CERTS- "$container"
    build commit --quiet --timestamp "$SOURCE_DATE_EPOCH" --rm "$container" "localhost/$1" >/dev/null
    rm "$work/$1.tar"
  }
  if [[ ! $base ]]; then
    import base base "$arch"
    base=localhost/base
  fi
  if [[ ! $builder ]]; then
    import builder builder "$(dpkg --print-architecture)"
    builder=localhost/builder
  fi
  # Not --platform: the builder runs here, whatever the image is for; the architecture is that of the base.
  build bud --quiet --isolation chroot --format oci --timestamp "$SOURCE_DATE_EPOCH" \
    --pull-never --build-arg "TARGETARCH=$arch" --build-arg "BASE=$base" --build-arg "BUILDER=$builder" \
    "${arguments[@]}" --tag "$tag" "$context" >"$work/log" 2>&1 || { cat "$work/log" >&2 && exit 1; }
  build push --quiet --format oci "$tag" "oci-archive:$archive:$tag" >/dev/null
elif type -P podman >/dev/null; then
  podman build --format oci --timestamp "$SOURCE_DATE_EPOCH" --platform "linux/$arch" "${arguments[@]}" \
    ${base:+--build-arg "BASE=$base"} ${builder:+--build-arg "BUILDER=$builder"} --tag "$tag" "$context"
  podman push --format oci "$tag" "oci-archive:$archive:$tag"
elif docker buildx version >/dev/null 2>&1 && docker info >/dev/null 2>&1; then
  docker buildx build --platform "linux/$arch" "${arguments[@]}" \
    ${base:+--build-arg "BASE=$base"} ${builder:+--build-arg "BUILDER=$builder"} --tag "$tag" \
    --provenance false --output "type=oci,dest=$archive,rewrite-timestamp=true" "$context"
else
  echo 'build.sh: nothing here builds images. As root on Debian: apt-get install --no-install-recommends buildah mmdebstrap' >&2
  exit 3
fi

digest=$(tar -xOf "$archive" index.json | node -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).manifests[0].digest')
printf '%s@%s in %s (%s MiB packed, %s s)\n' "$tag" "$digest" "$archive" $(($(stat -c %s "$archive") >> 20)) "$SECONDS"
