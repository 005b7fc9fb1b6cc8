import { type ValidationError, Validator } from 'jsonschema';
import chartSchema from '../../../../deploy/chart/values.schema.json' with { type: 'json' };
import { nearestWord } from '../../nearest-word.ts';
import { goYamlScalar } from '../go-yaml-scalar.ts';
import { ruleOf, type Schema } from './schema-rule.ts';
import { shownValue } from './shown-value.ts';
import type { ValueFaults } from './value-faults.ts';
import { jsonOf, type ValueNode } from './value-tree.ts';

/**
 * Reports what the chart's own schema refuses, as Helm does before it renders anything: one sentence for each value.
 *
 * @param tree already over the chart's own values
 */
export function checkByChartSchema(tree: ValueNode, faults: ValueFaults): void {
  const { errors } = new Validator().validate(jsonOf(tree), chartSchema as object, { nestedErrors: true });
  for (const { steps, errors: own } of faultyPlaces(errors)) {
    const [node, name] = [nodeAt(tree, steps), nameOf(steps)];
    faults.addOfSchema(name, nameOf(steps.slice(0, -1)), node.origin, sentenceFor(node, name, own));
  }
}

interface FaultyPlace {
  /** From the root: names, and indices as text. */
  readonly steps: readonly string[];
  readonly errors: readonly ValidationError[];
}

/** Say at a map or a list that it is not of the other kind that might stand there, or that something in it is wrong. */
const choices = ['anyOf', 'allOf', 'type', 'enum'];

function faultyPlaces(errors: readonly ValidationError[]): readonly FaultyPlace[] {
  const placed = errors.map((error) => ({ error, steps: stepsOf(error) }));
  const isAround = (outer: readonly string[]) =>
    placed.some(({ steps }) => steps.length > outer.length && outer.every((step, at) => step === steps[at]));
  const real = placed.filter(({ error, steps }) => !(choices.includes(error.name) && isAround(steps)));
  const byName = new Map<string, FaultyPlace>();
  for (const { error, steps } of real) {
    const before = byName.get(nameOf(steps))?.errors ?? [];
    byName.set(nameOf(steps), { steps, errors: [...before, error] });
  }
  return [...byName.values()];
}

/** What is missing, or there and unknown, has its own. */
function stepsOf({ path, name, argument }: ValidationError): readonly string[] {
  const steps = path.map(String);
  return ['additionalProperties', 'required'].includes(name) ? [...steps, String(argument)] : steps;
}

function sentenceFor(node: ValueNode, name: string, errors: readonly ValidationError[]): string {
  const find = (keyword: string) => errors.find((error) => error.name === keyword);
  if (find('additionalProperties') !== undefined) {
    return `There is no value ${name}.`;
  }
  if (find('required') !== undefined) {
    return `${name} is missing.`;
  }
  if (find('uniqueItems') !== undefined) {
    return `${name} has the same item twice${shownValue(name, node)}. Leave one of them out.`;
  }
  // Of the kinds that may stand there each has its own error, and all of them together one.
  const schema = ((find('anyOf') ?? errors[0])?.schema ?? {}) as Schema;
  return `${name} has to be ${ruleOf(schema)}${shownValue(name, node)}.${advice(node, name, schema)}`;
}

/** What to write instead: the first that the schema takes. */
function advice(node: ValueNode, name: string, schema: Schema): string {
  const takes = (json: unknown) => new Validator().validate(json, schema as object).valid;
  const { value, origin } = node;
  const isHidden = shownValue(name, node) === '';
  const isTyped = origin.kind === 'flag';
  if (typeof value === 'string' && value !== '') {
    const meantWord = goYamlScalar(/^(true|false)$/i.test(value) ? value.toLowerCase() : value);
    // A leading zero makes it octal, which nobody means who puts it in quotes.
    if (typeof meantWord !== 'string' && !/^[-+]?0\d/.test(value) && takes(meantWord)) {
      return isTyped ? ` Type --set ${name}=${meantWord}` : ` Write ${meantWord}, without quotes.`;
    }
    const words = (schema.enum ?? []).filter((word) => typeof word === 'string');
    const meant =
      words.find((word) => word.toLowerCase() === value.toLowerCase()) ?? nearestWord(value, words);
    return meant === undefined ? '' : ` Did you mean ${meant}?`;
  }
  const empty = [{}, []].find(takes);
  const isEmpty = value === '' || (Array.isArray(value) && value.length === 0) || isEmptyMap(value);
  if (isEmpty && empty !== undefined) {
    return ` For none write ${JSON.stringify(empty)}, or leave it out.`;
  }
  if (isTyped && value instanceof Map && takes('a')) {
    return ' Type a backslash before a dot that is part of a name.';
  }
  const text = node.written ?? String(value);
  const isForText = takes(text) && ![1, true].some(takes);
  if (isHidden || typeof value === 'object' || !isForText) {
    return '';
  }
  return isTyped ? ` Type --set-string ${name}=${text}` : ` Write it in quotes: "${text}".`;
}

function isEmptyMap(value: ValueNode['value']): boolean {
  return value instanceof Map && value.size === 0;
}

function nodeAt(tree: ValueNode, steps: readonly string[]): ValueNode {
  return steps.reduce<ValueNode>((node, step) => {
    const inner: ValueNode | undefined = Array.isArray(node.value)
      ? node.value[Number(step)]
      : node.value instanceof Map
        ? node.value.get(step)
        : undefined;
    return inner ?? node;
  }, tree);
}

function nameOf(steps: readonly string[]): string {
  return steps.reduce(
    (name, step) => (name === '' ? step : /^\d+$/.test(step) ? `${name}[${step}]` : `${name}.${step}`),
    '',
  );
}
