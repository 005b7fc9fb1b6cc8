#!/bin/bash
# root-files.sh: prints the path of a tar file with what lies under podid in the agent's image, made where it is not there yet: what the
# Dockerfile installs on Debian's smallest system, without manuals, translations and the package manager's stores. Needs root,
# debootstrap and Debian's packages; takes half a minute.
set -euo pipefail
# Another list of packages is another number.
out=$(dirname "${ONENODE_BIN:-${XDG_CACHE_HOME:-$HOME/.cache}/onenode/v1.36.3}")/root-files-2.tar
if [ -f "$out" ]; then
  echo "$out"
  exit 0
fi
mkdir -p "$(dirname "$out")"
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=nftables,iptables,iproute2,conntrack,ca-certificates bookworm "$work/root" > "$work/log" 2>&1 || {
  tail -20 "$work/log" >&2
  exit 1
}
cd "$work/root" || exit
rm -rf usr/share/{doc,man,locale,info,i18n,bash-completion,zoneinfo,lintian,perl5} usr/lib/x86_64-linux-gnu/gconv usr/lib/x86_64-linux-gnu/perl-base \
  var/lib/apt var/cache/* var/log/* var/lib/dpkg/info usr/bin/{apt*,perl*} usr/lib/apt usr/lib/systemd/system
mkdir -p tmp run
rm -rf dev/* proc/* sys/*
tar --numeric-owner -C "$work/root" -cf "$work/layer.tar" .
mv "$work/layer.tar" "$out"
echo "$out"
