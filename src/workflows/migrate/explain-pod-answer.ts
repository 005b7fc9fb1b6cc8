import type { PodAnswer } from '../../domain/azure/pod-exchange.ts';
import type { ManagedIdentity } from '../../domain/ports.ts';
import { judge } from '../exchange/rehearse.ts';

/** Why it proves nothing: a code, a colon and a sentence; undefined where it does. */
export function explainPodAnswer(
  answer: PodAnswer,
  identity: ManagedIdentity,
  issuer: string | undefined,
): string | undefined {
  switch (answer.kind) {
    case 'token': {
      const { appid, oid, tid } = answer;
      return judge({ kind: 'token', clientId: appid, objectId: oid, tenantId: tid }, identity);
    }
    case 'refused':
      return refusalText(answer);
    case 'fault':
      return answer.at === 'proxy' ? proxyText(answer) : faultText(answer);
    case 'issuer':
      return `OtherIssuer: the pod's token is of the issuer ${answer.issuer}, and Azure names ${issuer}.`;
    case 'broken':
      return `PodFailed: the pod could not ask: ${answer.code}.`;
  }
}

function refusalText({ host, status, code, sentence }: PodAnswer & { readonly kind: 'refused' }): string {
  return code === ''
    ? `HTTP ${status}: the answer in the name of ${host} is not Entra's; something on the way gives it: ${sentence || 'it is empty'}`
    : `${code}: ${sentence || `HTTP ${status}`}`;
}

type Fault = PodAnswer & { readonly kind: 'fault' };

function proxyText({ host, proxy = 'the proxy', from = 'HTTPS_PROXY', code, status }: Fault): string {
  const named = `the proxy ${proxy}, which ${from} of its containers names`;
  return status === undefined
    ? `ProxyUnreachable: a pod there does not reach ${named} (${code ?? 'no answer'}).`
    : `ProxyRefused: ${named}, does not let it through to ${host}: HTTP ${status}${status === 407 ? ', it wants a user and a password' : ''}.`;
}

/** Codes by which Node refuses a certificate. */
const certificate = /CERT|SIGNATURE|UNABLE_TO_/;

function faultText({ host, code = '', proxy }: Fault): string {
  const way = proxy === undefined ? '' : ` through the proxy ${proxy}`;
  if (certificate.test(code)) {
    return `TlsFailed: the certificate that comes from ${host}${way} is not one that podid's image trusts (${code}). Where a company's proxy opens TLS, the workload has to trust its authority; this pod cannot tell whether it does.`;
  }
  if (/SSL|EPROTO/.test(code)) {
    return `TlsFailed: what answers in the name of ${host}${way} does not speak TLS (${code}).`;
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `NameUnknown: a pod there cannot look up ${host} (${code}): the cluster's DNS does not know it, or a network policy does not let the pod ask (port 53).`;
  }
  const what = code === 'ETIMEDOUT' ? 'gets no answer from' : 'does not reach';
  return `EgressBlocked: a pod there ${what} ${host}${way} (${code || 'no answer'}): a network policy, a firewall or a route is in the way. With Workload Identity each pod asks Entra itself.`;
}
