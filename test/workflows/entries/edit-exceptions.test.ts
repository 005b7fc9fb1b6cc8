import { describe, expect, it } from 'vitest';
import type { PodidError } from '../../../src/errors/podid-error.ts';
import {
  addException,
  deleteException,
  updateException,
} from '../../../src/workflows/entries/edit-exceptions.ts';
import { clusterId, clusterWith, FakeAzure, options } from '../fake-azure.ts';

describe('editing exceptions', () => {
  const legacy = { cluster: clusterId, namespace: 'shop', name: 'legacy', podLabels: { app: 'legacy' } };
  const withLegacy = () =>
    new FakeAzure(
      clusterWith({}, { exceptions: [{ namespace: 'shop', name: 'legacy', podLabels: { app: 'legacy' } }] }),
    );

  it('adds one, and sends no PUT for the same again', async () => {
    const azure = new FakeAzure();
    const first = await addException(azure.deps(), legacy, options());
    await addException(azure.deps(), legacy, options());
    expect(first.done?.result).toEqual({ namespace: 'shop', name: 'legacy', podLabels: { app: 'legacy' } });
    expect([azure.puts.length, azure.mirrored.length]).toEqual([1, 2]);
  });

  it('refuses other labels under a name that is taken, naming the update', async () => {
    const change = addException(
      withLegacy().deps(),
      { ...legacy, podLabels: { app: 'x', b: '' } },
      options(),
    );
    const error = await change.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'EntryConflict' });
    expect(String((error as PodidError).hint)).toMatch(/exception update .*--pod-labels app=x b=$/);
  });

  it('names one after its labels where no name is given, so that the same again changes nothing', async () => {
    const azure = new FakeAzure();
    const { name: _, ...unnamed } = { ...legacy, podLabels: { app: 'legacy', tier: 'old' } };
    const first = await addException(azure.deps(), unnamed, options());
    const again = { ...unnamed, podLabels: { tier: 'old', app: 'legacy' } };
    const second = await addException(azure.deps(), again, options());
    expect(first.done?.result.name).toMatch(/^[a-z][a-z0-9]{15}$/);
    expect(second.done?.result.name).toBe(first.done?.result.name);
    expect(azure.puts).toHaveLength(1);
  });

  it('takes the name of the exception that has these labels already where no name is given', async () => {
    const azure = withLegacy();
    const { name: _, ...unnamed } = legacy;
    const { done } = await addException(azure.deps(), unnamed, options());
    expect([done?.result.name, azure.puts]).toEqual(['legacy', []]);
    const elsewhere = await addException(azure.deps(), { ...unnamed, namespace: 'other' }, options());
    expect(elsewhere.done?.result.name).not.toBe('legacy');
  });

  it('replaces the whole map of labels', async () => {
    const azure = withLegacy();
    const { done } = await updateException(
      azure.deps(),
      { ...legacy, podLabels: { tier: 'old' } },
      options(),
    );
    expect([done?.result.podLabels, azure.cluster.profile.exceptions.length]).toEqual([{ tier: 'old' }, 1]);
    await expect(updateException(azure.deps(), { ...legacy, name: 'x' }, options())).rejects.toMatchObject({
      exitCode: 4,
    });
  });

  it('deletes one, and says 4 without a PUT when it is not there', async () => {
    const azure = withLegacy();
    const { done } = await deleteException(azure.deps(), { ...legacy, ignoreNotFound: false }, options());
    expect([done?.result?.name, azure.cluster.profile.exceptions]).toEqual(['legacy', []]);
    await expect(
      deleteException(azure.deps(), { ...legacy, ignoreNotFound: false }, options()),
    ).rejects.toMatchObject({ exitCode: 4 });
    expect(azure.puts).toHaveLength(1);
  });
});
