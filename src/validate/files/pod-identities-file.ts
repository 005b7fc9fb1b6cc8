import {
  type FileCluster,
  type FileIdentity,
  fileApiVersion,
  fileKind,
  type WantedEntries,
} from '../../domain/entries/pod-identities-file.ts';
import { type EntryKey, entryText, type PodIdentityException } from '../../domain/entries/pod-identity.ts';
import {
  clusterNameRule,
  managedIdentityIdRule,
  resourceGroupRule,
  subscriptionRule,
} from '../flags/azure-names.ts';
import {
  bindingSelectorRule,
  exceptionNameRule,
  identityNameRule,
  labelKeyRule,
  labelValueRule,
  namespaceRule,
} from '../flags/kubernetes-names.ts';
import { quoted, type Rule, type UsageFaults } from '../usage-faults.ts';
import {
  type Located,
  type LocatedEntry,
  locatedDocuments,
  type Place,
  type SourceText,
} from './located-yaml.ts';

/** What is worth a word and no fault. */
type Warn = (text: string) => void;

/**
 * Reads files of pod identities, each with any number of documents, as one wish. Every fault of every file is
 * reported with its line and column; what comes back then is only good for finding more of them.
 */
export function parsePodIdentitiesFiles(
  sources: readonly SourceText[],
  faults: UsageFaults,
  warn: Warn,
): WantedEntries {
  const reader = new FileReader(faults, warn);
  for (const source of sources) {
    const documents = locatedDocuments(source, faults);
    if (documents.length === 0 && !faults.any) {
      faults.addAt({ file: source.name, line: 1, column: 1 }, 'there is no document in it.');
    }
    for (const document of documents) {
      reader.readDocument(document);
    }
  }
  return reader.wanted();
}

/** Holds what earlier documents said, which later ones must not say again. */
class FileReader {
  readonly #faults: UsageFaults;
  readonly #warn: Warn;
  readonly #places = new Map<string, Place>();
  #cluster: { readonly text: string; readonly value: FileCluster } | undefined;
  #identities: FileIdentity[] | undefined;
  #exceptions: PodIdentityException[] | undefined;

  constructor(faults: UsageFaults, warn: Warn) {
    this.#faults = faults;
    this.#warn = warn;
  }

  wanted(): WantedEntries {
    return {
      ...(this.#cluster === undefined ? {} : { cluster: this.#cluster.value }),
      ...(this.#identities === undefined ? {} : { identities: this.#identities }),
      ...(this.#exceptions === undefined ? {} : { exceptions: this.#exceptions }),
    };
  }

  readDocument(document: Located): void {
    const members = this.#members(document, 'a document', documentKeys, ['apiVersion', 'kind']);
    this.#constant(members.get('apiVersion'), 'apiVersion', fileApiVersion);
    this.#constant(members.get('kind'), 'kind', fileKind);
    const cluster = members.get('cluster');
    if (cluster !== undefined) {
      this.#readCluster(cluster);
    }
    const identities = members.get('identities')?.list('identities');
    if (identities !== undefined) {
      this.#identities ??= [];
      for (const item of identities) {
        this.#readIdentity(item, this.#identities);
      }
    }
    const exceptions = members.get('exceptions')?.list('exceptions');
    if (exceptions !== undefined) {
      this.#exceptions ??= [];
      for (const item of exceptions) {
        this.#readException(item, this.#exceptions);
      }
    }
  }

  #readCluster(located: Located): void {
    const members = this.#members(located, 'cluster', clusterKeys, []);
    const subscription = this.#text(members, 'subscription', 'a subscription', subscriptionRule);
    const resourceGroup = this.#text(members, 'resourceGroup', 'a resource group', resourceGroupRule);
    const name = this.#text(members, 'name', 'a cluster name', clusterNameRule);
    const value = {
      ...(subscription === undefined ? {} : { subscription }),
      ...(resourceGroup === undefined ? {} : { resourceGroup }),
      ...(name === undefined ? {} : { name }),
    };
    const text = [subscription, resourceGroup, name].join('/').toLowerCase();
    this.#cluster ??= { text, value };
    if (this.#cluster.text !== text) {
      this.#faults.addAt(located.place, 'another document names another cluster; all have to name the same.');
    }
  }

  #readIdentity(item: Located, list: FileIdentity[]): void {
    const required = ['name', 'namespace', 'identityResourceId'];
    const members = this.#members(item, 'an identity', identityKeys, required);
    const name = this.#text(members, 'name', 'a name of a pod identity', identityNameRule);
    const namespace = this.#text(members, 'namespace', 'a namespace', namespaceRule);
    const identityResourceId = this.#text(
      members,
      'identityResourceId',
      'the id of a managed identity',
      managedIdentityIdRule,
    );
    const bindingSelector = this.#text(members, 'bindingSelector', 'a binding selector', bindingSelectorRule);
    if (name !== undefined && name.length > 63 && !members.has('bindingSelector')) {
      this.#faults.addAt(
        item.place,
        'bindingSelector is missing: the name has more than 63 characters and cannot be a pod label.',
      );
    }
    if (name === undefined || namespace === undefined) {
      return;
    }
    this.#refuseDouble('pod identity', { namespace, name }, item.place);
    if (identityResourceId === undefined) {
      return;
    }
    list.push({
      name,
      namespace,
      identityResourceId,
      ...(bindingSelector === undefined ? {} : { bindingSelector }),
    });
  }

  #readException(item: Located, list: PodIdentityException[]): void {
    const members = this.#members(item, 'an exception', exceptionKeys, exceptionKeys);
    const name = this.#text(members, 'name', 'a name of an exception', exceptionNameRule);
    const namespace = this.#text(members, 'namespace', 'a namespace', namespaceRule);
    const podLabels = this.#labels(members.get('podLabels'));
    if (name === undefined || namespace === undefined) {
      return;
    }
    this.#refuseDouble('exception', { namespace, name }, item.place);
    if (podLabels === undefined) {
      return;
    }
    if (Object.keys(podLabels).length === 0) {
      this.#warn(`Exception ${namespace}/${name} has no labels, so it excepts no pod.`);
    }
    list.push({ name, namespace, podLabels });
  }

  #labels(located: Located | undefined): Readonly<Record<string, string>> | undefined {
    const entries = located?.map('podLabels');
    if (entries === undefined) {
      return undefined;
    }
    const labels = entries.flatMap(({ key, keyPlace, value }) => {
      const text = value.text(`the value of the label ${quoted(key)}`);
      const keyed = this.#faults.checkAt(keyPlace, key, 'a label key', labelKeyRule);
      if (text === undefined || !keyed) {
        return [];
      }
      return this.#faults.checkAt(value.place, text, 'a label value', labelValueRule) ? [[key, text]] : [];
    });
    return Object.fromEntries(labels);
  }

  /** The members by key; unknown and missing ones are faults. */
  #members(
    located: Located,
    what: string,
    known: readonly string[],
    required: readonly string[],
  ): ReadonlyMap<string, Located> {
    const entries = located.map(what);
    if (entries === undefined) {
      return new Map();
    }
    for (const entry of entries) {
      if (!known.includes(entry.key)) {
        this.#unknownKey(entry, what, known);
      }
    }
    for (const key of required) {
      if (!entries.some((entry) => entry.key === key)) {
        this.#faults.addAt(located.place, `${key} is missing: ${what} needs it.`);
      }
    }
    return new Map(entries.map(({ key, value }) => [key, value]));
  }

  #unknownKey({ key, keyPlace }: LocatedEntry, what: string, known: readonly string[]): void {
    const meant = known.find((each) => each.toLowerCase() === key.toLowerCase().replace(/[-_]/g, ''));
    const hint = meant === undefined ? `It has ${known.join(', ')}.` : `Did you mean ${meant}?`;
    this.#faults.addAt(keyPlace, `${what} has no ${quoted(key)}. ${hint}`);
  }

  #text(members: ReadonlyMap<string, Located>, key: string, noun: string, rule: Rule): string | undefined {
    const located = members.get(key);
    const text = located?.text(key);
    if (located === undefined || text === undefined) {
      return undefined;
    }
    return this.#faults.checkAt(located.place, text, noun, rule) ? text : undefined;
  }

  #constant(located: Located | undefined, key: string, wanted: string): void {
    const text = located?.text(key);
    if (located === undefined || text === undefined || text === wanted) {
      return;
    }
    this.#faults.addAt(located.place, `${key} is ${quoted(text)}, and podid knows only ${wanted}.`);
  }

  #refuseDouble(kind: string, key: EntryKey, place: Place): void {
    const called = `${kind} ${entryText(key)}`;
    const first = this.#places.get(called);
    this.#places.set(called, first ?? place);
    if (first === undefined) {
      return;
    }
    this.#faults.addAt(
      place,
      `${called} appears twice; the first is at ${first.file}:${first.line}:${first.column}.`,
    );
  }
}

const documentKeys = ['apiVersion', 'kind', 'cluster', 'identities', 'exceptions'];
const clusterKeys = ['subscription', 'resourceGroup', 'name'];
const identityKeys = ['name', 'namespace', 'identityResourceId', 'bindingSelector'];
const exceptionKeys = ['name', 'namespace', 'podLabels'];
