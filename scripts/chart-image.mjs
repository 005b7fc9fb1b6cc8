const line = /^( {4}repository: )""$/m;

/**
 * The chart's values with a release's image in the place of none.
 * @param {string} text of deploy/chart/values.yaml
 * @param {string} repository with its registry; empty: none, and the text stays what it is
 */
export function withImage(text, repository) {
  if (!line.test(text)) {
    throw new Error('deploy/chart/values.yaml has no empty podid.image.repository.');
  }
  return repository === '' ? text : text.replace(line, (_, key) => `${key}${repository}`);
}
