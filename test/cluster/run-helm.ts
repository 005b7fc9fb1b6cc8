import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { clusterPrograms } from './cluster-programs.ts';
import { someImage } from './run-podid.ts';

export interface Helm {
  (...args: readonly string[]): { readonly status: number | null; readonly text: string };
  /** As the call itself, and it has to succeed. @returns what it said */
  does(...args: readonly string[]): string;
}

/**
 * The real Helm on this API server. An installation of podid's chart that names no image is given one.
 * @param folder for what it keeps outside of the cluster
 */
export function helmOn(api: ApiServer, folder: string): Helm {
  const helm = (...args: readonly string[]) => {
    const wantsImage = args.includes('deploy/chart') && !args.join(' ').includes('podid.image');
    const given = wantsImage ? [...args, '--set', someImage] : args;
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
