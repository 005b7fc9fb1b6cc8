// What benches do with an emulator that they started.

/** Asks and sets what only tests may, by the key of its environment. */
export function controlOf({ PODID_ARM_ENDPOINT: url, PODID_EMULATOR_KEY: key }) {
  return async (path, method = 'GET', body) => {
    const init = {
      method,
      headers: { 'podid-emulator-key': key, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    };
    const response = await fetch(`${url}/_podid/${path}`, init);
    if (!response.ok) {
      throw new Error(`${method} ${path}: HTTP ${response.status} ${await response.text()}`);
    }
    return method === 'DELETE' ? undefined : await response.json();
  };
}

/** Its first words on stdout are the lines that point podid at it. */
export async function environmentOf(emulator) {
  let text = '';
  for await (const chunk of emulator.stdout) {
    text += chunk;
    if (/^export KUBECONFIG=.*\n/m.test(text)) {
      break;
    }
  }
  const lines = [...text.matchAll(/^export (\w+)='?([^'\n]*)'?$/gm)];
  if (lines.length === 0) {
    throw new Error('The emulator did not start.');
  }
  return Object.fromEntries(lines.map(([, key, value]) => [key, value]));
}
