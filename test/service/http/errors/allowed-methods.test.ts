import { AllowedMethods } from '../../../../service/src/http/errors/allowed-methods';

describe('AllowedMethods', () => {
  const methods = new AllowedMethods();
  methods.add('/v1/models', ['HEAD', 'GET']);
  methods.add('/v1/models/:id', 'GET');
  methods.add('/v1/models/:organisation/:id', 'GET');
  methods.add('/docs/static/*', 'GET');
  methods.add('/load', 'POST');
  methods.add('*', 'OPTIONS');

  it.each([
    ['/v1/models', ['GET', 'HEAD']],
    ['/v1/models/nano', ['GET']],
    ['/v1/models/openai%2Fnano', ['GET']],
    ['/v1/models/openai/nano', ['GET']],
    ['/docs/static/a.js', ['GET']],
    ['/docs/static/a/b.js', ['GET']],
    ['/load', ['POST']],
  ])('finds those of %s', (path, allowed) => {
    expect(methods.of(path)).toEqual(allowed);
  });

  it.each(['/', '/v1', '/v1/models/', '/v1/models/a/b/c', '/docs/static', '/Load', '/load/', '', '*'])(
    'finds none of %j, which no route has',
    (path) => {
      expect(methods.of(path)).toEqual([]);
    },
  );
});
