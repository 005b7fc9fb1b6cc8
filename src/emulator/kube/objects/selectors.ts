import { badRequest } from '../kube-failure.ts';
import { isMap, type KubeObject } from './kube-object.ts';

export type ObjectFilter = (object: KubeObject) => boolean;

/**
 * The two selectors of a list or watch as one test.
 * @throws KubeFailure 400 on a selector that cannot be read, or on a field no real server selects by
 */
export function selectObjects(labelSelector: string, fieldSelector: string): ObjectFilter {
  const labels = parseLabelSelector(labelSelector);
  const fields = parseFieldSelector(fieldSelector);
  return (object) => labels(object.metadata.labels ?? {}) && fields(object);
}

type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

/** `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas. */
export function parseLabelSelector(text: string): LabelTest {
  const tests = splitOutsideParentheses(text).map(parseRequirement);
  return (labels) => tests.every((test) => test(labels));
}

function splitOutsideParentheses(text: string): readonly string[] {
  if (/[()]/.test(text.replace(/\([^()]*\)/g, ''))) {
    throw badRequest(`The label selector "${text}" cannot be read.`);
  }
  const parts = text.match(/(?:[^,(]|\([^)]*\))+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

const labelKey = '(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?';
const setForm = new RegExp(`^(${labelKey})\\s+(in|notin)\\s*\\(([^)]*)\\)$`);
const equalityForm = new RegExp(`^(${labelKey})\\s*(==?|!=)\\s*([A-Za-z0-9_.-]*)$`);
const presenceForm = new RegExp(`^(!?)\\s*(${labelKey})$`);

function parseRequirement(text: string): LabelTest {
  const set = setForm.exec(text);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (labels) =>
      (values.includes(labels[key] ?? '') && Object.hasOwn(labels, key)) === (operator === 'in');
  }
  const equality = equalityForm.exec(text);
  if (equality) {
    const [, key = '', operator, value] = equality;
    return (labels) => (Object.hasOwn(labels, key) && labels[key] === value) === (operator !== '!=');
  }
  const presence = presenceForm.exec(text);
  if (presence) {
    const [, not, key = ''] = presence;
    return (labels) => Object.hasOwn(labels, key) === (not === '');
  }
  throw badRequest(`The label selector "${text}" cannot be read.`);
}

/** Fields that a real server lets lists and watches select by, for the kinds kept here. */
const selectableFields = new Set([
  'metadata.name',
  'metadata.namespace',
  'spec.nodeName',
  'spec.unschedulable',
  'spec.hostNetwork',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'status.phase',
  'status.podIP',
  'type',
  'involvedObject.name',
  'involvedObject.kind',
  'involvedObject.namespace',
  'involvedObject.uid',
  'involvedObject.apiVersion',
  'reason',
  'source',
]);

export function parseFieldSelector(text: string): ObjectFilter {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  const tests = parts.map((part): ObjectFilter => {
    const match = /^\s*([A-Za-z.]+)\s*(==?|!=)\s*(.*?)\s*$/.exec(part);
    if (!match?.[1] || !selectableFields.has(match[1])) {
      throw badRequest(`The field selector "${part}" is not supported.`);
    }
    const [, path, operator, value] = match;
    // Of Events: the component alone.
    const field = path === 'source' ? 'source.component' : path;
    return (object) => (fieldText(object, field.split('.')) === value) === (operator !== '!=');
  });
  return (object) => tests.every((test) => test(object));
}

/**
 * An absent field selects as the empty text, or as `false` where the field is a boolean, which is what
 * servers compare with.
 */
function fieldText(object: KubeObject, path: readonly string[]): string {
  let value: unknown = object;
  for (const name of path) {
    value = isMap(value) ? value[name] : undefined;
  }
  if (value === undefined || value === null) {
    return path.at(-1) === 'unschedulable' || path.at(-1) === 'hostNetwork' ? 'false' : '';
  }
  return String(value);
}
