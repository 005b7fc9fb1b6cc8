import { newSigningKey, publicPart, signJwt } from '../../../src/emulator/federation/signing-keys.ts';
import type { Emulator } from '../../../src/emulator/start-emulator.ts';

const issuer = 'https://issuer.example.test';
const subject = 'a-pipeline';
const audience = 'api://AzureADTokenExchange';

/** Has the emulator's application trust an issuer of the test's own. @returns what makes a token of that issuer */
export function trustAnIssuer(emulator: Emulator): () => string {
  const key = newSigningKey();
  const [application] = emulator.world.applications.values();
  emulator.seed({
    issuers: [{ issuer, keys: [publicPart(key)] }],
    applications: [{ ...application, federatedCredentials: [{ issuer, subject, audiences: [audience] }] }],
  });
  return () => {
    const now = Math.floor(Date.now() / 1000);
    return signJwt(key, { iss: issuer, sub: subject, aud: audience, iat: now, nbf: now, exp: now + 600 });
  };
}
