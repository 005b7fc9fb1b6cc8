import { apiVersionOf, type KubeKind } from './objects/kube-kinds.ts';
import { schemasOfMessage } from './open-api-schemas.ts';
import { messageNameOf } from './protobuf/kube-messages.ts';

/**
 * Answers of `/openapi/v3` and the documents that it names: that writes take `fieldValidation`, which is what
 * kubectl looks for before it leaves the checking of fields to the server, and the schemas, which
 * `kubectl explain` shows. Undefined for any other path.
 */
export function openApiAnswer(path: string, kinds: readonly KubeKind[]): object | undefined {
  const paths = new Map(
    kinds.map((kind) => [rootOf(kind), kinds.filter((one) => rootOf(one) === rootOf(kind))]),
  );
  if (path === '/openapi/v3') {
    const entries = [...paths.keys()].map((root) => [root, { serverRelativeURL: `/openapi/v3/${root}` }]);
    return { paths: Object.fromEntries(entries) };
  }
  const own = paths.get(path.replace(/^\/openapi\/v3\//, ''));
  return own && document(own);
}

function rootOf(kind: KubeKind): string {
  return kind.group === '' ? `api/${kind.version}` : `apis/${apiVersionOf(kind)}`;
}

function document(kinds: readonly KubeKind[]): object {
  return {
    openapi: '3.0.0',
    info: { title: 'podid emulator', version: 'v1.34.1' },
    paths: Object.fromEntries(kinds.map((kind) => [pathOf(kind), { patch: patchOf(kind) }])),
    components: { schemas: Object.fromEntries(kinds.flatMap(schemaOf)) },
  };
}

/** Of a custom resource its definition's, of the server's own kinds the fields and which lists a patch merges. */
function schemaOf(kind: KubeKind): [string, object][] {
  const { group, version, schema } = kind;
  const named = { 'x-kubernetes-group-version-kind': [{ group, version, kind: kind.kind }] };
  if (schema === undefined) {
    const name = messageNameOf(apiVersionOf(kind), kind.kind);
    const schemas = Object.entries(schemasOfMessage(name));
    return schemas.map(([each, one]) => [
      each,
      each === name ? { ...one, properties: withType(one), ...named } : one,
    ]);
  }
  const properties = withType({ properties: { metadata: { type: 'object' }, ...schema.properties } });
  const name = [...group.split('.').reverse(), version, kind.kind].join('.');
  return [[name, { ...schema, properties, ...named }]];
}

function withType({ properties = {} }: { readonly properties?: object }): object {
  const text = { type: 'string' };
  return { apiVersion: text, kind: text, ...properties };
}

function pathOf(kind: KubeKind): string {
  return `/${rootOf(kind)}${kind.namespaced ? '/namespaces/{namespace}' : ''}/${kind.plural}/{name}`;
}

function patchOf({ group, version, kind }: KubeKind): object {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
    name,
    in: 'query',
    schema: { type: name === 'force' ? 'boolean' : 'string', uniqueItems: true },
  }));
  return {
    parameters,
    responses: { 200: { description: 'OK' } },
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
}
