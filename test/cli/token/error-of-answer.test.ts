import { describe, expect, it } from 'vitest';
import { errorOf } from '../../../src/cli/token/error-of-answer.ts';

const question = { endpoint: 'http://169.254.169.254', resource: 'https://vault.azure.net' };
const said =
  'Identity not found. Pod demo/web-1 has the label aadpodidbinding: web, and nothing is bound to it.';

function hint(
  { status = 400, description = said, agent = '1.0.0' as string | null },
  emulatedIn?: string,
): string {
  const text = JSON.stringify({ error: 'invalid_request', error_description: description });
  const asked = emulatedIn === undefined ? question : { ...question, emulatedIn };
  return String(errorOf({ status, text, retryAfter: undefined, agent }, asked, 0).hint);
}

describe('the hint for an answer without a token', () => {
  it.each([
    ["names the pod that podid's agent names", hint({}), 'podid doctor --namespace demo --pod web-1  # from'],
    ['of 403 too', hint({ status: 403 }), 'podid doctor --namespace demo --pod web-1  # from'],
    ['and of 503', hint({ status: 503 }), 'podid doctor --namespace demo --pod web-1  # from'],
    ['names no pod where nobody does', hint({ description: 'No.' }), 'podid doctor  # from a machine'],
    [
      'names no pod that another program names',
      hint({ status: 503, agent: null }),
      'podid doctor  # from a machine',
    ],
    ['names the namespace of an emulated pod', hint({}, 'shop'), 'podid doctor --namespace shop  # from'],
    ['takes no odd name for one', hint({ description: 'Pod Demo/WEB; rm -rf' }), 'podid doctor  # from'],
  ])('%s', (_what, text, wanted) => {
    expect(text).toContain(wanted);
    expect(text).not.toMatch(/NAMESPACE|POD\b/);
  });
});

describe('the sentence for an answer without a token', () => {
  it.each([
    ['Pod demo/asked-by-podid-token-7 has the label aadpodidbinding: web.', 'The emulated pod has the label'],
    ['No identity for pod demo/asked-by-podid-token-7.', 'No identity for the emulated pod.'],
    ['Pod demo/web-1 has it.', 'Pod demo/web-1 has it.'],
  ])('does not name a pod that is gone by then: %s', (description, wanted) => {
    const text = JSON.stringify({ error: 'invalid_request', error_description: description });
    const answer = { status: 400, text, retryAfter: undefined, agent: '1.0.0' };
    expect(errorOf(answer, { ...question, emulatedIn: 'demo' }, 0).message).toContain(
      `invalid_request: ${wanted}`,
    );
    expect(errorOf(answer, question, 0).message).toContain(description);
  });
});
