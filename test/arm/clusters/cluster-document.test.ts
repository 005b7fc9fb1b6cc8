import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toPutDocument } from '../../../src/arm/clusters/cluster-document.ts';
import { readOnlyMembers } from '../../../src/arm/clusters/read-only-members.ts';
import type { PodIdentityProfile } from '../../../src/domain/clusters/cluster.ts';
import type { ClusterEdit } from '../../../src/domain/clusters/cluster-edit.ts';
import { editProfile, type ProfileEdit } from '../../../src/domain/entries/profile-edit.ts';
import { readPodIdentityProfile } from '../../../src/validate/azure/managed-cluster.ts';

const web = {
  namespace: 'shop',
  name: 'web',
  identity: { resourceId: '/subscriptions/s/x', clientId: 'c', objectId: 'o' },
};

describe('the document of a PUT', () => {
  it('keeps the bytes of every value that is not read-only', () => {
    const document = `{ "id":"/x", "location" : "westeurope", "preview": {"ratio": 1.0, "big": 9007199254740993, "t": "\\u0041\\/",
  "__proto__": {"a": null}, "a": 1, "a": 2e3}, "properties": { "provisioningState": "Succeeded", "kubernetesVersion":"1.33",
  "agentPoolProfiles": [ {"name":"p","count":3.0,"gpu":{"x":[null, 1E2]},"eTag":"e","provisioningState":"Succeeded"} ] ,"fqdn":"f"}, "eTag":"1"}`;
    expect(toPutDocument(document, { addon: 'on' })).toBe(
      `{ "location" : "westeurope", "preview": {"ratio": 1.0, "big": 9007199254740993, "t": "\\u0041\\/",
  "__proto__": {"a": null}, "a": 1, "a": 2e3}, "properties": { "kubernetesVersion":"1.33",
  "agentPoolProfiles": [ {"name":"p","count":3.0,"gpu":{"x":[null, 1E2]}} ],"podIdentityProfile":{"enabled":true,"userAssignedIdentities":[],"userAssignedIdentityExceptions":[]}}}`,
    );
  });

  it('keeps the text of untouched entries, unknown members included, without their states', () => {
    const entry =
      '{"name":"old", "namespace":"shop","identity":{"resourceId":"/X","future":1.0},"x":[ ],"provisioningState":"Failed","provisioningInfo":{"error":{}}}';
    const document = `{"properties":{"podIdentityProfile":{"enabled":true,"novel":{"n":1.0},"userAssignedIdentities":[${entry}]}}}`;
    expect(toPutDocument(document, { putIdentities: [web] })).toBe(
      '{"properties":{"podIdentityProfile":{"enabled":true,"novel":{"n":1.0},"userAssignedIdentities":[' +
        '{"name":"old", "namespace":"shop","identity":{"resourceId":"/X","future":1.0},"x":[ ]},' +
        '{"name":"web","namespace":"shop","identity":{"resourceId":"/subscriptions/s/x","clientId":"c","objectId":"o"}}' +
        '],"userAssignedIdentityExceptions":[]}}}',
    );
  });

  it('keeps the unknown members of an entry that is changed', () => {
    const document =
      '{"properties":{"podIdentityProfile":{"enabled":true,"userAssignedIdentities":[{"x":1.0,"namespace":"shop","name":"web","identity":{"resourceId":"/A","y":null},"bindingSelector":"old"}]}}}';
    expect(toPutDocument(document, { putIdentities: [{ ...web, bindingSelector: 'new' }] })).toContain(
      '[{"x":1.0,"namespace":"shop","name":"web","identity":{"resourceId":"/subscriptions/s/x","y":null,"clientId":"c","objectId":"o"},"bindingSelector":"new"}]',
    );
  });

  it.each(['null', undefined])('gives an exception with podLabels %s an empty map', (labels) => {
    const member = labels === undefined ? '' : `,"podLabels":${labels}`;
    const document = `{"properties":{"podIdentityProfile":{"enabled":true,"userAssignedIdentityExceptions":[{"name":"e","namespace":"n"${member}}]}}}`;
    expect(toPutDocument(document, {})).toContain('[{"name":"e","namespace":"n","podLabels":{}}]');
  });

  it.each(['{"enabled":true,"userAssignedIdentities":[{}]}', '{}', 'null', undefined])(
    'turns the add-on off where the profile was %s',
    (profile) => {
      const member = profile === undefined ? '' : `,"podIdentityProfile":${profile}`;
      expect(toPutDocument(`{"properties":{"a":1${member}}}`, { addon: 'off' })).toBe(
        '{"properties":{"a":1,"podIdentityProfile":{"enabled":false}}}',
      );
    },
  );

  it('turns issuer and webhook on in one document, and touches nothing else', () => {
    const document =
      '{"properties":{"oidcIssuerProfile":{"enabled":false,"x":1.0},"securityProfile":{"defender":{"n":1.0}},"a":1E2}}';
    expect(toPutDocument(document, { oidcIssuer: true, workloadIdentity: true })).toBe(
      '{"properties":{"oidcIssuerProfile":{"enabled":true,"x":1.0},"securityProfile":{"defender":{"n":1.0},"workloadIdentity":{"enabled":true}},"a":1E2}}',
    );
    expect(toPutDocument('{"properties":{"securityProfile":null}}', { oidcIssuer: true })).toBe(
      '{"properties":{"securityProfile":null,"oidcIssuerProfile":{"enabled":true}}}',
    );
  });

  it('adds no profile to a cluster that has none and needs none', () => {
    expect(toPutDocument('{"properties":{"fqdn":"f"}}', {})).toBe('{"properties":{}}');
  });

  it('settles a doubled profile on the one that readers see', () => {
    const document = '{"properties":{"podIdentityProfile":{"a":1},"b":2,"podIdentityProfile":{"c":3}}}';
    expect(toPutDocument(document, { addon: 'on' })).toBe(
      '{"properties":{"b":2,"podIdentityProfile":{"c":3,"enabled":true,"userAssignedIdentities":[],"userAssignedIdentityExceptions":[]}}}',
    );
  });

  it.each(['', '[]', '{"properties":[]}', '{"properties":{}', '{"properties":{},}', '{}//x'])(
    'is not made of %j',
    (text) => {
      expect(() => toPutDocument(text, {})).toThrow(SyntaxError);
    },
  );

  it('sets the identities of the cluster, and keeps what else is beside them', () => {
    const document =
      '{"identity": {"type":"SystemAssigned","principalId":"p","tenantId":"t","future":1.0},"properties":{"a":1E2,"identityProfile":{"other":{"x":1.0},"kubeletidentity":{"resourceId":"/old","clientId":"c","objectId":"o"}}}}';
    const edit: ClusterEdit = {
      controlPlane: { type: 'UserAssigned', resourceId: '/A"B' },
      kubeletIdentity: '/K',
    };
    expect(toPutDocument(document, edit)).toBe(
      '{"identity": {"type":"UserAssigned","future":1.0,"userAssignedIdentities":{"/A\\"B":{}}},"properties":{"a":1E2,"identityProfile":{"other":{"x":1.0},"kubeletidentity":{"resourceId":"/K"}}}}',
    );
  });

  it('gives a cluster of a service principal an identity', () => {
    expect(toPutDocument('{"properties":{}}', { controlPlane: { type: 'SystemAssigned' } })).toBe(
      '{"properties":{},"identity":{"type":"SystemAssigned"}}',
    );
  });

  it('leaves no user-assigned identity behind on the way to the system-assigned one', () => {
    const document =
      '{"identity":{"type":"UserAssigned","userAssignedIdentities":{"/A":{"principalId":"p","clientId":"c"}}},"properties":{}}';
    expect(toPutDocument(document, { controlPlane: { type: 'SystemAssigned' } })).toBe(
      '{"identity":{"type":"SystemAssigned"},"properties":{}}',
    );
  });

  it('changes the identities alone, whatever else the cluster holds', () => {
    fc.assert(
      fc.property(anyCluster, anyIdentityEdit, ({ text, expected }, edit) => {
        const put = toPutDocument(text, edit);
        expect(withoutIdentities(tokensOf(put))).toEqual(withoutIdentities(tokensOf(expected)));
        const { identity, properties } = JSON.parse(put);
        if (edit.controlPlane) {
          expect(identity.type).toBe(edit.controlPlane.type);
        }
        if (edit.kubeletIdentity) {
          expect(properties.identityProfile).toEqual({
            kubeletidentity: { resourceId: edit.kubeletIdentity },
          });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('survives, outside the profile and the read-only members, to the byte', () => {
    fc.assert(
      fc.property(anyCluster, anyEdit, ({ text, expected }, edit) => {
        const put = toPutDocument(text, edit);
        expect(withoutProfile(tokensOf(put))).toEqual(withoutProfile(tokensOf(expected)));
      }),
      { numRuns: 300 },
    );
  });

  it('says what the pure edit of the profile says', () => {
    fc.assert(
      fc.property(anyCluster, anyEdit, ({ text }, edit) => {
        const before = readPodIdentityProfile(JSON.parse(text).properties.podIdentityProfile);
        const after = readPodIdentityProfile(
          JSON.parse(toPutDocument(text, edit)).properties.podIdentityProfile,
        );
        expect(after).toEqual(withoutStates(editProfile(before, edit)));
      }),
      { numRuns: 300 },
    );
  });
});

function withoutStates(profile: PodIdentityProfile): PodIdentityProfile {
  return {
    ...profile,
    identities: profile.identities.map(({ provisioningState: _state, error: _error, ...entry }) => entry),
  };
}

/** Every leaf as its path and its own bytes, read by a tiny scanner of the test's own. */
function tokensOf(text: string): string[] {
  let at = 0;
  const leaves: string[] = [];
  const space = () => {
    while (/\s/.test(text[at] ?? '')) {
      at += 1;
    }
  };
  const raw = () => {
    space();
    const found = /^(?:"(?:[^"\\]|\\.)*"|[^\s,\]}:]+)/s.exec(text.slice(at))?.[0] ?? '';
    at += found.length;
    return found;
  };
  const value = (path: string) => {
    space();
    const open = text[at];
    if (open !== '{' && open !== '[') {
      leaves.push(`${path} = ${raw()}`);
      return;
    }
    at += 1;
    leaves.push(`${path} ${open}`);
    for (let index = 0; ; index += 1) {
      space();
      if (text[at] === ',') {
        at += 1;
      }
      space();
      if (text[at] === '}' || text[at] === ']') {
        break;
      }
      let name = String(index);
      if (open === '{') {
        name = raw();
        space();
        at += 1;
      }
      value(`${path}.${name}`);
    }
    at += 1;
  };
  value('');
  return leaves;
}

function withoutProfile(leaves: string[]): string[] {
  return leaves.filter((leaf) => !leaf.startsWith('."properties"."podIdentityProfile"'));
}

/** The profile goes too: an edit of the identities spells its absent lists out. */
function withoutIdentities(leaves: string[]): string[] {
  return withoutProfile(leaves).filter(
    (leaf) => !leaf.startsWith('."identity"') && !leaf.startsWith('."properties"."identityProfile"'),
  );
}

const anyName = fc.constantFrom('a', 'b', 'web');
const anyNumberText = fc.constantFrom(
  '1.0',
  '9007199254740993',
  '-0',
  '1E+2',
  '0.10',
  '12345678901234567890.5',
);
const anyStringText = fc.oneof(
  fc.string().map((value) => JSON.stringify(value)),
  fc.constantFrom('"\\u0041"', '"\\/"', '"\\ud800"', '"é\u2028"', '"__proto__"'),
);
const anyWhite = fc.constantFrom('', ' ', '\n\t', '\r\n  ');
const unknownName = fc.constantFrom(
  '"preview"',
  '"__proto__"',
  '"constructor"',
  '"\\u0070"',
  '"toString"',
  '"tags"',
  '"zones"',
);

const anyValueText: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    anyNumberText,
    anyStringText,
    fc.constantFrom('true', 'false', 'null', '{}', '[ ]'),
    fc
      .tuple(fc.array(fc.tuple(unknownName, tie('value')), { maxLength: 4 }), anyWhite)
      .map(
        ([members, white]) =>
          `{${members.map(([name, value]) => `${white}${name}${white}:${value}`).join(`${white},`)}${white}}`,
      ),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
  ),
})).value;

const anyIdentityText = fc
  .record({
    name: anyName,
    namespace: anyName,
    extra: anyValueText,
    state: fc.constantFrom('"Assigned"', '"Failed"', undefined),
    selector: fc.constantFrom('"s"', 'null', '""', undefined),
    identity: fc.constantFrom(
      '{"resourceId":"/X","clientId":"c","objectId":"o","future":1.0}',
      'null',
      undefined,
    ),
  })
  .map(
    ({ name, namespace, extra, state, selector, identity }) =>
      `{"extra":${extra},"name":"${name}" ,"namespace":"${namespace}"${state ? `,"provisioningState":${state},"provisioningInfo":{"error":{"error":{"code":"E"}}}` : ''}` +
      `${selector ? `,"bindingSelector":${selector}` : ''}${identity ? `,"identity":${identity}` : ''}}`,
  );
const anyExceptionText = fc
  .record({
    name: anyName,
    namespace: anyName,
    labels: fc.constantFrom('{"a":"b"}', 'null', '{"__proto__":"x"}', undefined),
  })
  .map(
    ({ name, namespace, labels }) =>
      `{"name":"${name}","namespace":"${namespace}"${labels ? `,"podLabels":${labels}` : ''},"z":1.0}`,
  );

const anyProfileText = fc.oneof(
  fc.constantFrom(undefined, 'null', '{}', '{"enabled":false}'),
  fc
    .record({
      enabled: fc.constantFrom('true', 'false'),
      consent: fc.constantFrom('true', 'false', 'null'),
      identities: fc.array(anyIdentityText, { maxLength: 4 }),
      exceptions: fc.array(anyExceptionText, { maxLength: 4 }),
      extra: anyValueText,
    })
    .map(
      ({ enabled, consent, identities, exceptions, extra }) =>
        `{"enabled":${enabled},"future":${extra},"allowNetworkPluginKubenet":${consent},"userAssignedIdentities":[${identities.join(' , ')}],"userAssignedIdentityExceptions":[${exceptions.join(',')}]}`,
    ),
);

interface Text {
  readonly sent: string;
  /** What should be left of it. */
  readonly kept: string | undefined;
}

/** Members in any order, read-only ones among them. */
function anyObject(prefix: string, nested: Record<string, fc.Arbitrary<Text>>): fc.Arbitrary<Text> {
  const readOnly = readOnlyMembers
    .filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('.'))
    .map((path) => path.slice(prefix.length));
  const own = fc
    .tuple(unknownName, anyValueText)
    .map(([name, value]) => ({ sent: `${name}: ${value}`, kept: `${name}: ${value}` }));
  const cut = fc
    .tuple(fc.constantFrom(...readOnly), anyValueText)
    .map(([name, value]) => ({ sent: `"${name}":${value}`, kept: undefined }));
  const fixed = Object.entries(nested).map(([name, value]) =>
    value.map(({ sent, kept }) => ({
      sent: `"${name}" :${sent}`,
      kept: kept === undefined ? undefined : `"${name}" :${kept}`,
    })),
  );
  return fc
    .tuple(
      fc.array(fc.oneof(own, cut), { maxLength: 5 }),
      fc.tuple(...fixed),
      fc.array(fc.nat(20), { minLength: 12, maxLength: 12 }),
      anyWhite,
    )
    .map(([free, members, places, white]) => {
      const all = [...free];
      members.forEach((member, index) => {
        all.splice((places[index] ?? 0) % (all.length + 1), 0, member);
      });
      const join = (texts: (string | undefined)[]) =>
        `{${white}${texts.filter((text) => text !== undefined).join(`${white},${white}`)}${white}}`;
      return { sent: join(all.map((text) => text.sent)), kept: join(all.map((text) => text.kept)) };
    });
}

const anyPool = anyObject('properties.agentPoolProfiles.*.', {});
const anyPools = fc.array(anyPool, { maxLength: 3 }).map((pools) => ({
  sent: `[${pools.map((pool) => pool.sent).join(' ,')}]`,
  kept: `[${pools.map((pool) => pool.kept).join(' ,')}]`,
}));

const anyCluster = anyProfileText
  .chain((profile) =>
    anyObject('', {
      identity: anyObject('identity.', {}),
      properties: anyObject('properties.', {
        agentPoolProfiles: anyPools,
        ...(profile === undefined
          ? {}
          : { podIdentityProfile: fc.constant({ sent: profile, kept: profile }) }),
      }),
    }),
  )
  .map(({ sent, kept }) => ({ text: sent, expected: kept ?? '' }));

const anyKey = fc.record({ namespace: anyName, name: anyName });
const anyEdit: fc.Arbitrary<ProfileEdit> = fc.record(
  {
    addon: fc.constantFrom('on' as const, 'off' as const),
    allowNetworkPluginKubenet: fc.constant(true as const),
    putIdentities: fc.array(
      fc.tuple(anyKey, fc.constantFrom('s1', undefined)).map(([key, bindingSelector]) => ({
        ...key,
        ...(bindingSelector ? { bindingSelector } : {}),
        identity: web.identity,
      })),
      { maxLength: 3 },
    ),
    deleteIdentities: fc.array(anyKey, { maxLength: 2 }),
    putExceptions: fc.array(
      anyKey.map((key) => ({ ...key, podLabels: { app: 'x"y' } })),
      { maxLength: 3 },
    ),
    deleteExceptions: fc.array(anyKey, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

const anyId = fc.string({ minLength: 1 });
const anyIdentityEdit: fc.Arbitrary<ClusterEdit> = fc.record(
  {
    controlPlane: fc.oneof(
      fc.constant({ type: 'SystemAssigned' as const }),
      anyId.map((resourceId) => ({ type: 'UserAssigned' as const, resourceId })),
    ),
    kubeletIdentity: anyId,
  },
  { requiredKeys: [] },
);
