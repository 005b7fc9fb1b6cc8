import { describe, expect, it } from 'vitest';
import { compileQuery } from '../../src/terminal/query.ts';

const entries = [
  {
    name: 'web',
    namespace: 'shop',
    provisioningState: 'Assigned',
    bindingSelector: 'front',
    count: 3,
    since: '2026-01-01T00:00:00Z',
    tags: { 'a-b': 1, in: 2, let: 3, env: 'prod' },
    identity: { clientId: 'c1', resourceId: '/sub/A' },
    list: [1, 2, 3],
    enabled: true,
    note: null,
  },
  {
    name: 'jobs',
    namespace: 'demo',
    provisioningState: 'Failed',
    bindingSelector: 'jobs',
    count: 10,
    since: '2026-03-01T00:00:00Z',
    tags: {},
    identity: { clientId: 'c2', resourceId: '/sub/b' },
    list: [],
    enabled: false,
    note: 'x',
  },
];

/**
 * Expressions that scripts give to az, and what its library (jmespath 1.1.0 for Python) made of them.
 */
const queries: readonly [string, unknown][] = [
  ['[].name', ['web', 'jobs']],
  ['[*].name', ['web', 'jobs']],
  ['[0].name', 'web'],
  ['[-1].name', 'jobs'],
  [
    "[?name=='web']",
    [
      {
        name: 'web',
        namespace: 'shop',
        provisioningState: 'Assigned',
        bindingSelector: 'front',
        count: 3,
        since: '2026-01-01T00:00:00Z',
        tags: { 'a-b': 1, in: 2, let: 3, env: 'prod' },
        identity: { clientId: 'c1', resourceId: '/sub/A' },
        list: [1, 2, 3],
        enabled: true,
        note: null,
      },
    ],
  ],
  ['[?name==`web`].name', ['web']],
  ['[?name==`"web"`].name', ['web']],
  ["[?provisioningState!='Assigned'].name", ['jobs']],
  ['[?count>`3`].name', ['jobs']],
  ['[?count > `3` && enabled].name', []],
  ['[?!enabled].name', ['jobs']],
  ['[?enabled].name', ['web']],
  ['[?enabled==`true`].name', ['web']],
  ['[?enabled==true].name', []],
  ["[?since>'2026-02'].name", ['jobs']],
  ['[?since>=`2026-02-01`].name', ['jobs']],
  ["[?contains(name,'eb')].name", ['web']],
  ["[?starts_with(name,'w')] | [0].name", 'web'],
  ["[?ends_with(name, 's')].name | [0]", 'jobs'],
  [
    '[].{Name:name,State:provisioningState}',
    [
      { Name: 'web', State: 'Assigned' },
      { Name: 'jobs', State: 'Failed' },
    ],
  ],
  [
    '[].{Name:name, Id:identity.clientId} | sort_by(@,&Name)',
    [
      { Name: 'jobs', Id: 'c2' },
      { Name: 'web', Id: 'c1' },
    ],
  ],
  [
    '[].[name,namespace]',
    [
      ['web', 'shop'],
      ['jobs', 'demo'],
    ],
  ],
  ['length(@)', 2],
  ['length([?enabled])', 1],
  ['[].tags."a-b"', [1]],
  ['[0].tags.in', 2],
  ['[0].tags.let', 3],
  ['[].list[]', [1, 2, 3]],
  ['[].list[0]', [1]],
  ['[0].list[1:]', [2, 3]],
  ['[0].list[::-1]', [3, 2, 1]],
  ['sort_by([],&count)[-1].name', 'jobs'],
  ['reverse(sort_by(@, &name))[].name', ['web', 'jobs']],
  ['max_by(@,&count).name', 'jobs'],
  ['min_by(@,&count).name', 'web'],
  ["join(',',[].name)", 'web,jobs'],
  ['join(`,`, [].name)', 'web,jobs'],
  ["[].name | join(' ', @)", 'web jobs'],
  ['to_string([0].count)', '3'],
  ['[].to_number(count)', [3, 10]],
  ['[?note!=null].name', ['jobs']],
  ['[?note].name', ['jobs']],
  ['[?note==null].name', ['web']],
  ['[?note==`null`].name', ['web']],
  ['not_null([0].note,[1].note)', 'x'],
  ['keys([0].tags)', ['a-b', 'in', 'let', 'env']],
  ['[0].tags.keys(@)', ['a-b', 'in', 'let', 'env']],
  ['values([0].identity)', ['c1', '/sub/A']],
  ['type(@)', 'array'],
  ['[].type(name)', ['string', 'string']],
  ['map(&name,@)', ['web', 'jobs']],
  [
    '[0].merge(tags, identity)',
    { 'a-b': 1, in: 2, let: 3, env: 'prod', clientId: 'c1', resourceId: '/sub/A' },
  ],
  ["[?identity.resourceId=='/sub/A'] | [0].identity.clientId", 'c1'],
  ["[?to_string(enabled)=='true'].name", ['web']],
  ["[?contains(to_string(@),'front')].name", ['web']],
  ["[?name=='nobody'] | [0]", null],
  ["[?name=='nobody'].name | [0]", null],
  ['[0].nothing.more', null],
  ['[].nothing', []],
  ['@[0].name', 'web'],
  ['[?name=="web"].name', []],
  ['name', null],
  ["[?(name=='web' || name=='jobs') && enabled].name", ['web']],
  ["[?name=='it\\'s']", []],
  ['sum([].count)', 13],
  ['avg([].count)', 6.5],
  ['[].count | sum(@)', 13],
  ['abs(`-3`)', 3],
  ['floor(`1.5`)', 1],
  ['ceil(`1.5`)', 2],
  ['[?count==`3`].name', ['web']],
  ["[?count=='3'].name", []],
  ['[0].*.clientId', ['c1']],
  [
    '[*].identity.*',
    [
      ['c1', '/sub/A'],
      ['c2', '/sub/b'],
    ],
  ],
  ['[0].tags | keys(@) | length(@)', 4],
  ['[].name[0]', []],
  ['sort([].name)', ['jobs', 'web']],
  ["contains([].name,'web')", true],
  ["[?contains(['web','x'], name)].name", ['web']],
  ['[?contains(`["web"]`, name)].name', ['web']],
  ["[?name<'k'].name", ['jobs']],
  ['[?`1`==`1`].name', ['web', 'jobs']],
  ['`foo`', 'foo'],
  ['`[1, 2]`', [1, 2]],
  ["'raw'", 'raw'],
  [
    '[].{n:name,x:`y`}',
    [
      { n: 'web', x: 'y' },
      { n: 'jobs', x: 'y' },
    ],
  ],
  [
    "[].{n:name,x:'y'}",
    [
      { n: 'web', x: 'y' },
      { n: 'jobs', x: 'y' },
    ],
  ],
  ['[].{"the name":name}', [{ 'the name': 'web' }, { 'the name': 'jobs' }]],
  [
    "[] | [?name=='web'] | [0]",
    {
      name: 'web',
      namespace: 'shop',
      provisioningState: 'Assigned',
      bindingSelector: 'front',
      count: 3,
      since: '2026-01-01T00:00:00Z',
      tags: { 'a-b': 1, in: 2, let: 3, env: 'prod' },
      identity: { clientId: 'c1', resourceId: '/sub/A' },
      list: [1, 2, 3],
      enabled: true,
      note: null,
    },
  ],
  ["[?name=='web']|[0].{a:name,b:@.namespace}", { a: 'web', b: 'shop' }],
  ["[?name=='web' ].name|[0]", 'web'],
  [' [].name ', ['web', 'jobs']],
  ['[?list].name', ['web']],
  ['[?tags].name', ['web']],
  ['[?list[0]==`1`].name', ['web']],
  ['[?list[?@==`2`]].name', ['web']],
  ['[].list[?@>`1`][]', [2, 3]],
  ['[?length(list)>`0`].name', ['web']],
  ['[].list.length(@)', [3, 0]],
  ['[:1].name', ['web']],
  ['[::2].name', ['web']],
  [
    '[0:1]',
    [
      {
        name: 'web',
        namespace: 'shop',
        provisioningState: 'Assigned',
        bindingSelector: 'front',
        count: 3,
        since: '2026-01-01T00:00:00Z',
        tags: { 'a-b': 1, in: 2, let: 3, env: 'prod' },
        identity: { clientId: 'c1', resourceId: '/sub/A' },
        list: [1, 2, 3],
        enabled: true,
        note: null,
      },
    ],
  ],
  [
    '[1]',
    {
      name: 'jobs',
      namespace: 'demo',
      provisioningState: 'Failed',
      bindingSelector: 'jobs',
      count: 10,
      since: '2026-03-01T00:00:00Z',
      tags: {},
      identity: { clientId: 'c2', resourceId: '/sub/b' },
      list: [],
      enabled: false,
      note: 'x',
    },
  ],
  ['foo.bar', null],
  ['!`true`', false],
  ['[].name.length(@)', [3, 4]],
  ["to_array('x')", ['x']],
];

describe('a query', () => {
  it.each(queries)('is read as az reads it: %s', async (expression, expected) => {
    const query = await compileQuery(expression);
    expect(query(entries) ?? null).toEqual(expected);
  });

  it.each(['[?name=web]', "[?name='web']", '[?name==`web`', '[', '[].', '[?name="web"]'])(
    'is refused where az refuses it: %s',
    async (expression) => {
      await expect(compileQuery(expression)).rejects.toMatchObject({ code: 'InvalidUsage' });
    },
  );

  it.each([
    ['foo(@)', 'there is no function foo()'],
    ['[?foo(name)]', 'there is no function foo()'],
    ['nothing.there[].{a: constructor(@)}', 'there is no function constructor()'],
    ['[].podid_gt(count, `1`)', 'there is no function podid_gt()'],
    ['nothing.length(a, b)', 'length() takes 1 argument, not 2'],
    ['nothing.not_null()', 'not_null() takes 1 or more arguments, not 0'],
    ["nothing.pad_left('x')", 'pad_left() takes 2 to 3 arguments, not 1'],
    ['nothing.sort_by(@, name)', 'argument 2 of sort_by() is an expression, such as &name'],
    ['nothing.length(&name)', 'argument 1 of length() is a value, without &'],
  ])('is refused before there is a result, whatever that may be: %s', async (expression, reason) => {
    await expect(compileQuery(expression)).rejects.toMatchObject({
      code: 'InvalidUsage',
      message: expect.stringContaining(reason),
    });
  });

  it('takes what a literal holds for data', async () => {
    const literal = '`{"type": "Function", "name": "foo", "children": []}`';
    expect((await compileQuery(`${literal}.name`))([])).toBe('foo');
  });

  it('has no order of a text and a number', async () => {
    expect((await compileQuery('[?name>`1`].name'))(entries)).toEqual([]);
  });

  it('may name values, in which = is meant', async () => {
    expect((await compileQuery("let $wanted = 'web' in [?name == $wanted].name"))(entries)).toEqual(['web']);
  });
});
