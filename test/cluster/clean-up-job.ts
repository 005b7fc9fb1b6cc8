import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manifestDocuments } from '../../src/validate/files/manifest-objects.ts';
import type { ApiServer } from './api-server.ts';
import { type Ran, runPodid } from './run-podid.ts';
import { createObjects } from './upstream-release.ts';

/**
 * Does what the chart's Job does after `helm uninstall`: with its account, its rights, its arguments and its values,
 * which stay in the cluster.
 *
 * @param name of the golden render of the release
 */
export async function runCleanUpJob(api: ApiServer, name: string): Promise<Ran> {
  const golden = readFileSync(new URL(`../deploy/golden/${name}.yaml`, import.meta.url), 'utf8');
  const hooks = manifestDocuments(golden).filter(
    ({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== undefined,
  );
  const isJob = ({ kind }: { readonly kind: string }) => kind === 'Job';
  createObjects(
    api,
    hooks.filter((each) => !isJob(each)),
  );
  const folder = mkdtempSync(join(tmpdir(), 'podid-job-'));
  try {
    const token = api.kubectl('create', 'token', 'podid-clean-up', '-n', 'kube-system').trim();
    const admin = JSON.parse(readFileSync(api.kubeconfig, 'utf8'));
    admin.users[0].user = { token };
    const kubeconfig = join(folder, 'job.kubeconfig');
    writeFileSync(kubeconfig, JSON.stringify(admin), { mode: 0o600 });
    const values = hooks.find(({ kind }) => kind === 'ConfigMap')?.['data'] as Record<string, string>;
    writeFileSync(join(folder, 'values.yaml'), values['values.yaml'] ?? '');
    const job = hooks.find(isJob) as unknown as {
      spec: { template: { spec: { containers: [{ args: string[] }] } } };
    };
    const [{ args }] = job.spec.template.spec.containers;
    return await runPodid(
      kubeconfig,
      args.map((each) => each.replace('/etc/podid/', `${folder}/`)).join(' '),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
