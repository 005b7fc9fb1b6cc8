import type { PipelineResponse } from '@azure/core-rest-pipeline';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isRecord, type JsonRecord, stringAt } from '../../validate/json-record.ts';

const mostPages = 1_000;

/**
 * Follows the `nextLink` of the pages of one list. A list that comes back to a page, or has more than 1,000,
 * has no end.
 */
export class PageHistory {
  readonly #seen: Set<string>;

  /** @param first the URL of the first page */
  constructor(first: string) {
    this.#seen = new Set([first]);
  }

  /** @returns the URL of the page after this one; undefined after the last @throws PodidError Unavailable */
  next(page: JsonRecord): string | undefined {
    const url = stringAt(page, 'nextLink') || undefined;
    if (url === undefined) {
      return undefined;
    }
    if (this.#seen.has(url) || this.#seen.size >= mostPages) {
      throw endless();
    }
    this.#seen.add(url);
    return url;
  }
}

/** Pages as an SDK client follows them, at most 1,000. @throws PodidError Unavailable */
export async function* endingPages<Page>(pages: AsyncIterable<Page>): AsyncGenerator<Page> {
  let count = 0;
  for await (const page of pages) {
    count += 1;
    if (count > mostPages) {
      throw endless();
    }
    yield page;
  }
}

/**
 * The items of a page. What has no list is no empty one: that there is nothing would be a verdict about Azure.
 *
 * @throws PodidError Unavailable
 */
export function itemsOf(page: unknown): JsonRecord[] {
  if (!isRecord(page) || !Array.isArray(page['value'])) {
    throw new PodidError('Unavailable', "Azure's answer holds no list, though a list was asked for.", {
      hint: advice`Try again; a proxy may have answered in place of Azure.`,
    });
  }
  const items: unknown[] = page['value'];
  return items.filter(isRecord);
}

/** For `onResponse` of an SDK client, which takes a page without a list for an empty one. @throws as `itemsOf` */
export function checkPage({ status, bodyAsText }: Pick<PipelineResponse, 'status' | 'bodyAsText'>): void {
  if (status === 200) {
    itemsOf(JSON.parse(bodyAsText || 'null'));
  }
}

function endless(): PodidError {
  return new PodidError('Unavailable', "Azure's list has no end: its pages link to each other in a circle.", {
    hint: advice`Try again; a proxy may have answered in place of Azure.`,
  });
}
