import { describe, expect, it } from 'vitest';
import { initShape, initView, podText } from '../../../src/cli/results/init-result.ts';
import type { PodIdentity } from '../../../src/domain/entries/pod-identity.ts';
import { noColours } from '../../../src/terminal/colours.ts';
import { released } from '../../../src/terminal/wrap-text.ts';

const entry = {
  ...{ namespace: 'shop', name: 'web', bindingSelector: 'web', provisioningState: 'Assigned' },
  identity: { resourceId: '/subscriptions/s', clientId: 'c', objectId: 'o' },
} as PodIdentity;
const release = 'registry.example.net/podid:1.2.3';

async function printed(found: string | undefined, image: string | undefined): Promise<string> {
  const result = { entry, commands: [], checks: [], ...(found === undefined ? {} : { podidImage: found }) };
  const options = { cloud: undefined, version: '1.2.3', image };
  const { text } = initShape(await podText(result, options), false);
  return released(text?.(initView(result, options) as never, noColours, undefined) ?? '');
}

describe('the pod that podid init gives people to try', () => {
  it('runs the image of the agent that is there, which the nodes can pull', async () => {
    expect(await printed('acr.example.net/podid:1.2.2', release)).toContain(
      'image: acr.example.net/podid:1.2.2',
    );
  });

  it("runs the release's where there is no agent of podid's", async () => {
    const text = await printed(undefined, release);
    expect(text).toContain(`image: ${release}`);
    expect(text).toContain('To try it, give this to kubectl apply -f -');
  });

  it('has a name that no registry has where nobody has named one, and says so', async () => {
    const text = await printed(undefined, undefined);
    expect(text).toContain('image: registry.invalid/podid:1.2.3');
    expect(text).toContain(
      "To try it, name podid's image in place of registry.invalid/podid (docs/install.md#the-image), and give this to kubectl apply -f -",
    );
  });
});
