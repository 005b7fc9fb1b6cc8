import type { JsonObject } from '../exact-json.ts';
import { cluster, parts } from './scenario-parts.ts';

/** The add-on was never on; the preview feature is registered. */
export const firstTime: JsonObject = parts({ clusters: [cluster()] });
