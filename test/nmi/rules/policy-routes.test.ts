import { describe, expect, it } from 'vitest';
import { policyRoutes, renderPolicyRules } from '../../../src/nmi/rules/policy-routes.ts';

const wanted = renderPolicyRules('169.254.169.254');
const main = { priority: 32766, src: 'all', table: '254' };
const exempt = { priority: 5, src: 'all', dst: '169.254.169.254', iif: 'lo', table: '254', protocol: '225' };
const hole = { priority: 6, src: 'all', dst: '169.254.169.254', action: '6', protocol: '225' };

describe('the policy routes', () => {
  it('exempt the node itself before they close the way for pods', async () => {
    const { routes, written } = kernelWith(main);
    expect(await routes.install(wanted)).toBe(true);
    expect(written).toEqual([
      '-4 rule add pref 5 iif lo to 169.254.169.254 lookup main protocol 225',
      '-4 rule add pref 6 to 169.254.169.254 blackhole protocol 225',
    ]);
  });

  it('are left alone when they stand', async () => {
    const { routes, written } = kernelWith(exempt, hole, main);
    expect(await routes.install(wanted)).toBe(false);
    expect(written).toEqual([]);
    expect(await routes.intact(wanted)).toBe(true);
  });

  it('take away what an older choice of address left, after the new ones stand', async () => {
    const { routes, written } = kernelWith(exempt, hole, { ...hole, dst: '10.0.0.9' });
    await routes.install(wanted);
    expect(written).toEqual(['-4 rule del pref 6 to 10.0.0.9 blackhole protocol 225']);
  });

  it('are taken away in the reverse order, and none but podid’s own', async () => {
    const { routes, written } = kernelWith(exempt, hole, { ...hole, protocol: '3' }, main);
    await routes.install([]);
    expect(written).toEqual([
      '-4 rule del pref 6 to 169.254.169.254 blackhole protocol 225',
      '-4 rule del pref 5 iif lo to 169.254.169.254 lookup main protocol 225',
    ]);
  });

  it('are not intact when another action stands in their place', async () => {
    const { routes } = kernelWith(exempt, { ...hole, action: undefined }, main);
    expect(await routes.intact(wanted)).toBe(false);
  });
});

function kernelWith(...rules: readonly object[]) {
  const written: string[] = [];
  const routes = policyRoutes(async (_tool, args) => {
    if (args.includes('list')) {
      return { code: 0, stdout: JSON.stringify(rules), stderr: '' };
    }
    written.push(args.join(' '));
    return { code: 0, stdout: '', stderr: '' };
  });
  return { routes, written };
}
