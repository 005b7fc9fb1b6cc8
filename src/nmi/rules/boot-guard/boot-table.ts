import { mustRun, type RunTool } from '../run-tool.ts';

/**
 * Beside the agent's own table, so that neither ever replaces the other: the kubelet may start again while
 * the agent runs.
 */
const bootTable = 'inet podid_boot';

/**
 * What keeps pods from IMDS while there is no agent: a drop, so that a pod's SYN is sent again, into the
 * redirect that is there by then. Beside an agent it does nothing, since redirected connections are never
 * forwarded. One transaction, the same however often it is loaded.
 */
export function renderBootTable(metadataIp: string): string {
  return `${renderBootRemoval()}
table ${bootTable} {
	chain shield {
		type filter hook forward priority -200; policy accept;
		ip daddr ${metadataIp} counter drop comment "podid: nothing but the agent leads to IMDS"
		ct original ip daddr ${metadataIp} counter drop comment "podid: what was meant for IMDS goes nowhere else"
	}
}
`;
}

function renderBootRemoval(): string {
  return `table ${bootTable}\ndelete table ${bootTable}\n`;
}

/** @throws RulesError when the kernel refuses, or nft is not installed */
export async function removeBootTable(run: RunTool): Promise<void> {
  await mustRun(run, 'nft', ['-f', '-'], { stdin: renderBootRemoval() });
}
