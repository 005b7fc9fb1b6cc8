// The archives of a release, one for each system: podid as one executable, and the licences of what is in it. Their
// names are what setup-podid, Homebrew, krew and winget download.

/** The systems that a release has an executable for, as Go names them, since users of kubectl know those names. */
export const platforms = ['linux_amd64', 'linux_arm64', 'darwin_amd64', 'darwin_arm64', 'windows_amd64'];

/** @param {string} platform one of `platforms` */
export function archiveName(version, platform) {
  return `podid_${version}_${platform}.${platform.startsWith('windows_') ? 'zip' : 'tar.gz'}`;
}
