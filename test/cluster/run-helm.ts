import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { clusterPrograms } from './cluster-programs.ts';
import { someRepository } from './run-podid.ts';

export interface Helm {
  (...args: readonly string[]): { readonly status: number | null; readonly text: string };
  /** As the call itself, and it has to succeed. @returns what it said */
  does(...args: readonly string[]): string;
}

/**
 * The real Helm on this API server. An installation of podid's chart is given an image, which its own values may
 * replace, but where the values that Helm kept are to be all.
 * @param folder for what it keeps outside of the cluster
 */
export function helmOn(api: ApiServer, folder: string): Helm {
  const image = join(folder, 'image.json');
  writeFileSync(image, JSON.stringify({ podid: { image: { repository: someRepository } } }));
  const helm = (...args: readonly string[]) => {
    const wantsImage = args.includes('deploy/chart') && !args.includes('--reuse-values');
    const given = wantsImage ? [...args.slice(0, 1), '--values', image, ...args.slice(1)] : args;
    const { status, stdout, stderr } = spawnSync(clusterPrograms().path('helm'), given, {
      encoding: 'utf8',
      env: {
        ...process.env,
        KUBECONFIG: api.kubeconfig,
        HELM_CACHE_HOME: join(folder, 'cache'),
        HELM_CONFIG_HOME: join(folder, 'config'),
        HELM_DATA_HOME: join(folder, 'data'),
      },
    });
    return { status, text: `${stdout}${stderr}` };
  };
  return Object.assign(helm, {
    does(...args: readonly string[]) {
      const { status, text } = helm(...args);
      expect(status, text).toBe(0);
      return text;
    },
  });
}
