import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The house's import rules (docs/architecture.md; test/house/import-rules.test.ts proves each): data flows one way, and
 * no module reaches back. A row is a folder of service/src, or a file there (`config`, `server`). It may import itself and
 * what its list names: rows, single files of them, or files of lib/ that both halves share (SHARED).
 */
const MAY_IMPORT = {
  audio: ['contract'],
  whisper: [],
  text: ['whisper'],
  engine: ['contract', 'whisper'],
  observability: ['contract', 'metrics', 'version', 'engine/scheduling/engine-load'],
  http: [
    'contract',
    'config',
    'version',
    'audio',
    'whisper',
    'engine/engine',
    'engine/engine-error',
    'engine/engine-transcriber',
    'text',
    'observability',
  ],
  compiler: ['version', 'engine'],
  config: ['contract'],
  version: [],
  server: ['contract', 'config', 'version', 'audio', 'whisper', 'engine', 'http', 'text', 'observability'],
  main: ['contract', 'config', 'engine', 'server'],
  cli: [
    'contract',
    'config',
    'version',
    'main',
    'audio',
    'whisper',
    'engine',
    'compiler',
    'http',
    'text',
    'observability',
  ],
};

/** The files of lib/ that the server may import: the contract between the halves. */
const SHARED = ['contract', 'metrics'];

/** Libraries that are large and seldom needed: the one file that loads each, when it is needed, and how. */
const LOADED_LATE = [
  { library: '@xenova/transformers', file: 'service/src/engine/hub.ts', by: 'import' },
  ...['compile-model', 'demo', 'doctor/doctor', 'fetch-model', 'transcribe/transcribe-files'].map((command) => ({
    library: `./${command}.js`,
    file: 'service/src/cli/whisper-stt.ts',
    by: 'import',
  })),
  // Shows the API to whoever looks.
  {
    library: './documentation-pages.js',
    file: 'service/src/http/openapi/documentation.ts',
    by: 'import',
  },
  // 0.2 s with the schemas that it compiles.
  { library: '@fastify/ajv-compiler', file: 'service/src/http/late-validators.ts', by: 'createRequire' },
  // Writes models; what serves them starts without it, and without the library that it writes them with.
  { library: '../compiler/compile-model.js', file: 'service/src/cli/compile-model.ts', by: 'import' },
  // Synchronously, which import() cannot.
  { library: './server', file: 'service/src/main.ts', by: 'createRequire' },
  { library: '@huggingface/tokenizers', file: 'service/src/engine/prompt-encoder.ts', by: 'createRequire' },
  ...['api', 'exporter-trace-otlp-http', 'resources', 'sdk-trace-base'].map((name) => ({
    library: `@opentelemetry/${name}`,
    file: 'service/src/observability/otlp-tracing.ts',
    by: 'import',
  })),
];

const onlyEngineRunsOnnx = { name: 'onnxruntime-node', message: 'Only service/src/engine runs ONNX.' };
const onlyLate = LOADED_LATE.map(({ library, file }) => ({
  name: library,
  allowTypeImports: true,
  message: `It loads late, in ${file} alone.`,
}));
const noCreateRequire = ['node:module', 'module'].map((name) => ({
  name,
  message: 'Import at the top; what loads late is listed in eslint.config.mjs (LOADED_LATE).',
}));
/** Only plain computation: no I/O, no library. */
const PURE = {
  regex: '^(?!\\.)(?!node:zlib$)',
  message: 'whisper/ is pure: of Node.js it may import node:zlib, of libraries nothing.',
};

/** A relative import of one of these modules, however many folders up; `except` are single files of theirs. */
function modulesPattern(modules, except) {
  const alternatives = modules.map((name) => {
    const files = except.filter((file) => file.startsWith(`${name}/`)).map((file) => file.slice(name.length + 1));
    return files.length > 0 ? `${name}(?!/(?:${files.join('|')})(?:\\.js)?$)` : name;
  });
  return `^(?:\\.{1,2}/)+(?:(?:service/)?src/)?(?:${alternatives.join('|')})(?:[/.]|$)`;
}

const moduleRules = Object.entries(MAY_IMPORT).map(([own, allowed]) => {
  const forbidden = Object.keys(MAY_IMPORT).filter((name) => name !== own && !allowed.includes(name));
  const shared = allowed.filter((name) => SHARED.includes(name));
  const exempt = shared.length > 0 ? `(?!(?:${shared.join('|')})(?:\\.js)?$)` : '';
  const ofService = {
    regex: modulesPattern(forbidden, allowed),
    message: `${own} may import of the service only: ${allowed.join(', ') || 'nothing'}.`,
  };
  const patterns = [
    ...(forbidden.length > 0 ? [ofService] : []),
    { regex: `^\\.{1,2}/(?:.*/)?lib/${exempt}`, message: `Of lib/ only: ${shared.join(', ') || 'nothing'}.` },
    { regex: '^(?:cdk8s|constructs)', message: 'The server never imports the construct.' },
    ...(own === 'whisper' ? [PURE] : []),
  ];
  const paths = [...onlyLate, ...(own === 'engine' ? [] : [onlyEngineRunsOnnx])];
  return { own, paths, patterns };
});

const restrictImports = (files, paths, patterns) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { paths, patterns }] },
});
const restrictSyntax = (files, selectors) => ({
  files,
  rules: { 'no-restricted-syntax': ['error', ...selectors] },
});

/** What an import at the top may not say, import() must not get around. */
const noDynamicImport = {
  selector: 'ImportExpression',
  message: 'Import at the top; what loads late is listed in eslint.config.mjs (LOADED_LATE).',
};
const lateRules = LOADED_LATE.flatMap(({ library, file, by }) => {
  if (by === 'import') {
    const here = LOADED_LATE.filter((late) => late.file === file).map((late) => late.library);
    const others = here.map((name) => `[source.value!="${name}"]`).join('');
    return [
      restrictSyntax(
        [file],
        [{ selector: `ImportExpression${others}`, message: `Only ${here.join(', ')} loads late here.` }],
      ),
    ];
  }
  const message = `Only ${library} loads late here.`;
  const { paths, patterns } = moduleRules.find(
    ({ own }) => file === `service/src/${own}.ts` || file.startsWith(`service/src/${own}/`),
  );
  const arguments_ = 'CallExpression[callee.callee.name="createRequire"]';
  return [
    restrictImports([file], paths, patterns),
    restrictSyntax(
      [file],
      [
        noDynamicImport,
        { selector: `${arguments_}[arguments.0.value!="${library}"]`, message },
        // A `require` that is kept would be out of this rule's sight.
        { selector: ':not(CallExpression) > CallExpression[callee.name="createRequire"]', message },
      ],
    ),
  ];
});

const importRules = [
  ...moduleRules.map(({ own, paths, patterns }) =>
    restrictImports([`service/src/${own}.ts`, `service/src/${own}/**/*.ts`], [...paths, ...noCreateRequire], patterns),
  ),
  restrictImports(
    ['lib/**/*.ts', 'apps/**/*.ts'],
    ['fastify', onlyEngineRunsOnnx.name, ...LOADED_LATE.map(({ library }) => library), ...noCreateRequire],
    [{ regex: '(^|/)service/', message: 'The construct never imports the server.' }],
  ),
  restrictImports(
    SHARED.map((name) => `lib/${name}.ts`),
    [],
    [{ regex: '', message: 'The contract imports nothing: both halves load it.' }],
  ),
  restrictSyntax(['service/src/**/*.ts', 'lib/**/*.ts', 'apps/**/*.ts'], [noDynamicImport]),
  ...lateRules,
];

export default tseslint.config(
  {
    ignores: [
      '.stryker-tmp/',
      'build/',
      'artifacts/',
      'coverage/',
      'reports/',
      'imports/',
      'dist/',
      'service/models/',
      // Generated (its header says how).
      'service/src/compiler/onnx/onnx_pb.ts',
      'node_modules/',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-non-null-assertion': 'off', // noUncheckedIndexedAccess in hot loops over typed arrays
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-extraneous-class': 'off',
      // `const { left, out, ...rest }` is how fields are left out.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
    },
  },
  ...importRules,
  {
    // jest's types are a global namespace; matchers are added to it by declaring one of its interfaces again.
    files: ['lib/testing/jest-global.ts'],
    rules: {
      '@typescript-eslint/no-namespace': 'off',
      '@typescript-eslint/no-empty-object-type': 'off',
      '@typescript-eslint/no-unused-vars': 'off',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        require: 'readonly',
        module: 'writable',
        __dirname: 'readonly',
        URL: 'readonly',
        performance: 'readonly',
      },
    },
  },
);
