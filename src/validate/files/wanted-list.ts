import type { FileCluster, FileIdentity, WantedEntries } from '../../domain/entries/pod-identities-file.ts';
import { type EntryKey, entryText, type PodIdentityException } from '../../domain/entries/pod-identity.ts';
import type { UsageFaults } from '../usage-faults.ts';
import type { Place } from './located-yaml.ts';

/** What is worth a word and no fault. */
export type Warn = (text: string) => void;

/** Who reads a document tells here what is wrong with it. */
export interface Judge {
  readonly faults: UsageFaults;
  readonly warn: Warn;
}

/** Holds what earlier documents said, which later ones must not say again. */
export class WantedList {
  readonly #faults: UsageFaults;
  readonly #places = new Map<string, Place>();
  #cluster: { readonly text: string; readonly value: FileCluster } | undefined;
  #identities: FileIdentity[] | undefined;
  #exceptions: PodIdentityException[] | undefined;

  constructor(faults: UsageFaults) {
    this.#faults = faults;
  }

  entries(): WantedEntries {
    return {
      ...(this.#cluster === undefined ? {} : { cluster: this.#cluster.value }),
      ...(this.#identities === undefined ? {} : { identities: this.#identities }),
      ...(this.#exceptions === undefined ? {} : { exceptions: this.#exceptions }),
    };
  }

  /** The list is there, even where it is empty: what it does not name may be pruned. */
  manage(list: 'identities' | 'exceptions'): void {
    if (list === 'identities') {
      this.#identities ??= [];
    } else {
      this.#exceptions ??= [];
    }
  }

  keepCluster(value: FileCluster, place: Place): void {
    const text = [value.subscription, value.resourceGroup, value.name].join('/').toLowerCase();
    this.#cluster ??= { text, value };
    if (this.#cluster.text !== text) {
      this.#faults.addAt(place, 'another document names another cluster; all have to name the same.');
    }
  }

  /** @param rest absent or empty where it is faulty, which has been reported */
  keepIdentity(key: EntryKey, place: Place, rest: Omit<FileIdentity, keyof EntryKey> | '' | undefined): void {
    this.#refuseDouble('pod identity', key, place);
    if (rest) {
      this.manage('identities');
      this.#identities?.push({ ...key, ...rest });
    }
  }

  /** @param podLabels absent where they are faulty, which has been reported */
  keepException(key: EntryKey, place: Place, podLabels: PodIdentityException['podLabels'] | undefined): void {
    this.#refuseDouble('exception', key, place);
    if (podLabels !== undefined) {
      this.manage('exceptions');
      this.#exceptions?.push({ ...key, podLabels });
    }
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
