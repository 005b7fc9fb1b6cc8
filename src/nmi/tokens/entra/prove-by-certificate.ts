import { isRecord, recordAt, stringAt } from '../../../validate/json-record.ts';
import { BadCertificate } from './bad-certificate.ts';
import { loadCertificate } from './certificate.ts';
import { type AssertionClaims, signClientAssertion } from './sign-client-assertion.ts';

/** What the process that opens certificates is given. */
export interface ProofRequest {
  /** In base64. */
  readonly certificate: string;
  readonly password: string;
  readonly claims: AssertionClaims;
}

/** What it answers: the assertion, or what is wrong with the certificate. */
export type ProofAnswer = { readonly assertion: string } | { readonly refused: string };

/**
 * Reads one request from stdin and writes one answer to stdout. The key is opened and used here, and leaves
 * with the process.
 */
export async function answerProofRequest(
  input: AsyncIterable<Uint8Array>,
  output: { write(text: string): unknown },
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input) {
    chunks.push(chunk);
  }
  output.write(JSON.stringify(await prove(JSON.parse(Buffer.concat(chunks).toString('utf8')))));
}

async function prove({ certificate, password, claims }: ProofRequest): Promise<ProofAnswer> {
  try {
    const opened = await loadCertificate(Buffer.from(certificate, 'base64'), password);
    return { assertion: await signClientAssertion(opened, claims) };
  } catch (error) {
    if (error instanceof BadCertificate) {
      return { refused: error.what };
    }
    throw error;
  }
}

/** Undefined for what a process printed that came to no answer. */
export function parseProofAnswer(text: string): ProofAnswer | undefined {
  try {
    const json: unknown = JSON.parse(text);
    const answer = isRecord(json) ? json : recordAt({}, '');
    const [assertion, refused] = [stringAt(answer, 'assertion'), stringAt(answer, 'refused')];
    if (assertion !== undefined) {
      return { assertion };
    }
    return refused === undefined ? undefined : { refused };
  } catch {
    return undefined;
  }
}
