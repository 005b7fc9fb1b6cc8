#!/bin/bash
# buildah.sh FOLDER ARGUMENT…: buildah with its images and containers in FOLDER alone.
set -euo pipefail
folder=$1
shift
exec buildah --storage-driver vfs --root "$folder/storage" --runroot "$folder/run" "$@"
