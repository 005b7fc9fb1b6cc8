import type { UsageFaults } from '../../usage-faults.ts';
import type { ValueOrigin } from './value-tree.ts';

interface ValueFault {
  readonly name: string;
  readonly origin: ValueOrigin;
  readonly message: string;
  readonly isOfKind: boolean;
}

/** `a[0].b` and `a.0.b` are the same value. */
function plainName(name: string): string {
  return name.replaceAll(/\[(\d+)\]/g, '.$1');
}

/**
 * What is wrong with values, each by the name of its value: where the reader has a sentence for it, the chart's schema need
 * not speak.
 */
export class ValueFaults {
  #faults: readonly ValueFault[] = [];

  /** @param message begins with the name of the value */
  add(name: string, origin: ValueOrigin, message: string): void {
    this.#put({ name: plainName(name), origin, message, isOfKind: false });
  }

  /** That a value is of another kind than the reader's: the schema, which knows every kind that it may be, says it better. */
  addOfKind(name: string, origin: ValueOrigin, message: string): void {
    this.#put({ name: plainName(name), origin, message, isOfKind: true });
  }

  /** What the chart's schema says, where the reader has nothing better to say of the value or what it stands in. */
  addOfSchema(name: string, around: string, origin: ValueOrigin, message: string): void {
    const names = [plainName(name), plainName(around)];
    if (!this.#faults.some((fault) => !fault.isOfKind && names.includes(fault.name))) {
      this.#faults = this.#faults.filter((fault) => fault.name !== plainName(name));
      this.#put({ name: plainName(name), origin, message, isOfKind: false });
    }
  }

  #put(fault: ValueFault): void {
    if (!this.#faults.some(({ name, message }) => name === fault.name && message === fault.message)) {
      this.#faults = [...this.#faults, fault];
    }
  }

  /** Each at the place where the value was set. */
  reportTo(faults: UsageFaults): void {
    for (const { origin, message } of this.#faults) {
      if (origin.kind === 'file') {
        faults.addAt(origin.place, message, '--values');
      } else if (origin.kind === 'flag') {
        faults.add(origin.flag, `${origin.flag}: ${message}`);
      } else {
        faults.add('--values', origin.source === '' ? message : `${origin.source}: ${message}`);
      }
    }
  }
}
