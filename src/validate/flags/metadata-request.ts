import type { Rule } from '../usage-faults.ts';

/** A base URL to which `/metadata/…` is added. */
export const endpointRule: Rule = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isBase =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.hash === '' &&
    url.search === '' &&
    url.username === '' &&
    url.password === '';
  return isBase ? undefined : { rule: 'a URL such as http://169.254.169.254, without a query' };
};

/** IMDS takes whatever Entra knows: a URI, or the client id of an application. */
export const audienceRule: Rule = (text) =>
  /^[\x21-\x7e]{1,2048}$/.test(text)
    ? undefined
    : { rule: '1 to 2048 characters without blanks, such as https://vault.azure.net' };
