import { describe, expect, it } from 'vitest';
import { resourceLabel } from '../../../src/nmi/observe/nmi-metrics.ts';

describe('the label of a resource', () => {
  it.each([
    ['https://vault.azure.net', 'vault.azure.net'],
    ['https://vault.azure.net/', 'vault.azure.net'],
    ['https://management.azure.com/.default', 'management.azure.com'],
    ['https://attacker.example/1', 'other'],
    ['', 'other'],
  ])('for %s is one of a few', (resource, label) => {
    expect(resourceLabel(resource)).toBe(label);
  });
});
