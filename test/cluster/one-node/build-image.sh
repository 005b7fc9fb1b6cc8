#!/bin/bash
# build-image.sh FOLDER: builds deploy/Dockerfile as it stands, and prints the id of a container of its image; both are kept in FOLDER.
# buildah.sh FOLDER … runs commands on them. It needs no container engine, and pulls nothing: the bases that the Dockerfile names are made
# here, Debian by debootstrap and Node from npm. Needs root, buildah, debootstrap, npm and Debian's packages.
set -euo pipefail
folder=$1
here=$(cd "$(dirname "$0")" && pwd)
checkout=$(cd "$here/../../.." && pwd)
build() { "$here/buildah.sh" "$folder" bud --isolation chroot --pull-never --quiet "$@" >&2; }
pin() { sed -n "s/^ARG $1_VERSION=//p" "$checkout/deploy/Dockerfile"; }
node=$(pin NODE)
debian=$(pin DEBIAN)

# Debian's smallest system with its package manager, kept from one run to the next; what is newer the Dockerfile fetches.
base=$(dirname "${ONENODE_BIN:-${XDG_CACHE_HOME:-$HOME/.cache}/onenode/v1.36.3}")/debian-${debian%%-*}-1.tar
if [ ! -f "$base" ]; then
  mkdir -p "$(dirname "$base")"
  debootstrap --variant=minbase --include=ca-certificates "${debian%%-*}" "$folder/debian" >&2
  rm -rf "$folder/debian"/{dev,proc,sys}/* "$folder/debian"/var/cache/apt/archives/*.deb
  tar --numeric-owner -C "$folder/debian" -cf "$folder/debian.tar" .
  mv "$folder/debian.tar" "$base"
  rm -rf "$folder/debian"
fi
mkdir -p "$folder/bases/node/usr/local/"{bin,lib/node_modules}
ln -f "$base" "$folder/bases/debian.tar" 2>/dev/null || cp "$base" "$folder/bases/debian.tar"
build --tag "docker.io/library/debian:$debian-slim" --file - "$folder/bases" <<< $'FROM scratch\nADD debian.tar /'

case $(dpkg --print-architecture) in
  amd64) processor=x64 ;;
  *) processor=$(dpkg --print-architecture) ;;
esac
cd "$folder/bases"
tar -xzf "$(npm pack --silent "node-linux-$processor@$node")" --strip-components=1 package/bin/node package/LICENSE
mv bin/node node/usr/local/bin/node
mv LICENSE node/usr/local/LICENSE
cp -r "$(npm root --global)/npm" node/usr/local/lib/node_modules/npm
ln -s ../lib/node_modules/npm/bin/npm-cli.js node/usr/local/bin/npm
# Where a company looks into the traffic, npm has to trust it in there as it does out here.
cat "${NODE_EXTRA_CA_CERTS:-/dev/null}" > node/usr/local/authorities.pem
build --tag "docker.io/library/node:$node-bookworm-slim" --file - . << END
FROM docker.io/library/debian:$debian-slim
COPY node /
ENV NODE_EXTRA_CA_CERTS=/usr/local/authorities.pem
END

build --volume "$(npm config get cache):/root/.npm" --tag localhost/podid:test --build-arg VERSION=test \
  --file "$checkout/deploy/Dockerfile" "$checkout"
"$here/buildah.sh" "$folder" from --pull-never localhost/podid:test
