import { describe, expect, it } from 'vitest';
import { run, subscriptionId } from '../cli/fake-context.ts';
import { oneCluster } from '../cli/one-cluster.ts';

const env = { PODID_NO_NOTICE: '1' };
const line = `status -g demo -c aks --subscription ${subscriptionId}`;
const whole = `podid status -g demo -c aks --subscription ${subscriptionId} --drift --agent`;

describe('podid status, which asks Azure alone,', () => {
  it('says on a terminal how to get the rest', async () => {
    const { exitCode, stdout, stderr } = await run(line, {
      cluster: oneCluster(),
      env,
      terminal: true,
      columns: 200,
    });
    expect(exitCode, stderr).toBe(0);
    expect(stdout).not.toContain('--agent');
    expect(stderr).toContain(whole);
  });

  it('says nothing more in a pipe', async () => {
    const { stderr } = await run(line, { cluster: oneCluster(), env });
    expect(stderr).not.toContain('--agent');
  });
});
