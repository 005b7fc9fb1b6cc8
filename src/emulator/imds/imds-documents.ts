import type { ImdsIdentity } from './imds-identity.ts';

/** What IMDS tells about the VM it is on. */
export interface ImdsMachine {
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly scaleSet: string;
  readonly instance: string;
  readonly location: string;
}

export const emulatedMachine: ImdsMachine = {
  tenantId: '00000000-0000-0000-0000-00000000000e',
  subscriptionId: '00000000-0000-0000-0000-000000000001',
  resourceGroup: 'MC_podid_emulated_westeurope',
  scaleSet: 'aks-nodepool1-00000000-vmss',
  instance: '0',
  location: 'westeurope',
};

export const apiVersions = [
  '2017-08-01',
  '2018-02-01',
  '2019-08-01',
  '2020-06-01',
  '2021-02-01',
  '2021-12-13',
] as const;

/** Paths other than the token's, in lower case; undefined for those IMDS does not have. */
export function metadataDocument(
  path: string,
  machine: ImdsMachine,
  identity: ImdsIdentity | undefined,
): unknown {
  if (path === '/metadata/versions') {
    return { apiVersions };
  }
  if (path === '/metadata/loadbalancer') {
    return { loadbalancer: { publicIpAddresses: [], inboundRules: [], outboundRules: [] } };
  }
  if (path === '/metadata/attested/document') {
    return { encoding: 'pkcs7', signature: Buffer.from('emulated').toString('base64') };
  }
  if (path === '/metadata/scheduledevents') {
    return { DocumentIncarnation: 1, Events: [] };
  }
  if (path === '/metadata/identity/info') {
    return identity === undefined ? undefined : { tenantId: machine.tenantId };
  }
  return path === '/metadata/instance' || path.startsWith('/metadata/instance/')
    ? memberOf(instanceDocument(machine), path.split('/').slice(3))
    : undefined;
}

function instanceDocument(machine: ImdsMachine): unknown {
  const { subscriptionId, resourceGroup, scaleSet, instance, location } = machine;
  const ipv4 = { ipAddress: [{ privateIpAddress: '10.224.0.4', publicIpAddress: '' }], subnet: [] };
  return {
    compute: {
      azEnvironment: 'AzurePublicCloud',
      location,
      name: `${scaleSet}_${instance}`,
      osType: 'Linux',
      provider: 'Microsoft.Compute',
      resourceGroupName: resourceGroup,
      resourceId: `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/virtualMachineScaleSets/${scaleSet}/virtualMachines/${instance}`,
      subscriptionId,
      vmId: '00000000-0000-0000-0000-0000000000f0',
      vmScaleSetName: scaleSet,
      vmSize: 'Standard_D2s_v5',
    },
    network: { interface: [{ ipv4, ipv6: { ipAddress: [] }, macAddress: '000D3A000001' }] },
  };
}

function memberOf(document: unknown, names: readonly string[]): unknown {
  let value = document;
  for (const name of names) {
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    value = entries.find(([key]) => key.toLowerCase() === name)?.[1];
  }
  return value;
}
