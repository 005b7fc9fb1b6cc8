import { advice, command } from '../../../errors/hint.ts';
import { allowsEgress, egressPolicies } from '../../kubernetes/network-policy.ts';
import type { Candidate } from '../candidate.ts';
import {
  type MigrationFacts,
  type ReadProviderClass,
  type ReadTrigger,
  readingOr,
} from '../migration-facts.ts';
import { workloadText } from '../workload-commands.ts';
import type { Blocker } from './blocker.ts';
import { unread } from './trust-blockers.ts';

/** What asks for the workload's tokens besides itself, and where its own requests may not go. */
export function consumerBlockers(candidate: Candidate, facts: MigrationFacts): readonly Blocker[] {
  const { template, workload } = candidate;
  const mounts = template.secretProviderClasses.length > 0;
  const isKeda = isKedaOperator(candidate);
  return [
    mounts ? unread(facts.providerClasses, 'SecretProviderClasses', facts) : undefined,
    ...providerClasses(candidate, facts).map((each) => csiPodIdentity(candidate, each)),
    isKeda ? unread(facts.triggers, 'TriggerAuthentications', facts) : undefined,
    ...(isKeda ? kedaTriggers(facts) : []).map((each) => kedaPodIdentity(each)),
    workload.identities.length > 0 ? egressUnknown(candidate, facts) : undefined,
  ].filter((blocker) => blocker !== undefined);
}

/** SecretProviderClasses of the workload that go to the agent for their token. */
export function providerClasses(
  { workload, template }: Candidate,
  facts: MigrationFacts,
): readonly ReadProviderClass[] {
  return readingOr(facts.providerClasses, []).filter(
    ({ namespace, name, usesPodIdentity }) =>
      usesPodIdentity && namespace === workload.namespace && template.secretProviderClasses.includes(name),
  );
}

/** KEDA's operator asks for the tokens of all that it scales. */
export function isKedaOperator({ template }: Pick<Candidate, 'template'>): boolean {
  return [template.labels['app'], template.labels['app.kubernetes.io/name']].includes('keda-operator');
}

/** Those that have KEDA ask pod identity. */
export function kedaTriggers(facts: Pick<MigrationFacts, 'triggers'>): readonly ReadTrigger[] {
  return readingOr(facts.triggers, []).filter(({ provider }) => provider === 'azure');
}

function csiPodIdentity({ workload, trusts }: Candidate, { name, namespace }: ReadProviderClass): Blocker {
  const clientID = trusts[0]?.clientId ?? 'CLIENT_ID';
  const patch = JSON.stringify({ spec: { parameters: { usePodIdentity: 'false', clientID } } });
  const words = [name, '-n', namespace, '--type', 'merge', '-p', patch];
  return {
    code: 'CsiPodIdentity',
    message: `${workloadText(workload)} mounts SecretProviderClass ${name}, for which the Key Vault driver asks pod identity.`,
    hint: advice`Once its identity trusts the service account: ${command('kubectl patch secretproviderclass', ...words)}`,
  };
}

function kedaPodIdentity({ kind, name, namespace }: ReadTrigger): Blocker {
  const patch = JSON.stringify({ spec: { podIdentity: { provider: 'azure-workload' } } });
  const where = namespace === undefined ? [] : ['-n', namespace];
  const words = [kind.toLowerCase(), name, ...where, '--type', 'merge', '-p', patch];
  return {
    code: 'KedaPodIdentity',
    message: `${kind} ${namespace === undefined ? name : `${namespace}/${name}`} has KEDA ask pod identity.`,
    hint: advice`Once its identity trusts the service account of KEDA's operator: ${command('kubectl patch', ...words)}`,
  };
}

/** One of login.microsoftonline.com's (20.190.128.0/18, service tag AzureActiveDirectory), for all that it may have. */
const entra = { address: '20.190.128.1', port: 443 } as const;

function egressUnknown({ workload, template }: Candidate, facts: MigrationFacts): Blocker | undefined {
  const { namespace } = workload;
  const unknown = unread(facts.networkPolicies, `the network policies of namespace ${namespace}`, facts);
  if (unknown !== undefined) {
    return { ...unknown, code: 'EgressUnknown' };
  }
  const policies = readingOr(facts.networkPolicies, []);
  const own = egressPolicies(policies, { namespace, labels: template.labels });
  const [first] = own;
  return first === undefined || allowsEgress(own, entra.address, entra.port)
    ? undefined
    : {
        code: 'EgressUnknown',
        message: `Network policy ${namespace}/${first.name} does not clearly let ${workloadText(workload)} reach Microsoft Entra, which its pods ask themselves then.`,
        hint: advice`Allow them TCP 443 to login.microsoftonline.com, or what leads there: ${command('kubectl edit networkpolicy', first.name, '-n', namespace)}`,
      };
}
