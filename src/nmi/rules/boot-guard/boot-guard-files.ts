import { renderBootTable } from './boot-table.ts';

/** A file of the node. */
export interface HostFile {
  /** From the node's root, without a slash in front. */
  readonly path: string;
  readonly text: string;
}

export const tablePath = 'etc/podid/boot-guard.nft';
export const dropInPath = 'etc/systemd/system/kubelet.service.d/10-podid.conf';

/** Where distributions have nft; AKS's Ubuntu and Azure Linux in the first. */
export const nftPaths = ['usr/sbin/nft', 'usr/bin/nft'] as const;

/**
 * The table, and the drop-in that makes systemd load it before the kubelet, which is who starts pods, in the
 * order in which they are to be written.
 *
 * @param nft the node's nft, one of `nftPaths`. Undefined where it is unknown whether it works: a kubelet
 * that does not start because of a missing
 * program would be worse than a guard that does not stand, so a failure is then passed over (`-`,
 * systemd.service(5)).
 */
export function bootGuardFiles({
  metadataIp,
  nft,
}: {
  metadataIp: string;
  nft: string | undefined;
}): HostFile[] {
  const load = nft === undefined ? '-nft' : `/${nft}`;
  return [
    { path: tablePath, text: `# Written by podid-nmi boot-guard.\n${renderBootTable(metadataIp)}` },
    {
      path: dropInPath,
      text: `# Written by podid-nmi boot-guard: no pod reaches ${metadataIp} before podid's agent has started.
[Service]
ExecStartPre=${load} -f /${tablePath}
`,
    },
  ];
}
