import { randomUUID } from 'node:crypto';
import type { EmulatorResponse } from '../http.ts';

/** What Entra refuses a token request with. */
export interface EntraRefusal {
  readonly status: 400 | 401;
  /** OAuth's word for it. */
  readonly error: string;
  /** Of the AADSTS code. */
  readonly code: number;
  readonly description: string;
}

/** In Entra's form: the ids and the time stand in the description, too. */
export function refusalAnswer(
  { status, error, code, description }: EntraRefusal,
  nowMs: number,
): EmulatorResponse {
  const [traceId, correlationId] = [randomUUID(), randomUUID()];
  const timestamp = new Date(nowMs).toISOString().replace('T', ' ').replace(/\.\d+/, '');
  const ids = `Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`;
  return {
    status,
    body: {
      error,
      error_description: `AADSTS${code}: ${description} ${ids}`,
      error_codes: [code],
      timestamp,
      trace_id: traceId,
      correlation_id: correlationId,
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    },
  };
}

export function unknownClient(clientId: string, tenant: string): EntraRefusal {
  return {
    status: 400,
    error: 'unauthorized_client',
    code: 700016,
    description: `Application with identifier '${clientId}' was not found in the directory '${tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
  };
}

/** @param what of the assertion it is that no credential has, such as `subject 'system:serviceaccount:demo:web'` */
export function noMatch(code: number, what: string): EntraRefusal {
  return {
    status: 401,
    error: 'invalid_client',
    code,
    description: `No matching federated identity record found for presented assertion ${what}. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation`,
  };
}

/** Also where Entra does not see a credential that is there. */
export function wrongSubject(subject: string): EntraRefusal {
  return noMatch(700213, `subject '${subject}'`);
}

export const malformedToken: EntraRefusal = {
  status: 400,
  error: 'invalid_request',
  code: 50027,
  description: 'JWT token is invalid or malformed.',
};
