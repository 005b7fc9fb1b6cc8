import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { PodidError } from '../../src/errors/podid-error.ts';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';

/** Secrets as they get into objects and logs; each of them is one word of its own. */
const planted = {
  jwt: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.cGxhbnRlZC1zaWduYXR1cmU',
  env: 'planted-env',
  lastApplied: 'planted-last-applied',
  flag: 'planted-flag',
  nextFlag: 'planted-next-flag',
  bearer: 'planted-bearer',
  sas: 'planted-sas%2Fsignature',
  password: 'planted-password',
  quoted: 'planted quoted password',
  nested: 'planted-nested',
  proxy: 'planted-proxy',
  pem: 'cGxhbnRlZC1wcml2YXRlLWtleQ',
  clientSecret: 'abc8Q~planted_client_secret_of_entra_1234',
  accountKey: `${'plantedKey'.repeat(8)}abcdef==`,
  data: 'planted-data',
  secret: 'planted-in-a-secret',
  event: 'planted-event',
  value: 'planted-in-values',
} as const;

const log = [
  `{"level":"info","msg":"decided","pod":"demo/web-1","reason":"no-binding"}`,
  `{"level":"warn","msg":"Entra said ${planted.jwt}"}`,
  `{"level":"warn","authorization":"Bearer ${planted.bearer}"}`,
  `GET https://example.blob.core.windows.net/x?sv=2024&sig=${planted.sas}&se=2027`,
  `password=${planted.password} and "client_secret": "${planted.quoted}"`,
  `{"msg":"{\\"access_token\\":\\"${planted.nested}\\"}"}`,
  `through http://user:${planted.proxy}@proxy.example.net:3128`,
  `-----BEGIN PRIVATE KEY-----\\n${planted.pem}\\n-----END PRIVATE KEY-----`,
  `tried ${planted.clientSecret}, AccountKey=${planted.accountKey}`,
  'the last line',
].join('\n');

async function plantedWorld(): Promise<EmulatedPodid> {
  const podid = await emulatedPodid({ scenario: 'in-use' });
  const { kube } = podid.emulator;
  const daemonSet = structuredClone(kube.get('daemonsets', 'kube-system', 'podid-nmi')) as never as {
    metadata: { annotations?: Record<string, string> };
    spec: { template: { spec: { containers: Record<string, unknown>[] } } };
  };
  const [container] = daemonSet.spec.template.spec.containers;
  Object.assign(container ?? {}, {
    env: [{ name: 'HTTPS_PROXY', value: planted.env }],
    args: ['--operation-mode=managed', `--client-secret=${planted.flag}`, '--api-token', planted.nextFlag],
  });
  daemonSet.metadata.annotations = {
    'podid.io/values': JSON.stringify({
      podid: { bootGuard: { enabled: true }, serveArgs: [`--some-key=${planted.value}`] },
      nmi: { podAnnotations: { team: planted.value } },
    }),
  };
  kube.seed(daemonSet as never);
  const pod = structuredClone(kube.get('pods', 'kube-system', 'podid-nmi-0')) as never as {
    metadata: { annotations: Record<string, string> };
  };
  pod.metadata.annotations['emulator.podid.io/log'] = log;
  kube.seed(pod as never);
  const inDemo = (kind: string, name: string, more: object) =>
    kube.seed({ apiVersion: 'v1', kind, metadata: { namespace: 'demo', name }, ...more } as never);
  kube.seed({
    apiVersion: 'aadpodidentity.k8s.io/v1',
    kind: 'AzureIdentity',
    metadata: {
      namespace: 'demo',
      name: 'principal',
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': planted.lastApplied },
    },
    spec: { type: 1, clientID: 'c', clientPassword: { name: 'where-it-is', namespace: 'demo' } },
  } as never);
  inDemo('Secret', 'where-it-is', { data: { clientSecret: planted.secret } });
  kube.seed({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'kube-system', name: 'podid-takeover' },
    data: { token: planted.data },
  } as never);
  inDemo('Event', 'principal.1', {
    involvedObject: { apiVersion: 'aadpodidentity.k8s.io/v1', kind: 'AzureIdentity', name: 'principal' },
    reason: 'Refused',
    message: `sig=${planted.event}`,
  });
  return podid;
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'collect-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Its files, without the folder around them. */
async function unzipped(file: string): Promise<Record<string, string>> {
  const members = Object.entries(unzipSync(await readFile(file)));
  return Object.fromEntries(members.map(([path, bytes]) => [path.replace(/^[^/]+\//, ''), strFromU8(bytes)]));
}

const ofAgent = 'agents/aks-nodepool1-12345678-vmss000000/kube-system/podid-nmi-0';

describe('podid nmi collect', () => {
  it('saves what there is to read, for the user alone, without a secret, and asks for none', async () => {
    await using podid = await plantedWorld();
    await inFolder(async (folder) => {
      const file = join(folder, 'bundle.zip');
      const ran = await podid.run(['nmi', 'collect', '--out', file, '-o', 'json']);
      expect(ran.exitCode, ran.stderr).toBe(0);
      expect(JSON.parse(ran.stdout)).toMatchObject({ file, agents: 2, unread: [] });
      if (process.platform !== 'win32') {
        expect((await stat(file)).mode & 0o777).toBe(0o600);
      }
      const files = await unzipped(file);
      const all = Object.entries(files)
        .map(([path, text]) => `${path}\n${text}`)
        .join('\n');
      const shown = Object.entries(planted).filter(([, secret]) => all.includes(secret));
      expect(shown).toEqual([]);
      expect(podid.emulator.kube.requests.filter(({ resource }) => resource === 'secrets')).toEqual([]);
      expect(JSON.parse(files['summary.json'] ?? '')).toMatchObject({
        podid: { commit: 'unknown', builtAt: 'unknown', node: process.version },
        kubernetes: expect.anything(),
        installations: [{ values: { podid: { bootGuard: { enabled: true } } } }],
      });
      expect(files['README.txt']).toContain('rules.txt');
      expect(files[`${ofAgent}/rules.txt`]).toContain('table inet podid {');
      expect(files[`${ofAgent}/metrics.txt`]).toContain('podid_nmi_rules_intact 1');
      expect(files[`${ofAgent}/record.json`]).toContain('azsdk-python-identity');
      expect(files[`${ofAgent}/readyz.txt`]).toBe('Active');
      expect(files[`${ofAgent}/nmi.log`]).toContain('"reason":"no-binding"');
      expect(files[`${ofAgent}/nmi.log`]).toContain('the last line');
      expect(files['objects/azureidentities.json']).toContain('where-it-is');
      expect(files['objects/daemonsets.json']).toContain('HTTPS_PROXY');
      expect(files['objects/daemonsets.json']).toContain('--operation-mode=managed');
      expect(files['objects/customresourcedefinitions.json']).toContain('azureidentitybindings');
      expect(files['events.json']).toContain('"Refused"');
      expect(files['nodes.json']).toContain('v1.33.5');
    });
  });

  it.each([
    [
      'nmi collect --out FILE',
      'nmi status',
      'nmi top',
      'mirror --dry-run',
      'policy kubenet --apply --dry-run',
    ],
  ])(
    'and its neighbours say of a cluster that Azure does not have that it is not there',
    async (...lines) => {
      await using podid = await emulatedPodid({ scenario: 'in-use' });
      await inFolder(async (folder) => {
        for (const line of lines) {
          const words = line.replace('FILE', join(folder, 'bundle.zip')).split(' ');
          const ran = await podid.run([...words, '-g', 'demo-rg', '-c', 'nope']);
          expect([line, ran.exitCode, ran.stderr]).toEqual([line, 4, expect.stringContaining('nope')]);
        }
        expect(await readdir(folder)).toEqual([]);
      });
    },
  );

  it('holds, for what may not be read, the sentence of the API server', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.faults.deny = [{ resource: 'nodes' }, { resource: 'pods/log' }];
    await inFolder(async (folder) => {
      const file = join(folder, 'bundle.zip');
      const ran = await podid.run(['nmi', 'collect', '--out', file, '-o', 'table']);
      expect(ran.exitCode, ran.stderr).toBe(0);
      expect(ran.stdout).toContain('not in it: nodes: ');
      const { unread } = JSON.parse((await unzipped(file))['summary.json'] ?? '') as never as {
        unread: { what: string; reason: string }[];
      };
      expect(unread.map(({ what }) => what)).toEqual([
        'nodes',
        'the log of container nmi of pod kube-system/podid-nmi-0',
        'the log of container nmi of pod kube-system/podid-nmi-1',
      ]);
      expect(unread[0]?.reason).toContain('may not list nodes in API group "" at the cluster scope');
    });
  });

  it('says of an agent of an earlier version that it hands out no rules, and takes the rest', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { kube } = podid.emulator;
    const pod = structuredClone(kube.get('pods', 'kube-system', 'podid-nmi-0')) as never as {
      metadata: { annotations: Record<string, string> };
    };
    const answers = JSON.parse(pod.metadata.annotations['emulator.podid.io/answers'] ?? '{}');
    answers['9090/rules'] = { status: 404, text: '' };
    pod.metadata.annotations['emulator.podid.io/answers'] = JSON.stringify(answers);
    kube.seed(pod as never);
    await inFolder(async (folder) => {
      const file = join(folder, 'bundle.zip');
      const { unread } = (await podid.json(`nmi collect --out ${file} -o json`)) as never as {
        unread: { what: string; reason: string }[];
      };
      expect(unread).toEqual([
        {
          what: '/rules of agent podid-nmi-0 on node aks-nodepool1-12345678-vmss000000',
          reason: 'It answered with HTTP 404. An agent of an earlier version does not serve it.',
        },
      ]);
      expect((await unzipped(file))[`${ofAgent}/metrics.txt`]).toContain('podid_nmi_rules_intact 1');
    });
  });

  it('asks the agents of the nodes that are named, and writes over no file', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    await inFolder(async (folder) => {
      const line = `nmi collect --out ${join(folder, 'bundle.zip')} -o json`;
      const one = `${line} --node aks-nodepool1-12345678-vmss000001`;
      expect(await podid.json(one)).toMatchObject({ agents: 1 });
      const wrong = await podid.run(`${line} --force --node aks-nodepool1-12345678-vmss000001 --node nosuch`);
      expect(wrong.exitCode).toBe(4);
      expect(wrong.stderr).toContain(
        'The cluster has no node nosuch. Its Linux nodes: aks-nodepool1-12345678-vmss000000',
      );
      const again = await podid.run(one);
      expect(again.exitCode).toBe(2);
      expect(again.stderr).toContain('--force overwrites it');
      expect(await podid.json(`${line} --force`)).toMatchObject({ agents: 2 });
    });
  });

  it('leaves nothing behind where it is interrupted, and where the cluster does not answer', async () => {
    const interruption = new AbortController();
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    await using interrupted = await emulatedPodid(
      { scenario: 'in-use' },
      {},
      { signal: interruption.signal },
    );
    await inFolder(async (folder) => {
      const out = ['--out', join(folder, 'bundle.zip')];
      const { kube } = interrupted.emulator;
      const record = kube.record.bind(kube);
      kube.record = (entry) => {
        if (entry.resource === 'pods/log') {
          interruption.abort(new PodidError('Interrupted', 'Interrupted.'));
        }
        record(entry);
      };
      expect((await interrupted.run(['nmi', 'collect', ...out])).exitCode).toBe(130);
      podid.emulator.kube.faults.away = '503';
      expect((await podid.run(['nmi', 'collect', ...out])).exitCode).toBe(7);
      expect(await readdir(folder)).toEqual([]);
    });
  });
});
