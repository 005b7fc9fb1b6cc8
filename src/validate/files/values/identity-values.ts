import type { AgentIdentity } from '../../../domain/kubernetes/agent-values.ts';
import type { Json } from '../../../domain/kubernetes/controller-values.ts';
import { isRecord } from '../../json-record.ts';
import type { ValueSection } from './value-section.ts';

/**
 * `azureIdentities` of the chart: a map, or the list of older charts. @param installedIn the namespace of those that
 * name none
 */
export function readIdentityValues(root: ValueSection, installedIn: string): readonly AgentIdentity[] {
  const read = root.members('azureIdentities').map(({ name: key, section }) => {
    const name = section.text('name') || key;
    const binding = section.node('binding') === undefined ? undefined : section.section('binding');
    const identity: AgentIdentity = {
      name,
      namespace: section.text('namespace'),
      type: section.integer('type', { least: 0, most: 2 }) ?? 0,
      resourceID: section.text('resourceID'),
      clientID: section.text('clientID'),
      tenantID: section.text('tenantID'),
      auxiliaryTenantIDs: readTenants(section, key),
      adEndpoint: section.text('adEndpoint'),
      clientPassword: readSecretName(section, key),
      ...(binding === undefined
        ? {}
        : {
            binding: {
              name: binding.text('name') || `${name}-binding`,
              selector: binding.text('selector'),
            },
          }),
    };
    section.refuseOthers();
    binding?.refuseOthers();
    refuseSelector(binding, `azureIdentities.${key}.binding.selector`);
    return { key, identity };
  });
  refuseDoubles(root, read, installedIn);
  return read.map(({ identity }) => identity);
}

function refuseSelector(binding: ValueSection | undefined, called: string): void {
  if (binding !== undefined && binding.node('selector') === undefined) {
    binding.fault('selector', `${called} is missing: pods get the identity by that label.`);
  }
  if ((binding?.text('selector') ?? '').length > 63) {
    binding?.fault('selector', `${called} is longer than 63 characters, which no label is.`);
  }
}

interface ReadIdentity {
  readonly key: string;
  readonly identity: AgentIdentity;
}

/** Of two objects of one name the second would be written over the first. */
function refuseDoubles(root: ValueSection, read: readonly ReadIdentity[], installedIn: string): void {
  for (const [at, { key, identity }] of read.entries()) {
    const isDouble = ({ identity: { namespace, name } }: ReadIdentity) =>
      (namespace || installedIn) === (identity.namespace || installedIn) && name === identity.name;
    const first = read.slice(0, at).find(isDouble);
    if (first !== undefined) {
      root.fault(
        'azureIdentities',
        `azureIdentities.${first.key} and azureIdentities.${key} both make AzureIdentity ${identity.name}. Give each a name or a namespace of its own.`,
      );
    }
  }
}

/**
 * Charts before 2.0 had one identity, which podid does not write unseen: the message has it in today's form, with what
 * was set.
 */
export function refuseIdentityOfOldChart(root: ValueSection): void {
  const [old, oldBinding] = [root.section('azureIdentity'), root.section('azureIdentityBinding')];
  if (!old.boolean('enabled')) {
    return;
  }
  const binding = given(oldBinding, ['name', 'selector']);
  const identity = {
    ...(binding['selector'] === undefined ? {} : { binding }),
    ...given(old, ['clientID', 'namespace', 'resourceID']),
    type: old.integer('type', { least: 0, most: 2 }) ?? 0,
  };
  const value = JSON.stringify({ [old.text('name') || 'azure-identity']: identity });
  root.fault(
    'azureIdentity',
    `azureIdentity is of charts before 2.0, which had one identity. Since then it is written as: azureIdentities: ${value}`,
  );
}

/** Those that are set, by the alphabet. */
function given(section: ValueSection, keys: readonly string[]): Record<string, string> {
  const texts = keys.map((key) => [key, section.text(key)] as const);
  return Object.fromEntries(texts.filter(([, text]) => text !== ''));
}

/**
 * Upstream's template puts the value where it stands, so that files that worked with it hold it as a text. What stands
 * where the name of a secret belongs may be the secret itself: no message repeats it.
 */
function readSecretName(section: ValueSection, key: string): Json {
  const json = section.jsonInText('clientPassword');
  const isName =
    isRecord(json) &&
    Object.entries(json).every(
      ([member, text]) => ['name', 'namespace'].includes(member) && typeof text === 'string',
    );
  if (isName) {
    return json;
  }
  section.fault(
    'clientPassword',
    `azureIdentities.${key}.clientPassword has to name a Secret, as {name: NAME, namespace: NAMESPACE} or as a text of that in JSON or YAML.`,
  );
  return {};
}

function readTenants(section: ValueSection, key: string): readonly string[] {
  const json = section.jsonInText('auxiliaryTenantIDs');
  // An empty map is how some files write an empty list.
  const tenants: unknown = isRecord(json) && Object.keys(json).length === 0 ? [] : json;
  if (Array.isArray(tenants) && tenants.every((each) => typeof each === 'string')) {
    return tenants;
  }
  section.fault(
    'auxiliaryTenantIDs',
    `azureIdentities.${key}.auxiliaryTenantIDs has to be a list of ids, or a text of one in JSON or YAML.`,
  );
  return [];
}
