import { describe, expect, it } from 'vitest';
import { tokenIn } from '../../../src/cli/open/emulator-server.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { hintText } from '../../hint-text.ts';

describe('the kubeconfig of an emulator', () => {
  it('that is gone is a fault of the variable, with what to start', async () => {
    const failed = await tokenIn('/none/kubeconfig').catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(PodidError);
    expect(failed).toMatchObject({
      code: 'InvalidUsage',
      message: expect.stringMatching(
        /^KUBECONFIG names "\/none\/kubeconfig", which cannot be read: there is no such file/,
      ),
      hint: hintText(expect.stringContaining('podid emulator --write-env')),
    });
  });
});
