import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { BundledPrograms } from '../node/bundled-programs.ts';
import { eventually, type OneNode } from './one-node.ts';

/** One request of a workload's, as `programs/either-way.ts` writes it down. */
export interface Asked {
  readonly pod: string;
  readonly way: 'node' | 'entra';
  readonly begunMs: number;
  readonly ms: number;
  readonly status?: number;
  /** Of the token. */
  readonly appid?: string;
  readonly oid?: string;
  /** The client id that the answer names. */
  readonly named?: string;
  readonly error?: string;
}

const asksAt = '/asks';

/**
 * Deployment `web`, StatefulSet `store`, of two pods each, and CronJob `nightly`, with the label of one binding and one
 * account. Each of their pods asks twenty times a second, by whichever way it has.
 */
export function migratingWorkloads(cluster: OneNode, programs: BundledPrograms, namespace: string) {
  const folder = mkdtempSync(join(tmpdir(), 'podid-asks-'));
  chmodSync(folder, 0o777);
  const template = (name: string, more: object, ...until: readonly string[]) => ({
    metadata: { labels: { app: name, aadpodidbinding: 'web' } },
    spec: {
      serviceAccountName: 'web',
      terminationGracePeriodSeconds: 5,
      ...more,
      containers: [
        {
          name: 'app',
          image: 'docker.io/podid/podid:test',
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '/programs/either-way.mjs', asksAt, ...until],
          env: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/ca/ca.crt' }],
          volumeMounts: [
            { name: 'programs', mountPath: '/programs', readOnly: true },
            { name: 'asks', mountPath: asksAt },
            { name: 'ca', mountPath: '/ca', readOnly: true },
          ],
        },
      ],
      volumes: [
        { name: 'programs', hostPath: { path: programs.folder, type: 'Directory' } },
        { name: 'asks', hostPath: { path: folder, type: 'Directory' } },
        { name: 'ca', configMap: { name: 'private-cloud' } },
      ],
    },
  });
  const standing = (kind: string, name: string, more: object) => ({
    apiVersion: 'apps/v1',
    kind,
    metadata: { namespace, name },
    spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: template(name, {}), ...more },
  });
  const kubectl = (...args: readonly string[]) => cluster.kubectl('-n', namespace, ...args);
  const last = (pod: string): Asked | undefined => linesOf(folder, pod).at(-1);
  return {
    make() {
      cluster.apply(
        standing('Deployment', 'web', {}),
        standing('StatefulSet', 'store', { serviceName: 'store' }),
        {
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          metadata: { namespace, name: 'nightly' },
          spec: {
            schedule: '0 3 1 1 *',
            // Each is waited for, and counts, up to the end.
            successfulJobsHistoryLimit: 50,
            jobTemplate: { spec: { template: template('nightly', { restartPolicy: 'Never' }, '2000') } },
          },
        },
      );
      for (const each of ['deployment/web', 'statefulset/store']) {
        kubectl('rollout', 'status', each, '--timeout=60s');
      }
    },
    /** Begins a run, as its schedule would. */
    startJob: (name: string) => void kubectl('create', 'job', name, '--from=cronjob/nightly'),
    /** Until each run that was begun is whole. */
    areJobsDone: () => void kubectl('wait', '--for=condition=complete', 'jobs', '--all', '--timeout=60s'),
    /** Until each that stands has an answer by this way to what it asked after now. */
    async areAnswered(way: Asked['way']) {
      const sinceMs = Date.now();
      await eventually(() => {
        for (const start of ['web-', 'store-']) {
          const fresh = readdirSync(folder).filter(
            (pod) => pod.startsWith(start) && statSync(join(folder, pod)).mtimeMs > sinceMs,
          );
          const answered = fresh.map(last).filter((one) => one?.way === way && one.begunMs > sinceMs);
          expect(answered.length, `${start} by ${way}`).toBeGreaterThan(0);
        }
      });
    },
    /** Lets those that stand come to their end. @returns all that was asked so far */
    end(): readonly Asked[] {
      kubectl('wait', '--for=condition=complete', 'jobs', '--all', '--timeout=60s');
      kubectl('delete', 'cronjob/nightly', 'deployment/web', 'statefulset/store', '--wait=true');
      kubectl('wait', '--for=delete', 'pods', '-l', 'app in (web,store)', '--timeout=60s');
      return readdirSync(folder).flatMap((pod) => linesOf(folder, pod));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A line that is being written is none yet. */
function linesOf(folder: string, pod: string): readonly Asked[] {
  const text = readFileSync(join(folder, pod), 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map((line): Asked => ({ pod, ...(JSON.parse(line) as Omit<Asked, 'pod'>) }));
}
