import { type ExchangeCluster, subjectOf } from '../../domain/exchange/exchange-cluster.ts';
import {
  exchangeSubjectAnnotation,
  tenantIdAnnotation,
  tokenSourceAnnotation,
} from '../../domain/exchange/token-source.ts';
import type { ObjectRef } from '../../domain/kubernetes/kube-object.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isRecord, recordAt, stringAt } from '../../validate/json-record.ts';
import { claimsOfToken } from '../../validate/token-claims.ts';
import { type KubeRest, mergeContent, objectPath, unusableAnswer } from '../client/kube-rest.ts';
import { listPages } from '../client/list-pages.ts';
import { type KubeAttempt, mapKubeError } from '../client/map-kube-error.ts';
import { writeTerms } from '../client/write-terms.ts';
import { kindRef } from '../objects/render-objects.ts';
import { tokenSourceManager } from '../objects/token-source-manager.ts';
import { exchangeGrants } from './exchange-grants.ts';

const accounts: Omit<ObjectRef, 'name'> = { apiVersion: 'v1', kind: 'ServiceAccount' };

/** The requests of `podid exchange` to the cluster's own API. */
export function exchangeCluster(rest: KubeRest): ExchangeCluster {
  return {
    ...exchangeGrants(rest, writeTerms),
    async accountToken({ namespace, name }, { audience, seconds }, signal) {
      const reply = await rest(
        {
          method: 'POST',
          path: `${objectPath({ ...accounts, namespace, name })}/token`,
          body: {
            apiVersion: 'authentication.k8s.io/v1',
            kind: 'TokenRequest',
            spec: { audiences: [audience], expirationSeconds: seconds },
          },
        },
        signal,
      );
      if (reply.failure !== undefined) {
        const attempt = { verb: 'create', resource: 'serviceaccounts/token', namespace, name } as const;
        throw mapKubeError(reply.failure, attempt, writeTerms);
      }
      const token = stringAt(recordAt(isRecord(reply.body) ? reply.body : {}, 'status'), 'token');
      if (!token) {
        throw unusableAnswer('the address of the kubeconfig');
      }
      return { token, issuer: stringAt(claimsOfToken(token), 'iss') ?? '' };
    },
    async subjects(signal) {
      const { items, failure } = await listPages(
        rest,
        { path: objectPath({ ...accounts, name: '' }) },
        signal,
      );
      if (failure !== undefined) {
        throw mapKubeError(failure, { verb: 'list', resource: 'serviceaccounts' }, writeTerms);
      }
      const metadata = items.map((item) => recordAt(isRecord(item) ? item : {}, 'metadata'));
      return new Set(
        metadata.map((each) =>
          subjectOf({ namespace: stringAt(each, 'namespace') ?? '', name: stringAt(each, 'name') ?? '' }),
        ),
      );
    },
    async setTokenSource({ metadata }, { name: source, tenantId, subject }, signal) {
      const { namespace, name, uid } = metadata;
      const annotations = {
        [tokenSourceAnnotation]: source,
        ...(tenantId === undefined ? {} : { [tenantIdAnnotation]: tenantId }),
        ...(subject === undefined ? {} : { [exchangeSubjectAnnotation]: subject }),
      };
      const reply = await rest(
        {
          method: 'PATCH',
          path: objectPath({ ...kindRef('AzureIdentity'), namespace, name }),
          query: { fieldManager: tokenSourceManager },
          contentType: mergeContent,
          body: { metadata: { ...(uid === undefined ? {} : { uid }), annotations } },
        },
        signal,
      );
      const { failure } = reply;
      if (failure === undefined) {
        return;
      }
      if ([404, 409, 422].includes(failure.httpStatus)) {
        const sentence = failure.status?.message ?? `HTTP ${failure.httpStatus}`;
        throw new PodidError(
          'StaleCluster',
          `AzureIdentity ${namespace}/${name} was deleted, or made anew, meanwhile: ${sentence}`,
          {
            hint: advice`${command('podid exchange status')}  # shows what is there now`,
            target: `${namespace}/${name}`,
          },
        );
      }
      const attempt: KubeAttempt = {
        verb: 'patch',
        resource: 'azureidentities.aadpodidentity.k8s.io',
        namespace,
        name,
      };
      throw mapKubeError(failure, attempt, writeTerms);
    },
  };
}
