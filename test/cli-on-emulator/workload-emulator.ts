import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';
import { fastClock } from './exchange-emulator.ts';

/** With a short rehearsal. */
export const enable = 'exchange enable --subject workload --yes -o json --timeout 20h --rounds 3 --over 2s';

interface KubeObjectOfTest {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly { readonly verbs: string[]; readonly resourceNames?: string[] }[];
}

/** Objects of a kind that the emulator holds. */
export function all({ emulator: { kube } }: EmulatedPodid, plural: string): readonly KubeObjectOfTest[] {
  const kind = kube.kinds().find((each) => each.plural === plural);
  if (kind === undefined) {
    throw new Error(`The emulator has no ${plural}.`);
  }
  return kube.all(kind) as unknown as readonly KubeObjectOfTest[];
}

/** The roles by which the agent makes tokens: `demo: web, worker`. */
export function rolesOf(podid: EmulatedPodid): string[] {
  return all(podid, 'roles')
    .filter(({ metadata }) => metadata.name === 'kube-system-podid-nmi-exchange')
    .map(({ metadata, rules = [] }) => `${metadata.namespace}: ${rules[0]?.resourceNames?.join(', ')}`);
}

/** A Deployment without pods, and its service account. */
export function workload(
  name: string,
  label: string,
  serviceAccountName: string,
  namespace = 'demo',
): object[] {
  const metadata = { namespace, name };
  const labels = { aadpodidbinding: label, app: name };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: serviceAccountName } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels },
          spec: { serviceAccountName, containers: [{ name: 'main', image: 'registry.example.net/app' }] },
        },
      },
    },
  ];
}

/** podid whose agent is installed with podid.exchange.subject: workload, or with the given one. */
export async function installed(
  subject: 'agent' | 'workload',
  objects: readonly object[],
): Promise<EmulatedPodid> {
  const podid = await emulatedPodid({ scenario: 'oidc-issuer' }, {}, { clock: fastClock() });
  const folder = await mkdtemp(join(tmpdir(), 'podid-workload-'));
  try {
    const values = join(folder, 'values.yaml');
    await writeFile(
      values,
      JSON.stringify({
        podid: {
          image: { repository: 'registry.example.net/podid' },
          exchange: { enabled: true, subject },
        },
      }),
    );
    const ran = await podid.run(['nmi', 'install', '--values', values, '--yes', '--no-wait']);
    expect(ran.exitCode, ran.stderr).toBe(0);
  } finally {
    await rm(folder, { recursive: true });
  }
  for (const name of ['web', 'jobs']) {
    const ran = await podid.run(
      `add --namespace demo --name ${name} --identity-resource-id ${identityId(name)}`,
    );
    expect(ran.exitCode, ran.stderr).toBe(0);
  }
  // What the scenario runs there names no account.
  for (const plural of ['pods', 'deployments', 'replicasets']) {
    for (const { metadata } of all(podid, plural)) {
      if (metadata.namespace === 'demo') {
        podid.emulator.kube.remove(plural, 'demo', metadata.name);
      }
    }
  }
  podid.emulator.seed({ kubernetes: [...objects] } as never);
  return podid;
}
