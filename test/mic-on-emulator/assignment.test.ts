import { describe, expect, it } from 'vitest';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { nodeName } from '../../src/emulator/scenarios/nodes.ts';
import { identityId } from '../../src/emulator/scenarios/scenario-parts.ts';
import { assignments, carriedBy, count, micWorld, pod, seedWeb, until } from './mic-world.ts';

describe('podid-mic', () => {
  it('puts the identity of a pod on its scale set, and then says so', async () => {
    await using world = await micWorld();
    const { emulator } = world;
    seedWeb(emulator);
    emulator.kube.seed(pod('shop-1', 'web') as never);
    const mic = await world.start();
    await until(() => assignments(emulator).some(({ status }) => status?.status === 'Assigned') || undefined);
    expect(carriedBy(emulator)).toContain('web');
    const [written] = assignments(emulator);
    expect(written).toMatchObject({
      metadata: {
        name: 'shop-1-demo-web',
        namespace: 'demo',
        labels: { nodename: nodeName(0) },
      },
      spec: {
        pod: 'shop-1',
        podNamespace: 'demo',
        nodename: nodeName(0),
        azureIdentityRef: { kind: 'AzureIdentity', spec: { resourceID: identityId('web'), type: 0 } },
        azureBindingRef: { kind: 'AzureIdentityBinding', spec: { selector: 'web' } },
      },
    });
    expect(written?.metadata.finalizers).toBeUndefined();
    const [patch] = emulator.requests.filter(({ operation }) => operation === 'machines.patch');
    expect(patch?.headers['if-match']).toBeTruthy();
    expect(patch?.bodyText).toContain(identityId('web'));
    expect((await mic.probe('/readyz')).status).toBe(200);
  });

  it('puts an identity there whose tokens are exchanged, too, so that the way back to the nodes costs no request', async () => {
    await using world = await micWorld();
    const { emulator } = world;
    seedWeb(emulator);
    const source = (name: string) => {
      const web = emulator.kube.get('AzureIdentity', 'demo', 'web');
      const annotations = { 'podid.io/token-source': name };
      emulator.kube.seed({ ...web, metadata: { ...web?.metadata, annotations } } as never);
    };
    source('exchange');
    emulator.kube.seed(pod('shop-1', 'web') as never);
    await world.start();
    const annotated = (name: string) =>
      until(() =>
        assignments(emulator).find(
          ({ spec, status }) =>
            status?.status === 'Assigned' &&
            JSON.stringify(spec).includes(`"podid.io/token-source":"${name}"`),
        ),
      );
    await annotated('exchange');
    expect(carriedBy(emulator)).toContain('web');
    source('imds');
    await annotated('imds');
    expect(carriedBy(emulator)).toContain('web');
    expect(count(emulator, 'machines.patch')).toBe(1);
  });

  it('says of a second pod at once that it has its identity, without a word to Azure', async () => {
    await using world = await micWorld();
    const { emulator } = world;
    seedWeb(emulator);
    emulator.kube.seed(pod('shop-1', 'web') as never);
    await world.start();
    await until(() => assignments(emulator).some(({ status }) => status?.status === 'Assigned') || undefined);
    const asked = emulator.requests.length;
    emulator.kube.seed(pod('shop-2', 'web', 1) as never);
    const second = await until(() => assignments(emulator).find(({ spec }) => spec['pod'] === 'shop-2'));
    expect(second.status?.status).toBe('Assigned');
    expect(
      emulator.requests.slice(asked).filter(({ operation }) => operation.startsWith('machines.')),
    ).toEqual([]);
    expect(count(emulator, 'machines.patch')).toBe(1);
  });

  it('leads alone, whatever another release calls its lock and wherever it keeps it', async () => {
    await using world = await micWorld();
    const one = await world.start('--leader-election-name=one', '--leader-election-namespace=one');
    await until(() => one.log.some(({ msg }) => msg === 'leading') || undefined);
    const other = await world.start('--leader-election-name=other', '--leader-election-namespace=other');
    await until(async () => (await other.probe('/readyz')).text.includes('Standing by') || undefined);
    expect(other.log.some(({ msg }) => msg === 'leading')).toBe(false);
    await one.end();
    await until(() => other.log.some(({ msg }) => msg === 'leading') || undefined);
  });

  it('takes the assignment away with its pod, and leaves the identity for the delay', async () => {
    await using world = await micWorld();
    const { emulator } = world;
    seedWeb(emulator);
    emulator.kube.seed(pod('shop-1', 'web') as never);
    await world.start();
    await until(() => assignments(emulator).some(({ status }) => status?.status === 'Assigned') || undefined);
    emulator.kube.remove('Pod', 'demo', 'shop-1');
    await until(() => assignments(emulator).length === 0 || undefined);
    expect(carriedBy(emulator)).toContain('web');
  });

  it('takes off a machine what it has put there once the delay is over, and nothing else', async () => {
    await using world = await micWorld();
    const { emulator } = world;
    seedWeb(emulator);
    emulator.kube.seed(pod('shop-1', 'web') as never);
    await world.start('--removal-delay=100ms');
    await until(() => assignments(emulator).some(({ status }) => status?.status === 'Assigned') || undefined);
    const before = carriedBy(emulator).filter((name) => name !== 'web');
    emulator.kube.remove('Pod', 'demo', 'shop-1');
    await until(() => !carriedBy(emulator).includes('web') || undefined);
    expect(carriedBy(emulator, scaleSetId('nodepool1'))).toEqual(before);
  });
});
