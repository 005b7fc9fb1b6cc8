import { setTimeout as passing } from 'node:timers/promises';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { programsIn } from './bundled-programs.ts';
import { askedOfImds, startAsking } from './drill.ts';
import { createNodeNetwork, type NodeNetwork } from './network.ts';

const programs = programsIn(inject('programsFolder'));

describe.each(['bridged', 'routed'] as const)('the redirect rules on a node with %s pods', (kind) => {
  let network: NodeNetwork;
  afterEach(async () => network.remove());

  it('hold a pod that asks before the agent is there, and hand out nothing of the node', async () => {
    network = createNodeNetwork({ pods: 2, kind });
    const [bound, unbound] = network.pods;
    const imds = network.azure.start(process.execPath, [programs.path('fake-imds'), '0']);
    await imds.line(/listening/);
    const rules = network.node.start(process.execPath, [programs.path('rules-alone'), 'keep']);
    await rules.line(/in place/);
    const asking = [
      await startAsking(bound!, programs.path('asker')),
      await startAsking(unbound!, programs.path('asker')),
    ];
    await passing(3000);
    const agent = network.node.start(process.execPath, [
      programs.path('stand-in-agent'),
      bound!.address,
      'own-identity',
    ]);
    await agent.line(/listening/);
    await passing(1000);
    const [ofBound, ofUnbound] = await Promise.all(asking.map((one) => one.finish()));
    expect(Object.keys(ofBound!.counts)).toEqual(['token-of-own-identity']);
    expect(Object.keys(ofUnbound!.counts)).toEqual(['400']);
    expect(askedOfImds(imds)).toEqual({ 'own-identity': ofBound!.answers.length });
    expect(ofBound!.longestWaitMs).toBeGreaterThan(2500);
  });
});
