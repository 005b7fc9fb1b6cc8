#!/usr/bin/env bash
# Downloads the executable of a release of podid, compares its checksum, and puts it on the PATH of the steps that follow.
# Run by action.yml, with what a runner sets: RUNNER_OS, RUNNER_ARCH, RUNNER_TEMP, RUNNER_TOOL_CACHE, GITHUB_PATH and
# GITHUB_OUTPUT. Runners that keep their tool cache download a version once.
set -euo pipefail

# GitHub takes each line of a log that begins with :: for a command, and an input or a server's answer may have such lines.
fail() {
  local text=${1//\%/%25}
  text=${text//$'\r'/%0D}
  echo "::error title=setup-podid::${text//$'\n'/%0A}"
  exit 1
}
# A path of Windows as bash takes it, and back.
bash_path() { if command -v cygpath >/dev/null; then cygpath --unix "$1"; else printf '%s' "$1"; fi; }
system_path() { if command -v cygpath >/dev/null; then cygpath --windows "$1"; else printf '%s' "$1"; fi; }

# The repository that the action was taken from says which version it is, and whose releases are meant.
manifest=$(dirname "${BASH_SOURCE[0]}")/../../../package.json
version=${INPUT_VERSION:-$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$manifest")}
version=${version#v}
[ "$version" != latest ] || fail "The version is \"latest\". Name one, such as 0.1.0, so that every run installs the same."
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] ||
  fail "The version is \"$version\", which is not one of podid's. Name one, such as 0.1.0."

from=${INPUT_FROM:-$(sed -n 's/^  "homepage": "\(.*\)#.*",$/\1/p' "$manifest")/releases/download}
from=${from%/}
[[ $from != https://github.com/OWNER/* ]] ||
  fail "This copy of the action does not say whose releases it installs. Use it from a release: OWNER/podid/.github/actions/setup-podid@v0.1.0, or set the input \"from\"."

case ${RUNNER_OS:-}-${RUNNER_ARCH:-} in
  Linux-X64) platform=linux_amd64 ;;
  Linux-ARM64) platform=linux_arm64 ;;
  macOS-X64) platform=darwin_amd64 ;;
  macOS-ARM64) platform=darwin_arm64 ;;
  Windows-X64) platform=windows_amd64 ;;
  *) fail "podid has no executable for this runner (${RUNNER_OS:-unknown system}, ${RUNNER_ARCH:-unknown processor}). Where Node 20.19 or newer is there, install the package instead: docs/ci.md says how." ;;
esac
if [[ $platform == windows_* ]]; then
  program=podid.exe archive=podid_${version}_$platform.zip
else
  program=podid archive=podid_${version}_$platform.tar.gz
fi

for name in RUNNER_TEMP GITHUB_PATH GITHUB_OUTPUT; do
  [ -n "${!name:-}" ] || fail "This is not a step of GitHub Actions: $name is not set."
done
folder=$(bash_path "${RUNNER_TOOL_CACHE:-$RUNNER_TEMP}")/podid/$version/$platform
work=$(mktemp -d "$(bash_path "$RUNNER_TEMP")/setup-podid.XXXXXX")
trap 'rm -rf "$work"' EXIT

# address, file. Fails with a sentence; a download that is cut, and a server that is away for a moment, get two more tries.
download() {
  local status
  status=$(curl --silent --show-error --location --retry 2 --retry-all-errors --connect-timeout 20 --max-time 900 \
    --output "$2" --write-out '%{http_code}' "$1" 2>"$work/curl.txt") ||
    fail "$1 cannot be downloaded: $(tail -n 1 "$work/curl.txt")"
  case $status in
    200) ;;
    404) fail "There is no $1. Is $version a version of podid that has been released?" ;;
    *) fail "$1 cannot be downloaded: the server answers with $status." ;;
  esac
}
checksum() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi; }

# The list is from where the archive is from, so it finds a file that was damaged or mixed up on the way, not one that whoever
# can write there has replaced: against that there are the release's signatures, docs/publishing.md.
if [ ! -e "$folder.complete" ]; then
  download "$from/v$version/SHA256SUMS" "$work/SHA256SUMS"
  wanted=$(sed -n "s/^\([0-9a-f]\{64\}\) [ *]$archive\$/\1/p" "$work/SHA256SUMS")
  [ -n "$wanted" ] || fail "The release v$version has no $archive."
  download "$from/v$version/$archive" "$work/$archive"
  found=$(checksum "$work/$archive" | cut -c 1-64)
  [ "$found" = "$wanted" ] ||
    fail "$archive is not the file that was released: its SHA-256 is $found, and the release says $wanted. Nothing was installed."
  mkdir "$work/podid"
  if [[ $archive == *.zip ]]; then
    unzip -q "$work/$archive" -d "$work/podid"
  else
    tar -xzf "$work/$archive" -C "$work/podid"
  fi
  runs=$("$work/podid/$program" --version 2>&1) || fail "podid does not run on this runner: $runs"
  [ "$runs" = "$version" ] || fail "$archive holds another version: $runs"
  mkdir -p "$(dirname "$folder")"
  rm -rf "$folder"
  mv "$work/podid" "$folder"
  touch "$folder.complete"
fi

installed=$(system_path "$folder")
echo "$installed" >>"$GITHUB_PATH"
{
  echo "version=$version"
  echo "path=$installed"
} >>"$GITHUB_OUTPUT"
echo "podid $version is installed in $installed"
