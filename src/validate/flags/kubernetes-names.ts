import type { Rule } from '../usage-faults.ts';

/*
 * The names of Kubernetes' own validation (RFC 1123, apimachinery's `validation` package), tightened where
 * pod identity needs it. All are ASCII: a look-alike of another alphabet is not a letter here.
 */

const label = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const labelText = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?$/;

/** The binding is called `NAME-binding`, which has to be a subdomain of 253 characters as well. */
export const longestIdentityName = 245;
export const longestExceptionName = 253;

export const namespaceRule: Rule = (text) =>
  label.test(text) && text.length <= 63
    ? undefined
    : {
        rule: '1 to 63 lower-case letters, digits and "-", with a letter or digit at both ends',
        nearest: nearestName(text, 63, false),
      };

export const identityNameRule: Rule = (text) => subdomainOf(text, longestIdentityName);
export const exceptionNameRule: Rule = (text) => subdomainOf(text, longestExceptionName);
/** Of most kinds, ConfigMaps among them. */
export const objectNameRule: Rule = (text) => subdomainOf(text, 253);

/** The value of a pod's label `aadpodidbinding`; an empty one would bind every pod that carries no value. */
export const bindingSelectorRule: Rule = (text) =>
  labelText.test(text) && text.length <= 63
    ? undefined
    : {
        rule: '1 to 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends',
        nearest: nearestLabelText(text),
      };

export const labelValueRule: Rule = (text) =>
  text === '' || (labelText.test(text) && text.length <= 63)
    ? undefined
    : {
        rule: 'at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends',
        nearest: nearestLabelText(text),
      };

/** A qualified name: `name` or `prefix/name`. */
export const labelKeyRule: Rule = (text) => {
  const parts = text.split('/');
  const name = parts.pop() ?? '';
  const [prefix, ...more] = parts;
  const legal =
    more.length === 0 &&
    labelText.test(name) &&
    name.length <= 63 &&
    (prefix === undefined || (subdomain.test(prefix) && prefix.length <= 253));
  if (legal) {
    return undefined;
  }
  return {
    rule: 'a name of 1 to 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends, or such a name after a DNS name and one "/"',
  };
};

function subdomainOf(text: string, longest: number): ReturnType<Rule> {
  if (subdomain.test(text) && text.length <= longest) {
    return undefined;
  }
  return {
    rule: `1 to ${longest} lower-case letters, digits, "-" and ".", with a letter or digit at both ends and around each "."`,
    nearest: nearestName(text, longest, true),
  };
}

/** Lower case, what is not allowed as `-`, ends trimmed; undefined when nothing is left. */
function nearestName(text: string, longest: number, dots: boolean): string | undefined {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(dots ? /[^a-z0-9.-]+/g : /[^a-z0-9-]+/g, '-')
    .replace(/-*\.[.-]*/g, '.')
    .slice(0, longest);
  return trimmed(plain);
}

function nearestLabelText(text: string): string | undefined {
  return trimmed(
    text
      .normalize('NFKC')
      .replace(/[^A-Za-z0-9_.-]+/g, '-')
      .slice(0, 63),
  );
}

function trimmed(text: string): string | undefined {
  return text.replace(/^[-_.]+/, '').replace(/[-_.]+$/, '') || undefined;
}
