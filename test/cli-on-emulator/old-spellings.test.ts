import { describe, expect, it } from 'vitest';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';

const apiVersion = 'aadpodidentity.k8s.io/v1';
const metadata = (name: string) => ({ name, namespace: 'demo' });

type Spec = Readonly<Record<string, unknown>>;

/** One entry and one exception, as upstream's releases and their users have written them. */
const spellings: readonly [string, { identity: Spec; binding: Spec; exception: Spec }][] = [
  [
    'as today',
    {
      identity: { type: 0, resourceID: identityId('web'), clientID: 'c' },
      binding: { azureIdentity: 'web', selector: 'front' },
      exception: { podLabels: { app: 'legacy' } },
    },
  ],
  [
    'as before 1.6.0',
    {
      identity: { type: 0, ResourceID: identityId('web'), ClientID: 'c' },
      binding: { AzureIdentity: 'web', Selector: 'front' },
      exception: { PodLabels: { app: 'legacy' } },
    },
  ],
  [
    'in lower case, the type as text',
    {
      identity: { type: '0', resourceid: identityId('web'), clientid: 'c' },
      binding: { azureidentity: 'web', selector: 'front' },
      exception: { podlabels: { app: 'legacy' } },
    },
  ],
  [
    'with what files leave around ids',
    {
      identity: { type: 0, resourceID: `${identityId('web')}\r\n`, clientID: ' c\n' },
      binding: { azureIdentity: 'web', selector: 'front' },
      exception: { podLabels: { app: 'legacy' } },
    },
  ],
];

async function printed(podid: EmulatedPodid, line: string): Promise<string> {
  const ran = await podid.run(line);
  expect(ran.exitCode, ran.stderr).toBe(0);
  return ran.stdout;
}

const lines = [
  'list --mode cluster',
  'list --mode cluster -o table',
  'show --mode cluster --namespace demo --name web',
  'exception list --mode cluster',
  'exception show --mode cluster --namespace demo --name legacy',
  'export --from cluster',
  'export --mode cluster',
];

async function allPrinted([, { identity, binding, exception }]: (typeof spellings)[number]) {
  await using podid = await emulatedPodid({ scenario: 'first-time' });
  const { kube } = podid.emulator;
  const object = (kind: string, name: string, spec: Spec) =>
    kube.seed({ apiVersion, kind, metadata: metadata(name), spec } as never);
  object('AzureIdentity', 'web', identity);
  object('AzureIdentityBinding', 'web-binding', binding);
  object('AzurePodIdentityException', 'legacy', exception);
  const texts: Record<string, string> = {};
  for (const line of lines) {
    texts[line] = await printed(podid, line);
  }
  return texts;
}

/** `plan -f` over a file of manifests of this spelling, and what it would change. */
async function planned([, { identity, binding, exception }]: (typeof spellings)[number]) {
  await using podid = await emulatedPodid();
  const object = (kind: string, name: string, spec: Spec) =>
    JSON.stringify({ apiVersion, kind, metadata: metadata(name), spec });
  const file = [
    object('AzureIdentity', 'web', identity),
    object('AzureIdentityBinding', 'web-binding', binding),
    object('AzurePodIdentityException', 'legacy', exception),
  ].join('\n---\n');
  const ran = await podid.run('plan -f - -o json', {}, file);
  expect(ran.exitCode, ran.stderr).toBe(0);
  return JSON.parse(ran.stdout) as { changes: { kind: string; name: string; after: object }[] };
}

describe('manifests in a file', () => {
  const [today, ...others] = spellings;
  it.each(others)('are planned by podid plan -f as those of today: %s', async (...spelling) => {
    const expected = await planned(today ?? spelling);
    const fresh = (kind: string) => expected.changes.find((change) => change.kind === kind)?.after;
    expect(fresh('identity')).toMatchObject({ name: 'web', bindingSelector: 'front' });
    expect(fresh('exception')).toMatchObject({ podLabels: { app: 'legacy' } });
    expect(await planned(spelling)).toEqual(expected);
  });
});

describe('objects in a cluster', () => {
  const [today, ...others] = spellings;
  it.each(others)('are listed, shown and exported as those of today: %s', async (...spelling) => {
    const expected = await allPrinted(today ?? spelling);
    expect(expected['export --from cluster']).toMatch(/bindingSelector: front[\s\S]*legacy/);
    expect(expected['list --mode cluster']).toContain('"clientId": "c"');
    expect(await allPrinted(spelling)).toEqual(expected);
  });
});
