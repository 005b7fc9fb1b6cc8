import { describe, expect, it } from 'vitest';
import { type ArmClient, clusterPath, withArm } from '../arm/arm-client.ts';
import { enableIssuer } from './federation-client.ts';

interface Properties {
  oidcIssuerProfile?: object;
  securityProfile?: object;
}

const put = (arm: ArmClient, properties: Properties) =>
  arm.edit((document) => Object.assign(document.properties, properties));

describe("a cluster's OIDC issuer", () => {
  it('is off in most scenarios, and on with workload identity in oidc-issuer', async () => {
    await withArm({ scenario: 'in-use' }, async (arm) => {
      const { properties } = (await arm.get()).body;
      expect([properties.oidcIssuerProfile, properties.securityProfile]).toEqual([undefined, undefined]);
    });
    await withArm({ scenario: 'oidc-issuer' }, async (arm) => {
      const { oidcIssuerProfile, securityProfile } = (await arm.get()).body.properties;
      expect(securityProfile).toEqual({ workloadIdentity: { enabled: true } });
      const { issuerURL } = oidcIssuerProfile;
      expect((await fetch(`${issuerURL}.well-known/openid-configuration`)).status).toBe(200);
    });
  });

  it('is turned on by one PUT with workload identity, and kept with it by a PUT that names neither', () =>
    withArm({}, async (arm) => {
      const issuer = await enableIssuer(arm);
      expect(issuer).toMatch(/\/$/);
      const kept = await arm.edit(({ properties }) => {
        delete properties.oidcIssuerProfile;
        properties.securityProfile = { imageCleaner: { enabled: true } };
      });
      expect(kept.status).toBe(200);
      await arm.finish(kept);
      const { oidcIssuerProfile, securityProfile } = (await arm.get()).body.properties;
      expect(oidcIssuerProfile).toEqual({ enabled: true, issuerURL: issuer });
      expect(securityProfile).toEqual({
        imageCleaner: { enabled: true },
        workloadIdentity: { enabled: true },
      });
    }));

  it('keeps its URL whatever a body says', () =>
    withArm({}, async (arm) => {
      const issuer = await enableIssuer(arm);
      const other = await put(arm, { oidcIssuerProfile: { enabled: true, issuerURL: 'https://other/' } });
      expect(other.body.properties.oidcIssuerProfile.issuerURL).toBe(issuer);
    }));

  it('has a URL that is refused in a body where read-only members are', () =>
    withArm({ seed: { settings: { readOnlyMembers: 'refuse' } } }, async (arm) => {
      const { body } = await put(arm, { oidcIssuerProfile: { enabled: true, issuerURL: 'https://other/' } });
      expect(body.message).toContain('properties.oidcIssuerProfile.issuerURL');
    }));

  it('cannot be turned off, as workload identity can, which cannot be without it', () =>
    withArm({}, async (arm) => {
      const workloadIdentity = { workloadIdentity: { enabled: true } };
      const without = await put(arm, { securityProfile: workloadIdentity });
      expect([without.status, without.body.message]).toEqual([
        400,
        'Workload identity requires the OIDC issuer to be enabled.',
      ]);
      await enableIssuer(arm);
      const off = await put(arm, { oidcIssuerProfile: { enabled: false } });
      expect([off.status, off.body.message]).toEqual([
        400,
        'The OIDC issuer cannot be disabled once it is enabled.',
      ]);
      const back = await put(arm, { securityProfile: { workloadIdentity: { enabled: false } } });
      expect(back.status).toBe(200);
    }));

  it('has keys to rotate only while it is on', () =>
    withArm({}, async (arm) => {
      const path = `${clusterPath}/rotateServiceAccountSigningKeys`;
      expect((await arm.call('POST', path)).status).toBe(400);
      await enableIssuer(arm);
      const rotated = await arm.call('POST', path);
      expect(rotated.status).toBe(202);
      await arm.finish(rotated);
    }));
});
