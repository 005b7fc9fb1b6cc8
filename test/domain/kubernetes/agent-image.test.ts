import { describe, expect, it } from 'vitest';
import { imageText, withImage } from '../../../src/domain/kubernetes/agent-image.ts';
import { command } from '../../../src/errors/hint.ts';

const repository = 'registry.example.net:5000/contoso/podid';
const digest = `sha256:${'0'.repeat(64)}`;

describe('the image of the agent', () => {
  it.each([
    [{ tag: '', digest: '' }, `${repository}:1.2.3`],
    [{ tag: 'next', digest: '' }, `${repository}:next`],
    [{ tag: 'next', digest }, `${repository}@${digest}`],
  ])('with %j is written as engines read it', (rest, text) => {
    expect(imageText({ repository, ...rest }, '1.2.3')).toBe(text);
  });

  it.each([
    [repository, [repository]],
    [`${repository}:1.2.3`, [repository, 'tag=1.2.3']],
    [`${repository}@${digest}`, [repository, `digest=${digest}`]],
    [`${repository}:1.2.3@${digest}`, [repository, `digest=${digest}`]],
    ['podid:1.2.3', ['podid', 'tag=1.2.3']],
  ])('is given to a command as the values that name it: %s', (image, [name, ...more]) => {
    const words = withImage(command('podid nmi uninstall'), image).words.slice(3);
    const values = [`repository=${name}`, ...more].flatMap((value) => ['--set', `podid.image.${value}`]);
    expect(words).toEqual(values);
  });
});
