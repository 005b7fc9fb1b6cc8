#!/bin/bash
# build.sh [NAME…]: builds the programs of a cluster (all of them without a name) from their Go modules into $ONENODE_BIN, those that are
# not there yet. Needs Go 1.24 and the Go module proxy. The first build takes six to eight minutes on two cores; afterwards they are kept.
set -euo pipefail
version=v1.34.1
helm=v3.19.0
bin=${ONENODE_BIN:-${XDG_CACHE_HOME:-$HOME/.cache}/onenode/$version}
cd "$(dirname "$0")" || exit
mkdir -p "$bin"
# One build at a time: a second one waits for the first and finds its programs.
exec 9> "$bin/.lock"
flock 9

package_of() {
  case $1 in
    pause) echo ./pause ;;
    etcd) echo go.etcd.io/etcd/server/v3 ;;
    *) echo "k8s.io/kubernetes/cmd/$1" ;;
  esac
}

# What an ended build left.
rm -rf "$bin"/.[a-z]*.??????
names=("$@")
((${#names[@]})) || names=(etcd kube-apiserver kube-controller-manager kube-scheduler kubelet pause kubectl helm)
for name in "${names[@]}"; do
  [ -x "$bin/$name" ] && continue
  part=$(mktemp -d "$bin/.$name.XXXXXX")
  if [ "$name" = helm ]; then
    CGO_ENABLED=0 GOBIN="$part" go install -trimpath -ldflags '-s -w' "helm.sh/helm/v3/cmd/helm@$helm" 9>&-
  else
    CGO_ENABLED=0 go build -mod=readonly -trimpath -o "$part/$name" -ldflags "-s -w \
      -X k8s.io/component-base/version.gitVersion=$version -X k8s.io/component-base/version.gitMajor=1 \
      -X k8s.io/component-base/version.gitMinor=34" "$(package_of "$name")" 9>&-
  fi
  mv "$part/$name" "$bin/$name"
  rmdir "$part"
done
echo "$bin"
