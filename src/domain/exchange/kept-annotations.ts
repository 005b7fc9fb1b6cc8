import { behaviorAnnotation } from '../kubernetes/identity-resources.ts';
import { exchangeSubjectAnnotation, tenantIdAnnotation, tokenSourceAnnotation } from './token-source.ts';

/** What decides who gets the token of an AzureIdentity, and from where: all that agents keep of its annotations. */
export const keptAnnotations = [
  behaviorAnnotation,
  tokenSourceAnnotation,
  tenantIdAnnotation,
  exchangeSubjectAnnotation,
] as const;

export function isKeptAnnotation(name: string): boolean {
  return keptAnnotations.some((kept) => kept === name);
}

/** Those that an object has, in one order, so that two of them can be compared. */
export function keptAnnotationsOf({
  annotations,
}: {
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of keptAnnotations) {
    const value = annotations?.[name];
    if (value !== undefined) {
      found[name] = value;
    }
  }
  return found;
}
