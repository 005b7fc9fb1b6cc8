declare const PODID_VERSION: string | undefined;

/** Set when the bundle is built; sources run as they are have none. */
export const version = typeof PODID_VERSION === 'string' ? PODID_VERSION : 'dev';
