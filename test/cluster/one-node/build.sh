#!/bin/bash
# build.sh [NAME…]: builds the programs of a cluster (all of them without a name) from their Go modules into $ONENODE_BIN, those that are
# not there yet. Needs Go 1.26 and the Go module proxy. The first build takes ten minutes on two cores; afterwards they are kept.
# promtool, which checks alerts, is Debian's.
# kube-apiserver-older is the oldest that the chart is tried on; the others are of one version.
set -euo pipefail
version=v1.36.3
older=v1.34.1
helm=v3.19.0
bin=${ONENODE_BIN:-${XDG_CACHE_HOME:-$HOME/.cache}/onenode/$version}
cd "$(dirname "$0")" || exit
mkdir -p "$bin"
# One build at a time: a second one waits for the first and finds its programs.
exec 9> "$bin/.lock"
flock 9

# folder, package and version of a program
source_of() {
  case $1 in
    pause) echo . ./pause "$version" ;;
    etcd) echo . go.etcd.io/etcd/server/v3 "$version" ;;
    *-older) echo older "k8s.io/kubernetes/cmd/${1%-older}" "$older" ;;
    *) echo . "k8s.io/kubernetes/cmd/$1" "$version" ;;
  esac
}

# What an ended build left.
rm -rf "$bin"/.[a-z]*.??????
names=("$@")
((${#names[@]})) || names=(etcd kube-apiserver kube-controller-manager kube-scheduler kubelet pause kubectl helm kube-apiserver-older promtool)
for name in "${names[@]}"; do
  [ -x "$bin/$name" ] && continue
  part=$(mktemp -d "$bin/.$name.XXXXXX")
  if [ "$name" = promtool ]; then
    # Debian's, which needs no other package; nothing is installed, and no Prometheus started.
    fetch=(apt-get download -qq -o APT::Sandbox::User=root prometheus)
    (cd "$part" && { "${fetch[@]}" || { apt-get update -qq && "${fetch[@]}"; }; } && dpkg-deb --extract prometheus_*.deb deb) 9>&-
    mv "$part/deb/usr/bin/promtool" "$part/promtool"
    rm -r "$part/deb" "$part"/prometheus_*.deb
  elif [ "$name" = helm ]; then
    CGO_ENABLED=0 GOBIN="$part" go install -trimpath -ldflags '-s -w' "helm.sh/helm/v3/cmd/helm@$helm" 9>&-
  else
    read -r folder package is < <(source_of "$name")
    minor=${is#v1.}
    CGO_ENABLED=0 go build -C "$folder" -mod=readonly -trimpath -o "$part/$name" -ldflags "-s -w \
      -X k8s.io/component-base/version.gitVersion=$is -X k8s.io/component-base/version.gitMajor=1 \
      -X k8s.io/component-base/version.gitMinor=${minor%%.*}" "$package" 9>&-
  fi
  mv "$part/$name" "$bin/$name"
  rmdir "$part"
done
echo "$bin"
