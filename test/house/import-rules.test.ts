import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY } from '../support/built';

/** Rules that can speak about an import. */
const IMPORT_RULES = ['no-restricted-imports', 'no-restricted-syntax', '@typescript-eslint/no-require-imports'];

interface Case {
  /** A real file, below service/src unless it starts with lib/ or apps/. */
  readonly file: string;
  readonly allowed: readonly string[];
  readonly forbidden: readonly string[];
}

const from = (specifier: string): string => `import * as it from '${specifier}';\nexport const x = it;\n`;
const dynamic = (specifier: string): string => `export const x = await import('${specifier}');\n`;
const required = (specifier: string): string =>
  `import { createRequire } from 'node:module';\nexport const x = createRequire(__filename)('${specifier}') as unknown;\n`;

const ONNX = from('onnxruntime-node');
const CONTRACT = from('../../../lib/contract');
const METRICS = from('../../../lib/metrics');
const SIZING = from('../../../lib/sizing');

const CASES: readonly Case[] = [
  {
    file: 'audio/decode-audio.ts',
    allowed: [from('./containers/wav'), from('node:path'), CONTRACT],
    forbidden: [from('../whisper/windows'), from('../engine/engine'), from('../config'), METRICS, SIZING, ONNX],
  },
  {
    file: 'audio/containers/flac.ts',
    allowed: [from('./flac-stream'), from('../codecs/packet-decoder'), from('../../../../lib/contract')],
    forbidden: [from('../../whisper/windows'), dynamic('../../whisper/windows'), dynamic('onnxruntime-node')],
  },
  {
    file: 'whisper/windows.ts',
    allowed: [from('./audio-format'), from('node:zlib')],
    forbidden: [
      ...['node:fs', 'node:fs/promises', 'fs', 'zlib', 'fastify', 'onnxruntime-node'].map(from),
      ...['../engine/engine', '../audio/containers/wav', '../text/json', '../../src/engine/engine', '../main'].map(
        from,
      ),
      CONTRACT,
      dynamic('node:fs'),
      `export * from '../engine/engine';\n`,
      `import type { Engine } from '../engine/engine';\nexport type X = Engine;\n`,
    ],
  },
  {
    file: 'whisper/logit-filters/timestamp-rules.ts',
    allowed: [from('../logits/logits'), from('./logit-filter')],
    forbidden: [from('../../engine/engine'), from('node:fs')],
  },
  {
    file: 'text/json.ts',
    allowed: [from('../whisper/transcribe'), from('./plain-text')],
    forbidden: [from('../http/app'), from('../engine/engine'), CONTRACT, ONNX],
  },
  {
    file: 'engine/onnx-whisper-model.ts',
    allowed: [ONNX, from('../whisper/model'), CONTRACT, from('./log-mel')],
    forbidden: [
      ...['../audio/audio-decoder', '../http/app', '../text/json', '../cli/demo', '../config'].map(from),
      ...['@xenova/transformers', '@huggingface/tokenizers', 'node:module', 'cdk8s'].map(from),
      SIZING,
      dynamic('onnxruntime-node'),
      required('@huggingface/tokenizers'),
    ],
  },
  {
    file: 'engine/hub.ts',
    allowed: [dynamic('@xenova/transformers')],
    forbidden: [from('@xenova/transformers'), dynamic('../http/app'), required('@xenova/transformers')],
  },
  {
    file: 'engine/prompt-encoder.ts',
    allowed: [required('@huggingface/tokenizers'), from('./model-directory')],
    forbidden: [
      from('@huggingface/tokenizers'),
      from('../http/app'),
      required('onnxruntime-node'),
      required('../http/app'),
      dynamic('@huggingface/tokenizers'),
      `import { createRequire } from 'node:module';\nexport const load = createRequire(__filename);\n`,
    ],
  },
  {
    file: 'observability/service-metrics.ts',
    allowed: [...['prom-client', '../version', '../engine/scheduling/engine-load'].map(from), CONTRACT, METRICS],
    forbidden: [from('../engine/engine'), from('../engine/scheduling/admission'), from('../http/app'), SIZING, ONNX],
  },
  {
    file: 'observability/tracing.ts',
    allowed: [`import type { Span } from '@opentelemetry/api';\nexport type X = Span;\n`],
    forbidden: ['api', 'exporter-trace-otlp-http', 'resources', 'sdk-trace-base'].flatMap((name) => [
      from(`@opentelemetry/${name}`),
      dynamic(`@opentelemetry/${name}`),
    ]),
  },
  {
    file: 'observability/otlp-tracing.ts',
    allowed: ['api', 'exporter-trace-otlp-http', 'resources', 'sdk-trace-base'].map((name) =>
      dynamic(`@opentelemetry/${name}`),
    ),
    forbidden: [from('@opentelemetry/sdk-trace-base'), dynamic('@xenova/transformers'), dynamic('../http/app')],
  },
  {
    file: 'http/app.ts',
    allowed: [
      ...['../engine/engine', '../engine/engine-error', '../audio/audio-decoder', '../whisper/transcribe'].map(from),
      ...['../text/json', '../config', '../observability/service-metrics', './health', 'fastify', 'node:fs'].map(from),
      CONTRACT,
    ],
    forbidden: [
      ...['../engine/onnx-whisper-model', '../engine/engine-process', '../engine/model-directory'].map(from),
      ...['../cli/demo', '../main', 'onnxruntime-node', '@xenova/transformers', 'node:module'].map(from),
      SIZING,
      dynamic('onnxruntime-node'),
      dynamic('../cli/demo'),
      dynamic('./health'),
      `import demo = require('../cli/demo');\nexport const x = demo;\n`,
      `export const x = require('../cli/demo') as unknown;\n`,
    ],
  },
  {
    file: 'config.ts',
    allowed: [from('../../lib/contract'), from('node:path')],
    forbidden: [
      ...['./engine/engine', './http/app', './main', './cli/demo', './whisper/languages', '../../lib/sizing'].map(from),
      ONNX,
      dynamic('./engine/engine'),
    ],
  },
  {
    file: 'version.ts',
    allowed: [from('node:path')],
    forbidden: [from('./config'), from('../../lib/contract'), ONNX],
  },
  {
    file: 'main.ts',
    allowed: [
      ...['./engine/engine', './config'].map(from),
      from('../../lib/contract'),
      `import type * as Server from './server';\nexport type X = typeof Server;\n`,
      `import { createRequire } from 'node:module';\nexport const x: unknown = createRequire(__filename)('./server');\n`,
    ],
    forbidden: [
      ...['./server', './http/app', './audio/audio-decoder', './cli/demo', '../../lib/sizing'].map(from),
      ONNX,
      from('@xenova/transformers'),
      dynamic('./cli/demo'),
    ],
  },
  {
    file: 'server.ts',
    allowed: [
      ...['./engine/model-integrity', './http/app', './audio/audio-decoder', './config', './text/json'].map(from),
      from('../../lib/contract'),
    ],
    forbidden: [from('./main'), from('./cli/demo'), from('../../lib/sizing'), ONNX, dynamic('./http/app')],
  },
  {
    file: 'http/openapi/documentation.ts',
    allowed: [from('fastify'), dynamic('./documentation-pages.js')],
    forbidden: [from('./documentation-pages.js'), dynamic('../app.js'), ONNX],
  },
  {
    file: 'cli/whisper-stt.ts',
    allowed: [from('../main'), CONTRACT, dynamic('./demo.js'), dynamic('./doctor/doctor.js')],
    forbidden: [from('./demo.js'), dynamic('../main.js'), SIZING, ONNX],
  },
  {
    file: 'compiler/compile-model.ts',
    allowed: ['../engine/model-shape', '../engine/log-mel', '../version'].map(from),
    forbidden: [...['../http/app', '../config', '../main', '../whisper/windows'].map(from), SIZING, ONNX],
  },
  {
    file: 'cli/demo.ts',
    allowed: [...['../main', '../config', '../engine/hub', '../http/app', '../text/json'].map(from), CONTRACT],
    forbidden: [SIZING, ONNX, dynamic('../main')],
  },
  { file: 'lib/contract.ts', allowed: ['export const x = 1;\n'], forbidden: [from('./sizing'), from('node:path')] },
  { file: 'lib/metrics.ts', allowed: ['export const x = 1;\n'], forbidden: [from('./contract'), from('node:path')] },
  {
    file: 'lib/sizing.ts',
    allowed: [from('./contract'), from('cdk8s')],
    forbidden: [
      ...['../service/src/config', 'fastify', 'onnxruntime-node', '@xenova/transformers', 'node:module'].map(from),
      dynamic('../service/src/config'),
    ],
  },
  {
    file: 'apps/minimal.ts',
    allowed: [from('../lib')],
    forbidden: [from('../service/src/main'), dynamic('../service/src/main')],
  },
];

const pathOf = (file: string): string =>
  path.join(REPOSITORY, /^(?:lib|apps)\//.test(file) ? file : `service/src/${file}`);

const rows = CASES.flatMap(({ file, allowed, forbidden }) => [
  ...allowed.map((text) => ({ file, verdict: 'allows', text })),
  ...forbidden.map((text) => ({ file, verdict: 'forbids', text })),
]);

/** The messages about imports for each row, all from one process: loading ESLint takes seconds. */
function lintRows(): string[][] {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(REPOSITORY, 'test/support/lint-texts.mjs')],
    {
      cwd: REPOSITORY,
      input: JSON.stringify(rows.map(({ file, text }) => ({ file: pathOf(file), text }))),
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    },
  );
  if (status !== 0) throw new Error(stderr);
  const results = JSON.parse(stdout) as { ruleId: string | null; message: string }[][];
  return results.map((messages, index) => {
    const fatal = messages.find(({ ruleId }) => ruleId === null);
    if (fatal) throw new Error(`${rows[index]!.file}: ${fatal.message}: ${rows[index]!.text}`);
    return messages.filter(({ ruleId }) => IMPORT_RULES.includes(ruleId!)).map(({ message }) => message);
  });
}

describe('the import rules', () => {
  let messages: string[][];
  beforeAll(() => {
    messages = lintRows();
  }, 120_000);

  test.each(rows.map((row, index) => ({ ...row, shown: row.text.trim().split('\n').join(' '), index })))(
    '$file: $verdict $shown',
    ({ verdict, index }) => {
      if (verdict === 'allows') expect(messages[index]).toEqual([]);
      else expect(messages[index]).not.toEqual([]);
    },
  );

  test('are about files that are there', () => {
    expect(CASES.map(({ file }) => file).filter((file) => !existsSync(pathOf(file)))).toEqual([]);
  });

  test('have a row for every module of the server', () => {
    const modules = readdirSync(path.join(REPOSITORY, 'service/src')).map((name) => path.parse(name).name);
    const proved = new Set(CASES.map(({ file }) => path.parse(file.split('/')[0]!).name));
    expect(modules.filter((name) => !proved.has(name))).toEqual([]);
  });
});
