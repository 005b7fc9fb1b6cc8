import { compareText, type Finding, severities } from '../access-report.ts';
import { azureFindings } from './azure-findings.ts';
import type { FindingFacts } from './finding-facts.ts';
import { nodeFindings } from './node-findings.ts';
import { objectFindings } from './object-findings.ts';
import { rbacFindings } from './rbac-findings.ts';

/** What is worse than it has to be, the worst first. Nothing is found in what could not be read. */
export function findingsOf(known: FindingFacts): readonly Finding[] {
  const all = [
    ...nodeFindings(known),
    ...rbacFindings(known),
    ...azureFindings(known),
    ...objectFindings(known),
  ];
  return all.toSorted(
    (one, other) =>
      severities.indexOf(one.severity) - severities.indexOf(other.severity) ||
      compareText(one.code, other.code) ||
      compareText(one.about, other.about) ||
      compareText(one.message, other.message),
  );
}
