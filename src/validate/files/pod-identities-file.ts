import { fileApiVersion, fileKind, type WantedEntries } from '../../domain/entries/pod-identities-file.ts';
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
import { quoted, type UsageFaults } from '../usage-faults.ts';
import { type MeantCluster, oneOfClusters } from './cluster-list.ts';
import { goYamlScalar } from './go-yaml-scalar.ts';
import { type Located, locatedDocuments, type SourceText } from './located-yaml.ts';
import { documentKind, type ManifestObject, objectsIn, readManifest } from './manifest-documents.ts';
import { MemberReader } from './member-reader.ts';
import { readProfileDocument } from './profile-document.ts';
import { WantedList, type Warn } from './wanted-list.ts';

/**
 * Reads files of pod identities, each with any number of documents, as one wish: podid's own, manifests of upstream's
 * kinds, and what Azure says of a cluster, told by what each is. Every fault of every file is reported with its
 * line and column; what comes back then is only good for finding more of them.
 *
 * @param meant of a list of clusters
 */
export function parsePodIdentitiesFiles(
  sources: readonly SourceText[],
  faults: UsageFaults,
  warn: Warn,
  meant: MeantCluster = {},
): WantedEntries {
  const wanted = new WantedList(faults);
  const reader = new FileReader(faults, warn, wanted);
  const objects: ManifestObject[] = [];
  for (const source of sources) {
    const documents = locatedDocuments(source, faults);
    if (documents.length === 0 && !faults.any) {
      faults.addAt({ file: source.name, line: 1, column: 1 }, 'there is no document in it.');
    }
    for (const found of documents) {
      const document = oneOfClusters(found, meant, faults);
      if (document === undefined) {
        continue;
      }
      const kind = documentKind(document);
      if (kind === 'profile') {
        readProfileDocument(document, wanted, { faults, warn });
      } else if (kind === 'objects') {
        objects.push(...objectsIn(document.readBy(goYamlScalar)));
      } else {
        reader.readDocument(document);
      }
    }
  }
  // An identity and its binding may stand in two files.
  readManifest(objects, wanted, { faults, warn });
  return wanted.entries();
}

/** Reads documents of podid's own kind. */
class FileReader {
  readonly #faults: UsageFaults;
  readonly #warn: Warn;
  readonly #wanted: WantedList;
  readonly #reader: MemberReader;

  constructor(faults: UsageFaults, warn: Warn, wanted: WantedList) {
    this.#faults = faults;
    this.#warn = warn;
    this.#wanted = wanted;
    this.#reader = new MemberReader(faults);
  }

  readDocument(document: Located): void {
    const members = this.#reader.members(document, 'a document', documentKeys, ['apiVersion', 'kind']);
    this.#reader.constant(members.get('apiVersion'), 'apiVersion', fileApiVersion);
    this.#reader.constant(members.get('kind'), 'kind', fileKind);
    const cluster = members.get('cluster');
    if (cluster !== undefined) {
      this.#readCluster(cluster);
    }
    const identities = members.get('identities')?.list('identities');
    if (identities !== undefined) {
      this.#wanted.manage('identities');
      for (const item of identities) {
        this.#readIdentity(item);
      }
    }
    const exceptions = members.get('exceptions')?.list('exceptions');
    if (exceptions !== undefined) {
      this.#wanted.manage('exceptions');
      for (const item of exceptions) {
        this.#readException(item);
      }
    }
  }

  #readCluster(located: Located): void {
    const members = this.#reader.members(located, 'cluster', clusterKeys, []);
    const subscription = this.#reader.text(members, 'subscription', 'a subscription', subscriptionRule);
    const resourceGroup = this.#reader.text(members, 'resourceGroup', 'a resource group', resourceGroupRule);
    const name = this.#reader.text(members, 'name', 'a cluster name', clusterNameRule);
    const value = {
      ...(subscription === undefined ? {} : { subscription }),
      ...(resourceGroup === undefined ? {} : { resourceGroup }),
      ...(name === undefined ? {} : { name }),
    };
    this.#wanted.keepCluster(value, located.place);
  }

  #readIdentity(item: Located): void {
    const required = ['name', 'namespace', 'identityResourceId'];
    const members = this.#reader.members(item, 'an identity', identityKeys, required);
    const name = this.#reader.text(members, 'name', 'a name of a pod identity', identityNameRule);
    const namespace = this.#reader.text(members, 'namespace', 'a namespace', namespaceRule);
    const identityResourceId = this.#reader.text(
      members,
      'identityResourceId',
      'the id of a managed identity',
      managedIdentityIdRule,
    );
    const bindingSelector = this.#reader.text(
      members,
      'bindingSelector',
      'a binding selector',
      bindingSelectorRule,
    );
    if (name !== undefined && name.length > 63 && !members.has('bindingSelector')) {
      this.#faults.addAt(
        item.place,
        'bindingSelector is missing: the name has more than 63 characters and cannot be a pod label.',
      );
    }
    if (name === undefined || namespace === undefined) {
      return;
    }
    const selector = bindingSelector === undefined ? {} : { bindingSelector };
    this.#wanted.keepIdentity(
      { name, namespace },
      item.place,
      identityResourceId && { identityResourceId, ...selector },
    );
  }

  #readException(item: Located): void {
    const members = this.#reader.members(item, 'an exception', exceptionKeys, exceptionKeys);
    const name = this.#reader.text(members, 'name', 'a name of an exception', exceptionNameRule);
    const namespace = this.#reader.text(members, 'namespace', 'a namespace', namespaceRule);
    const podLabels = this.#labels(members.get('podLabels'));
    if (name === undefined || namespace === undefined) {
      return;
    }
    if (podLabels !== undefined && Object.keys(podLabels).length === 0) {
      this.#warn(`Exception ${namespace}/${name} has no labels, so it excepts no pod.`);
    }
    this.#wanted.keepException({ name, namespace }, item.place, podLabels);
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
}

const documentKeys = ['apiVersion', 'kind', 'cluster', 'identities', 'exceptions'];
const clusterKeys = ['subscription', 'resourceGroup', 'name'];
const identityKeys = ['name', 'namespace', 'identityResourceId', 'bindingSelector'];
const exceptionKeys = ['name', 'namespace', 'podLabels'];
