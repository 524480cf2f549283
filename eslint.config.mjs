import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The house's import rules (docs/architecture.md): data flows one way, and no module reaches back.
 * A folder may import itself and the folders in its list. `contract` is lib/contract.ts, the one file that both
 * halves share; `main` and `config` are files of service/src.
 */
const MAY_IMPORT = {
  'service/src/audio': [],
  'service/src/whisper': [],
  'service/src/text': ['whisper'],
  'service/src/engine': ['whisper'],
  'service/src/observability': ['contract'],
  'service/src/http': ['contract', 'config', 'audio', 'whisper', 'engine', 'text', 'observability'],
  'service/src/cli': ['contract', 'config', 'main', 'audio', 'whisper', 'engine', 'http', 'text', 'observability'],
};
const SERVICE_MODULES = ['audio', 'whisper', 'text', 'engine', 'observability', 'http', 'cli', 'main', 'config'];
const onlyEngineRunsOnnx = ['onnxruntime-node', '@xenova/transformers'].map((name) => ({
  name,
  message: 'Only service/src/engine runs ONNX.',
}));
const folderRules = Object.entries(MAY_IMPORT).map(([folder, allowed]) => {
  const own = folder.split('/').at(-1);
  const forbidden = SERVICE_MODULES.filter((name) => name !== own && !allowed.includes(name));
  const contract = allowed.includes('contract') ? '(?!contract$)' : '';
  return {
    files: [`${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: own === 'engine' ? [] : onlyEngineRunsOnnx,
          patterns: [
            {
              regex: `^(\\.\\./)+(${forbidden.join('|')})(/|$)`,
              message: `${folder} may import of the service only: ${allowed.join(', ') || 'nothing'}.`,
            },
            { regex: `^(\\.\\./)+lib/${contract}`, message: 'Of lib/ the server may import contract.ts alone.' },
          ],
        },
      ],
    },
  };
});

export default tseslint.config(
  {
    ignores: ['build/', 'artifacts/', 'coverage/', 'reports/', 'imports/', 'dist/', 'service/models/', 'node_modules/'],
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
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
    },
  },
  ...folderRules,
  {
    files: ['lib/**/*.ts', 'apps/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: ['fastify', ...onlyEngineRunsOnnx.map(({ name }) => name)],
          patterns: [{ regex: '(^|/)service/', message: 'The construct never imports the server.' }],
        },
      ],
    },
  },
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
