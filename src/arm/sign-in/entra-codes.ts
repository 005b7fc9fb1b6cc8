import { advice, command, type Hint } from '../../errors/hint.ts';

interface Said {
  readonly code: string;
  readonly sentence: string;
}

/** Codes by which Entra says that it is busy, and errors of OAuth that say the same. */
const passing = /^(?:AADSTS(?:90033|90055|90099|50196|90025|1002016)|temporarily_unavailable|server_error)$/;

export function isPassingEntraCode({ code }: Said): boolean {
  return passing.test(code);
}

/** What to do about a refusal of Entra's, by its code (Microsoft's documentation, "Microsoft Entra error codes"). */
const hints: Readonly<Record<string, (clientId: string) => Hint>> = {
  AADSTS7000215: (clientId) =>
    advice`AZURE_CLIENT_SECRET takes the secret's value, not its id; a new one: ${command('az ad app credential reset --id', clientId)}`,
  AADSTS7000222: (clientId) =>
    advice`Make a new secret: ${command('az ad app credential reset --id', clientId)}`,
  AADSTS700016: () =>
    advice`Check AZURE_CLIENT_ID and AZURE_TENANT_ID: the application has to be in that tenant. To sign in to another: ${command('--tenant TENANT')}`,
  AADSTS90002: () =>
    advice`Check AZURE_TENANT_ID or --tenant; the subscription's own: ${command('az account show --query tenantId -o tsv')}`,
  AADSTS900023: () => advice`Check AZURE_TENANT_ID or --tenant: an id, or a domain of the tenant.`,
  AADSTS700027: (clientId) =>
    advice`Add the certificate to the application: ${command('az ad app credential reset --id', clientId, '--cert', '@FILE', '--append')}`,
  AADSTS700024: () =>
    advice`The token that proves the workload lives for minutes alone: sign in again right before podid runs.`,
  AADSTS70021: (clientId) =>
    advice`Add a federated credential with this issuer, subject and audience: ${command('az ad app federated-credential create --id', clientId, '--parameters', 'FILE')}`,
  AADSTS700213: (clientId) =>
    advice`Add a federated credential with this subject: ${command('az ad app federated-credential create --id', clientId, '--parameters', 'FILE')}`,
  AADSTS53003: () =>
    advice`A Conditional Access policy of the tenant forbids it; whoever owns the policy can say what it wants.`,
};

/** Codes by which Entra wants a person to sign in again, or with more than a password. */
const ofPersons = /^AADSTS(?:50173|700082|70043|50076|50079)$/;

export function asksPerson({ code }: Said): boolean {
  return ofPersons.test(code);
}

/** @param clientId of the application that signs in */
export function entraHint({ code }: Said, clientId = 'CLIENT_ID'): Hint | undefined {
  return Object.hasOwn(hints, code) ? hints[code]?.(clientId) : undefined;
}
