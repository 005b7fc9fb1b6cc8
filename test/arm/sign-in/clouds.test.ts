import { describe, expect, it } from 'vitest';
import { chooseCloud } from '../../../src/arm/sign-in/clouds.ts';

describe('the cloud', () => {
  it.each([
    [undefined, undefined, 'AzureCloud'],
    [undefined, 'AzureChinaCloud', 'AzureChinaCloud'],
    ['azureusgovernment', undefined, 'AzureUSGovernment'],
    ['AzureCloud', 'Dogfood', 'AzureCloud'],
  ])('asked as %s in a subscription of %s is %s', (asked, environmentName, name) => {
    expect(chooseCloud(asked, environmentName).name).toBe(name);
  });

  it('of a subscription that podid does not know is the one of PODID_ARM_ENDPOINT, or none', () => {
    expect(chooseCloud(undefined, 'AzureStack', 'https://management.local').name).toBe('AzureCloud');
    expect(() => chooseCloud(undefined, 'AzureStack')).toThrow(
      expect.objectContaining({
        code: 'InvalidUsage',
        message: 'The subscription is in cloud AzureStack, which podid does not know.',
      }),
    );
  });

  it.each([
    ['AzureCloud', 'AzureChinaCloud'],
    ['Moon', undefined],
  ])('asked as %s in a subscription of %s is a usage fault', (asked, environmentName) => {
    expect(() => chooseCloud(asked, environmentName)).toThrow(
      expect.objectContaining({ code: 'InvalidUsage' }),
    );
  });
});
