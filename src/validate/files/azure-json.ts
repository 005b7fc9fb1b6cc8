import { parse } from 'yaml';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isRecord, type JsonRecord, stringAt } from '../json-record.ts';

/** What upstream's MIC reads of the file that AKS puts on each node, `/etc/kubernetes/azure.json`. */
export interface AzureJson {
  readonly cloud?: string;
  readonly tenantId?: string;
  readonly aadClientId?: string;
  readonly aadClientSecret?: string;
  readonly subscriptionId?: string;
  readonly resourceGroup?: string;
  readonly useManagedIdentityExtension: boolean;
  readonly userAssignedIdentityID?: string;
}

/** Endpoints of a cloud of one's own, as go-autorest reads them from `AZURE_ENVIRONMENT_FILEPATH`. */
export interface CustomCloudFile {
  readonly resourceManagerEndpoint: string;
  readonly activeDirectoryEndpoint: string;
  /** The audience of tokens for ARM; `resourceManagerEndpoint` where the file names none. */
  readonly tokenAudience?: string;
}

const members = [
  'cloud',
  'tenantId',
  'aadClientId',
  'aadClientSecret',
  'subscriptionId',
  'resourceGroup',
  'userAssignedIdentityID',
] as const;

/**
 * JSON or YAML; unknown members are ignored and names are case-sensitive, as upstream has it.
 * @throws PodidError InvalidUsage, without a word of the content
 */
export function parseAzureJson(text: string, path: string): AzureJson {
  const json = parseRecord(text, path);
  const found = members.flatMap((name) => {
    const value = stringAt(json, name);
    return value ? [[name, value] as const] : [];
  });
  return {
    ...Object.fromEntries(found),
    useManagedIdentityExtension: json['useManagedIdentityExtension'] === true,
  };
}

/** @throws PodidError InvalidUsage */
export function parseCustomCloud(text: string, path: string): CustomCloudFile {
  const json = parseRecord(text, path);
  const [resourceManagerEndpoint, activeDirectoryEndpoint, tokenAudience] = [
    'resourceManagerEndpoint',
    'activeDirectoryEndpoint',
    'tokenAudience',
  ].map((name) => stringAt(json, name));
  if (!resourceManagerEndpoint || !activeDirectoryEndpoint) {
    throw new PodidError(
      'InvalidUsage',
      `${path} must name resourceManagerEndpoint and activeDirectoryEndpoint.`,
      { hint: advice`Fix the file that AZURE_ENVIRONMENT_FILEPATH names.` },
    );
  }
  // The sign-in sends nothing over plain http, and would say no more than that the connection failed.
  if (!/^https:\/\//i.test(activeDirectoryEndpoint)) {
    throw new PodidError(
      'InvalidUsage',
      `activeDirectoryEndpoint in ${path} must begin with https://, and is ${activeDirectoryEndpoint}.`,
      { hint: advice`Fix the file that AZURE_ENVIRONMENT_FILEPATH names.` },
    );
  }
  return { resourceManagerEndpoint, activeDirectoryEndpoint, ...(tokenAudience ? { tokenAudience } : {}) };
}

function parseRecord(text: string, path: string): JsonRecord {
  let json: unknown;
  try {
    json = parse(text);
  } catch {
    // The parser's own sentence quotes the line, which may hold a secret.
  }
  if (!isRecord(json)) {
    throw new PodidError('InvalidUsage', `${path} is neither JSON nor YAML with members.`, {
      hint: advice`Name another file with --cloudconfig, or set the variables in its place.`,
    });
  }
  return json;
}
