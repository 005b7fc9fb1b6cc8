#!/bin/bash
# remove.sh: ends what a test of the whole cluster left when it was killed: processes, networks, mounts and files of its prefix.
cd "$(dirname "$0")"
export ONENODE_PREFIX=${ONENODE_PREFIX:-podid}
# Without root, or where no cluster ever was, there is nothing to end.
[ "$(id -u)" = 0 ] && command -v ip > /dev/null || exit 0
./one-node.sh down > /dev/null 2>&1
./hosts.sh down > /dev/null 2>&1
exit 0
