import { describe, expect, it } from 'vitest';
import { emulatedPodid, identityId } from './emulated-podid.ts';

const addWeb = [
  'add',
  '--mode',
  'cluster',
  '--namespace',
  'demo',
  '--name',
  'web',
  '--identity-resource-id',
  identityId('web'),
];

describe('try', () => {
  it('adds', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    for (const line of [
      'list --mode cluster',
      'add --mode cluster --dry-run --namespace demo --name web --identity-resource-id ' + identityId('web'),
      'exception add --mode cluster --namespace demo --name legacy --pod-labels app=legacy',
      'exception list --mode cluster',
      'exception add --mode cluster --namespace nowhere --name legacy --pod-labels app=legacy',
      'exception delete --mode cluster --namespace demo --name legacy',
      'exception list --mode cluster',
      'export --mode cluster',
      'add --mode cluster --namespace demo --name web --identity-resource-id ' + identityId('web'),
    ]) {
      const ran = await podid.run(line);
      console.log(line, ran.exitCode, ran.stdout, ran.stderr);
    }
    expect(addWeb).toBeDefined();
  });
});
