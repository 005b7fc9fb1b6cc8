// Every performance figure of docs/figures.md, each beside a peer in the same run: `npm run bench -- startup`,
// `npm run bench -- nmi`.
const benches = {
  startup: './startup/startup.mjs',
  nmi: './nmi/nmi.mjs',
  exchange: './exchange/exchange.mjs',
  mic: './mic/mic.mjs',
  bulk: './bulk/bulk.mjs',
  mirror: './mirror/mirror.mjs',
  migrate: './migrate/migrate.mjs',
  guard: './guard/guard.mjs',
  floods: './floods/floods.mjs',
  clients: './clients/clients.mjs',
};

const wanted = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const unknown = wanted.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(`No bench is called ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}.`);
  process.exitCode = 2;
} else {
  for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) {
    const { bench } = await import(benches[name]);
    console.log(`\n## ${name}\n`);
    await bench(process.argv.slice(2));
  }
}
