import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { ClusterEdit } from '../../domain/clusters/cluster-edit.ts';
import type { IdentityReference } from '../../domain/entries/pod-identity.ts';
import type { PutOptions } from '../../domain/ports.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { ArmAnswer } from '../connection/arm-answer.ts';
import type { ArmConnection, RawResponse } from '../connection/arm-connection.ts';
import type { ArmRequest } from '../connection/map-arm-error.ts';
import { aboutCluster } from './about-cluster.ts';
import { clusterClient } from './cluster-client.ts';
import { toPutDocument } from './cluster-document.ts';
import { mapAksError } from './map-aks-error.ts';

export interface ClusterPut {
  readonly base: Cluster;
  readonly edit: ClusterEdit;
  readonly identities: readonly IdentityReference[];
}

/** A client for this one PUT: the body of its only request is the edited text, and nothing is sent twice. */
export async function putCluster(
  connection: ArmConnection,
  apiVersion: string,
  { base, edit, identities }: ClusterPut,
  { headers, signal }: PutOptions,
): Promise<ArmAnswer> {
  const { id } = base;
  const body = editedDocument(base, edit);
  const client = connection.equip(clusterClient(connection, id, apiVersion), 'none');
  client.pipeline.addPolicy(sendBodyPolicy(body), { afterPhase: 'Serialize' });
  const about: ArmRequest = {
    ...aboutCluster(connection, id, 'write'),
    known: (fault) => mapAksError(fault, id, identities),
  };
  return connection.raw(about, signal, async (onResponse: (response: RawResponse) => void) => {
    const poller = client.managedClusters.createOrUpdate(
      id.resourceGroup,
      id.name,
      { location: base.location },
      {
        abortSignal: signal,
        onResponse,
        requestOptions: { headers: { ...headers } },
        ...(base.eTag === undefined ? {} : { ifMatch: base.eTag }),
      },
    );
    await poller.submitted();
  });
}

/**
 * Sends this very text as the body of a PUT, in place of what the SDK's models made. For a client that sends
 * one request.
 */
function sendBodyPolicy(body: string): PipelinePolicy {
  return {
    name: 'podidSendBody',
    sendRequest(request, next) {
      if (request.method === 'PUT') {
        request.body = body;
      }
      return next(request);
    },
  };
}

function editedDocument(base: Cluster, edit: ClusterEdit): string {
  try {
    return toPutDocument(base.document, edit);
  } catch (cause) {
    throw new PodidError('Unavailable', `Azure's answer about cluster ${base.id.name} cannot be sent back.`, {
      hint: 'Try again; a proxy may have answered in place of Azure.',
      cause,
    });
  }
}
