import type { Context } from '../../src/cli/run/context.ts';
import type { Clock } from '../../src/domain/time/clock.ts';
import type { EmulatorOptions } from '../../src/emulator/start-emulator.ts';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';

/** Two hundred times as fast: a rehearsal of two minutes takes a good half second. */
export function fastClock(times = 200): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now() * times,
    random: () => 0,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const stop = () => {
          clearTimeout(timer);
          reject(signal.reason);
        };
        const timer = setTimeout(() => {
          signal.removeEventListener('abort', stop);
          resolve();
        }, ms / times);
        if (signal.aborted) {
          stop();
        }
        signal.addEventListener('abort', stop, { once: true });
      }),
  };
}

/** podid on an emulator whose agent has a token to exchange, and an AzureIdentity for each name. */
export async function exchangingPodid(
  names: readonly string[],
  options: EmulatorOptions = {},
  own: Partial<Context> = {},
): Promise<EmulatedPodid> {
  const podid = await emulatedPodid(options, {}, { clock: fastClock(), ...own });
  withExchange(podid);
  for (const name of names) {
    await podid.json(`add --namespace demo --name ${name} --identity-resource-id ${identityId(name)}`);
  }
  return podid;
}

/** As the chart renders it with podid.exchange.enabled. */
export function withExchange({ emulator }: EmulatedPodid): void {
  const found = emulator.kube
    .all(kindOf(emulator, 'daemonsets'))
    .find(({ metadata }) => metadata.name === 'podid-nmi');
  const daemonSet = structuredClone(found) as unknown as {
    spec: { template: { spec: { volumes?: object[] } } };
  };
  const { spec } = daemonSet.spec.template;
  const serviceAccountToken = {
    path: 'token',
    audience: 'api://AzureADTokenExchange',
    expirationSeconds: 3600,
  };
  spec.volumes = [
    ...(spec.volumes ?? []),
    { name: 'exchange', projected: { sources: [{ serviceAccountToken }] } },
  ];
  emulator.seed({ kubernetes: [daemonSet] } as never);
}

function kindOf({ kube }: EmulatedPodid['emulator'], plural: string) {
  const kind = kube.kinds().find((each) => each.plural === plural);
  if (kind === undefined) {
    throw new Error(`The emulator has no ${plural}.`);
  }
  return kind;
}

/** Its annotations, as the cluster has them. */
export function annotationsOf({ emulator }: EmulatedPodid, name: string): Readonly<Record<string, string>> {
  const found = emulator.kube
    .all(kindOf(emulator, 'azureidentities'))
    .find(({ metadata }) => metadata.name === name && metadata.namespace === 'demo');
  return (found?.metadata.annotations ?? {}) as Readonly<Record<string, string>>;
}
