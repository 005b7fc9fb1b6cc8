import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import type { Clock } from '../../src/domain/time/clock.ts';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import { nmiSettings } from '../../src/nmi/nmi-settings.ts';
import { runNmi } from '../../src/nmi/run-nmi.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import type { EmulatedPodid } from './emulated-podid.ts';

export interface RunningAgent {
  readonly port: number;
  readonly metricsPort: number;
  readonly generation: number;
  stop(): Promise<void>;
}

/** podid's own agent, as the DaemonSet has it, on loopback. @param folder in which it has its files */
export async function startAgent(
  podid: EmulatedPodid,
  folder: string,
  { node, daemonSet }: { readonly node: string; readonly daemonSet: KubeObject },
): Promise<RunningAgent> {
  const { emulator } = podid;
  const { args } = containerOf(daemonSet);
  const kept = args.filter((arg) =>
    /^--(?:operation-mode|forceNamespaced|exchange-default|takeover-namespace)/.test(arg),
  );
  const generation = daemonSet.metadata.generation ?? 1;
  const host = new URL(emulator.url).host;
  const tokenFile = join(folder, `token-${node}`);
  await writeFile(tokenFile, await accountToken(podid));
  const authorityFile = join(folder, 'ca.pem');
  const { clusters } = (await readYaml(emulator.environment['KUBECONFIG'] ?? '')) as {
    clusters: { cluster: { 'certificate-authority-data': string } }[];
  };
  await writeFile(
    authorityFile,
    Buffer.from(clusters[0]?.cluster['certificate-authority-data'] ?? '', 'base64'),
  );
  const flags = [
    'serve',
    ...kept,
    `--node=${node}`,
    ...[
      '--nmi-port=0',
      '--http-probe-port=0',
      '--prometheus-port=0',
      '--probe-address=127.0.0.1',
      '--metrics-address=127.0.0.1',
    ],
    ...[
      '--kubelet-config=/nowhere',
      '--metadata-ip=127.0.0.1',
      `--metadata-port=${new URL(emulator.url).port}`,
    ],
    `--kubeconfig=${emulator.environment['KUBECONFIG']}`,
    ...['--allow-loopback-pods', '--redirected-by-others', `--allow-ad-endpoint=${host}`],
    ...[`--exchange-authority=https://${host}/`, `--exchange-token-file=${tokenFile}`],
  ];
  const log: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void log.push(JSON.parse(line)) };
  const stop = new AbortController();
  const running = runNmi(
    nmiSettings(flags, { ...emulator.environment, SSL_CERT_FILE: authorityFile }),
    {
      clock: hurriedClock(stop.signal),
      logger: createLogger({ level: 'info', format: 'json', destination }),
    },
    stop.signal,
  );
  running.catch(() => undefined);
  const portOf = async (what: string) => {
    for (;;) {
      const line = log.find((entry) => entry['msg'] === 'listening' && entry['what'] === what);
      if (line !== undefined) {
        return Number(line['port']);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const [port, metricsPort] = [await portOf('pods'), await portOf('metrics')];
  return {
    port,
    metricsPort,
    generation,
    async stop() {
      stop.abort(new Error('SIGTERM'));
      await running;
    },
  };
}

/**
 * Of the agents: they look for a hold several times a second instead of every half minute, and one that ends answers for
 * half a second more instead of for five. What bounds an answer stays as it is.
 */
function hurriedClock(ending: AbortSignal): Clock {
  const real = systemClock();
  let endedMs: number | undefined;
  ending.addEventListener('abort', () => {
    endedMs = real.monotonic();
  });
  return {
    now: () => real.now(),
    monotonic: () => real.monotonic() + (endedMs === undefined ? 0 : (real.monotonic() - endedMs) * 9),
    random: () => real.random(),
    sleep: (ms, signal) => real.sleep(ms < 5_000 ? ms : Math.max(150, ms / 100), signal),
  };
}

export function containerOf(daemonSet: KubeObject): { readonly args: readonly string[] } {
  const { template } = daemonSet['spec'] as {
    template: { spec: { containers: { name: string; args: string[] }[] } };
  };
  const found = template.spec.containers.find(({ name }) => name === 'serve');
  if (found === undefined) {
    throw new Error('The DaemonSet has no container that serves.');
  }
  return found;
}

/** By the cluster's own signer, as a kubelet asks for it. */
export async function accountToken(
  { emulator }: EmulatedPodid,
  account = 'kube-system/serviceaccounts/podid-nmi',
): Promise<string> {
  const kubeconfig = JSON.parse(JSON.stringify(await readYaml(emulator.environment['KUBECONFIG'] ?? '')));
  const token = kubeconfig.users[0].user.token as string;
  const answer = await fetch(`${emulator.url}/api/v1/namespaces/${account}/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: ['api://AzureADTokenExchange'], expirationSeconds: 86_400 },
    }),
  });
  return ((await answer.json()) as { status: { token: string } }).status.token;
}

async function readYaml(path: string): Promise<unknown> {
  const { parse } = await import('yaml');
  return parse(await readFile(path, 'utf8'));
}

/** As a pod of that address asks. `later`: nobody answered, or an SDK would ask again. */
export function ask(
  port: number,
  localAddress: string,
  resource = 'https://management.azure.com/',
): Promise<'token' | 'refused' | 'later'> {
  const path = `/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${encodeURIComponent(resource)}`;
  return new Promise((resolve) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        localAddress,
        agent: false,
        headers: { Metadata: 'true' },
        timeout: 10_000,
      },
      (answer) => {
        answer.resume();
        answer.on('end', () => {
          const { statusCode = 0 } = answer;
          resolve(statusCode === 200 ? 'token' : [400, 401, 403].includes(statusCode) ? 'refused' : 'later');
        });
        answer.on('error', () => resolve('later'));
      },
    );
    sent.on('error', () => resolve('later'));
    sent.end();
  });
}
