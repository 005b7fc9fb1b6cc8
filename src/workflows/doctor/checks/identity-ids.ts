import { managedIdentityType } from '../../../domain/azure/resource-id.ts';
import { isGuid, isWrittenId, nearestResourceId } from '../../../domain/azure/written-id.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import { isUsableId } from '../../../domain/kubernetes/identity-credential.ts';
import type { AzureIdentity } from '../../../domain/kubernetes/identity-resources.ts';
import { advice, command, type Hint } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass, type Verdict, warn } from '../check.ts';
import type { Evidence } from '../evidence.ts';
import { idToFillIn, withFillIn } from '../mend.ts';

/**
 * Whether the ids in AzureIdentities are ids. The agent asks for a managed identity by its client id, and by the
 * resource id where there is none; podid puts identities on nodes by the resource id.
 */
export const identityIds: Check = {
  name: 'identity-ids',
  behind: ['definitions'],
  judge: (evidence) =>
    judging(evidence.objects, ({ resources }) => {
      const { namespace } = evidence.subject;
      const all = (resources?.identities ?? []).filter(
        ({ metadata, spec }) =>
          (namespace === undefined || metadata.namespace === namespace) && (spec.type ?? 0) === 0,
      );
      const faulty = all.filter(
        ({ spec }) => spec.resourceID && !isWrittenId(spec.resourceID, managedIdentityType),
      );
      const useless = faulty.filter((identity) => !asksByClientId(identity));
      return (
        noResourceId(evidence, useless, true) ??
        noResourceId(evidence, faulty, false) ??
        noClientId(
          all.filter((identity) => asksByClientId(identity) && !isGuid(identity.spec.clientID ?? '')),
        ) ??
        noClientId(
          all.filter(
            ({ spec }) => spec.clientID && !isUsableId(spec.clientID) && isUsableId(spec.resourceID),
          ),
        ) ??
        pass('The client ids and resource ids of the AzureIdentities have the form of ids.')
      );
    }),
};

/** As `credentialOf` decides. */
function asksByClientId({ spec }: AzureIdentity): boolean {
  return isUsableId(spec.clientID);
}

function noResourceId(
  evidence: Evidence,
  [first, ...more]: readonly AzureIdentity[],
  isAsked: boolean,
): Verdict | undefined {
  if (first === undefined) {
    return undefined;
  }
  const names = listed([first, ...more].map(named('resourceID')));
  const hint = patched(first, nearestResourceId(first.spec.resourceID ?? '', managedIdentityType), evidence);
  return isAsked
    ? fail(
        `${names} is no id of a managed identity, and there is no client id to ask by: IMDS gives no token for it.`,
        hint,
      )
    : warn(
        `${names} is no id of a managed identity. The agent asks by the client id; podid can neither check the identity nor put it on nodes.`,
        hint,
      );
}

function noClientId([first, ...more]: readonly AzureIdentity[]): Verdict | undefined {
  if (first === undefined) {
    return undefined;
  }
  const { namespace, name } = first.metadata;
  const { resourceID = '' } = first.spec;
  const edit = command('kubectl edit azureidentity', name, '-n', namespace);
  const query = ['--query', 'clientId', '-o', 'tsv'];
  return warn(
    `${listed([first, ...more].map(named('clientID')))} is no GUID, as client ids are, and the agent asks IMDS by ${asksByClientId(first) ? 'it' : 'the resource id instead'}.`,
    isWrittenId(resourceID, managedIdentityType)
      ? advice`${command('az identity show --ids', resourceID, ...query)}  # prints it, for: ${edit}`
      : edit,
  );
}

function named(member: 'clientID' | 'resourceID') {
  return ({ metadata, spec }: AzureIdentity) =>
    `${member} ${JSON.stringify(spec[member])} of AzureIdentity ${entryText(metadata)}`;
}

function patched({ metadata }: AzureIdentity, nearest: string | undefined, { subject }: Evidence): Hint {
  const patch = JSON.stringify({ spec: { resourceID: nearest ?? idToFillIn(subject) } });
  return withFillIn(
    command(
      'kubectl patch azureidentity',
      metadata.name,
      ...['-n', metadata.namespace, '--type', 'merge', '-p', patch],
    ),
  );
}
