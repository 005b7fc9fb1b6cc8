import { eachOf, identity, largeText, objectWriter, podOn } from '../tenant-objects.ts';

/** On the node, since the API server is reached from there alone: SERVER TOKEN NODE NAMESPACE identities|pods COUNT */
const [server = '', token = '', node = '', namespace = '', kind, count] = process.argv.slice(2);
const write = objectWriter(server, token);
const made =
  kind === 'pods'
    ? (index: number) => largePod(`p${index}`)
    : (index: number) => identity(namespace, `i${index}`, { resourceID: largeText(1_400_000) });
await eachOf(Number(count), (index) => write(made(index)));
process.exit();

/** It stays Pending, and costs the kubelet no container: there is no such secret to mount. */
function largePod(name: string) {
  const pod = podOn(node, namespace, name, {}, [{ name: 'LARGE', value: largeText(1_350_000) }]);
  const volumes = [{ name: 'missing', secret: { secretName: 'missing' } }];
  return { ...pod, spec: { ...pod.spec, volumes } };
}
