// Loads a daemon as require does, but with what V8 made of it when the image was built (scripts/keep-compiled.mjs), where
// that lies beside it: a start then compiles next to nothing. Nothing is ever written here.
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { createRequire, Module } = require('node:module');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

const wrapper = ['(function (exports, require, module, __filename, __dirname) {', '\n})'];

/** @param {string} name `podid-nmi` or `podid-mic` */
exports.loadDaemon = (name) => {
  const file = fileOf(name);
  const script = compiledScript(file);
  return script === undefined || script.cachedDataRejected === true
    ? require(file)
    : exports.runScript(file, script);
};

/** As require runs a file, and what is loaded late finds it loaded. */
exports.runScript = (file, script) => {
  const module = new Module(file);
  module.filename = file;
  require.cache[file] = module;
  const run = script.runInThisContext();
  run.call(module.exports, module.exports, createRequire(file), module, file, dirname(file));
  module.loaded = true;
  return module.exports;
};

/** Whether a start of it takes what was compiled before. */
exports.isCompiled = (name) => compiledScript(fileOf(name))?.cachedDataRejected === false;

/** Where it lies: 32 bytes of `digestOf`, and V8's own. */
exports.compiledOf = (file) => `${file}.compiled`;

exports.scriptOf = (file, source, cachedData) =>
  new Script(wrapper.join(source), { filename: file, columnOffset: -wrapper[0].length, cachedData });

/**
 * V8 itself compares its version, its flags and lengths, and ends the process by what else is not as it was: all bytes
 * have to be those that were written.
 */
exports.digestOf = (source, cachedData) =>
  createHash('sha256')
    .update(`${process.version} ${process.arch} ${source.length}\n`)
    .update(source)
    .update(cachedData)
    .digest();

function fileOf(name) {
  return join(__dirname, `../dist/${name}.cjs`);
}

/** @returns undefined without anything compiled, or where it is of another file, of another Node, or cut short */
function compiledScript(file) {
  let kept;
  try {
    kept = readFileSync(exports.compiledOf(file));
  } catch {
    return undefined;
  }
  const source = readFileSync(file);
  const [digest, cachedData] = [kept.subarray(0, 32), kept.subarray(32)];
  return exports.digestOf(source, cachedData).equals(digest)
    ? exports.scriptOf(file, source.toString(), cachedData)
    : undefined;
}
