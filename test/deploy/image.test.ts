import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { read } from './renders.ts';

const dockerfile = read('deploy/Dockerfile');
const instructions = dockerfile
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line));

describe('the image', () => {
  it('comes from bases of one version, which a release pins by digest', () => {
    const bases = instructions.filter((line) => line.startsWith('FROM '));
    expect(bases).toHaveLength(3);
    for (const base of bases) {
      expect(base).toMatch(/\$\{(NODE|DEBIAN)_DIGEST:\+@\}\$\{\1_DIGEST\}/);
      expect(base).not.toMatch(/:latest/);
    }
    expect(dockerfile).toMatch(/^ARG NODE_VERSION=24\.\d+\.\d+$/m);
    expect(dockerfile).toMatch(/^ARG DEBIAN_VERSION=bookworm-\d{8}$/m);
  });

  it('runs as the user that the chart names', () => {
    const users = instructions.filter((line) => line.startsWith('USER '));
    expect(users.at(-1)).toBe('USER 10001:10001');
    expect(read('deploy/chart/templates/_helpers.tpl')).toContain('{{- define "podid.user" -}}10001');
  });

  it('has every program of the package on its path', () => {
    const { bin } = JSON.parse(read('package.json'));
    // Nobody types kubectl in the image.
    const programs = Object.entries(bin).filter(([name]) => !name.startsWith('kubectl'));
    expect(programs).toHaveLength(3);
    for (const [name, path] of programs) {
      expect(dockerfile).toContain(`ln -s /opt/podid/${path} /usr/local/bin/${name}`);
    }
  });

  it('holds the tools that write and read rules, with both backends of iptables', () => {
    for (const tool of ['nftables', 'iptables', 'iproute2', 'conntrack']) {
      expect(dockerfile).toMatch(new RegExp(`apt-get install .*\\b${tool}\\b`));
    }
  });
});

describe('the release', () => {
  const workflow = parse(read('.github/workflows/release.yaml'));
  const steps: { uses?: string; run?: string; with?: Record<string, unknown> }[] = Object.values(
    workflow.jobs as Record<string, { steps?: [] }>,
  ).flatMap((job) => job.steps ?? []);

  it('makes an image with a bill of materials and its provenance, and signs it and the chart', () => {
    const builds = steps.find((step) => step.uses?.startsWith('docker/build-push-action'));
    expect(builds?.with).toMatchObject({ sbom: true, provenance: 'mode=max' });
    expect(steps.filter((step) => step.run?.includes('cosign sign ')).length).toBe(2);
  });

  it('names no registry', () => {
    expect(read('.github/workflows/release.yaml')).not.toMatch(/ghcr\.io|docker\.io|mcr\.microsoft/);
  });
});
