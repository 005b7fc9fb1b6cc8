import { placeholderRepository } from '../../domain/kubernetes/agent-image.ts';
import { bindingLabel } from '../../domain/kubernetes/identity-resources.ts';
import { podToTry, type TryOptions } from '../../domain/kubernetes/pod-to-try.ts';
import { command, heldBlank, hintText } from '../../errors/hint.ts';
import type { Colours } from '../../terminal/colours.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import type { InitResult } from '../../workflows/init/run-init.ts';
import { identityView } from './result-shapes.ts';

/**
 * What `init` prints: the entry, its label, a pod to try it, the commands for CI, and what the doctor says.
 */
export function initView({ entry, commands, checks, podidImage }: InitResult, options: TryOptions): unknown {
  return {
    identity: identityView(entry),
    label: { [bindingLabel]: entry.bindingSelector },
    pod: podToTry(entry, withImageOf(podidImage, options)),
    commands,
    checks: checks.map(({ name, result, message, hint }) => ({
      name,
      result,
      message,
      ...(hint === undefined ? {} : { hint }),
    })),
  };
}

/** The pod as YAML, ready for kubectl. */
export async function podText({ entry, podidImage }: InitResult, options: TryOptions): Promise<string> {
  const { yamlText } = await import('../../terminal/yaml-text.ts');
  return yamlText(podToTry(entry, withImageOf(podidImage, options)));
}

/** What runs on the nodes can be pulled there. */
function withImageOf(podidImage: string | undefined, options: TryOptions): TryOptions {
  return { ...options, image: podidImage ?? options.image };
}

interface Shown {
  readonly identity: { readonly name: string; readonly namespace: string };
  readonly label: Readonly<Record<string, string>>;
  readonly pod: { readonly metadata: { readonly name: string } };
  readonly checks: InitResult['checks'];
}

/**
 * @param manifest the pod as YAML @param emulated Azure and the cluster are the emulator, which runs no pods
 */
export function initShape(manifest: string, emulated: boolean): TableShape {
  return {
    columns: [],
    rows: (shown: Shown) => [shown],
    text: (shown: Shown, colour) =>
      initText(shown, emulated ? emulatedText(shown, colour) : tryText(shown, manifest), colour),
  };
}

function initText({ identity, label, checks }: Shown, howToTry: readonly string[], colour: Colours): string {
  const { namespace, name } = identity;
  return [
    `Pods in namespace ${namespace} with this label get tokens of ${name}:`,
    '',
    ...Object.entries(label).map(([key, value]) => `  ${colour.bold(`${key}: ${value}`)}`),
    '',
    ...doctorText(checks, colour),
    ...howToTry,
  ].join('\n');
}

function tryText({ identity, pod }: Shown, manifest: string): string[] {
  const named = manifest.includes(placeholderRepository)
    ? `name podid's image in place of ${placeholderRepository} (docs/install.md#the-image), and `
    : '';
  return [
    `To try it, ${named}give this to kubectl apply -f -`,
    `and then: ${hintText(command('kubectl logs -f -n', identity.namespace, pod.metadata.name), 'posix', 'held')}`,
    '',
    // YAML stays as it is, however narrow the terminal.
    manifest.replaceAll(' ', heldBlank),
  ];
}

function emulatedText({ identity, label }: Shown, colour: Colours): string[] {
  const pod = `${identity.namespace}/${label[bindingLabel]}`;
  return [
    'To try it, ask for a token as such a pod (the emulator runs no pods; for a real cluster podid prints a manifest here):',
    '',
    `  ${colour.bold(hintText(command('podid token --emulated-pod', pod), 'posix', 'held'))}`,
    '',
  ];
}

/** What is as it should be needs no line. */
function doctorText(checks: InitResult['checks'], colour: Colours): string[] {
  if (checks.length === 0) {
    return [];
  }
  const passed = checks.filter(({ result }) => result === 'pass').length;
  const findings = checks.filter(({ result }) => result === 'fail' || result === 'warn');
  return [
    `The doctor: ${passed} checks passed, ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}.`,
    ...findings.flatMap(({ name, result, message, hint }) => [
      `  ${result === 'fail' ? colour.red(result) : colour.yellow(result)} ${name}: ${message}`,
      ...(hint === undefined ? [] : [`    ${colour.cyan('hint:')} ${hint}`]),
    ]),
    '',
  ];
}
