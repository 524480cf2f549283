import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  judgeChecksums,
  judgeDevice,
  judgeModel,
  judgeModelLoad,
  judgeVoiceActivity,
} from '../../../../service/src/cli/doctor/checks/model-checks';
import type { ServerFacts } from '../../../../service/src/cli/doctor/server-facts';
import { readConfig } from '../../../../service/src/config';
import { compiledVariantFor } from '../../../../service/src/engine/compiled-variant';
import { hasInt8DotProducts } from '../../../../service/src/engine/cpu-features';
import { COMPILED_FORMAT, compiledFileNames, openModelDirectory } from '../../../../service/src/engine/model-directory';
import { failureOf } from '../../../support/failure-of';
import { MODEL_STORE, NANO } from '../../../support/nano';

const FACTS: ServerFacts = {
  config: readConfig({ STT_MODEL_STORE: MODEL_STORE }),
  model: { value: openModelDirectory(MODEL_STORE, 'nano', 'int8') },
  checksums: { value: 5 },
  hasSpeechDetector: true,
  apiKeys: undefined,
  port: { state: 'free' },
  load: { value: { loadMs: 120.4, warmUpMs: 80.6, answerMs: 60 } },
};
const LOST: ServerFacts = { ...FACTS, model: { error: 'no model "nano"' }, checksums: undefined, load: undefined };

describe('the model', () => {
  it('is found', () => {
    expect(judgeModel(FACTS)).toMatchObject({ status: 'ok', found: `${NANO}, as published, 5.4 MiB of weights` });
  });

  it('that was compiled for other processors is slower than it could be', () => {
    const published = openModelDirectory(MODEL_STORE, 'nano', 'int8');
    if (published.layout !== 'published') throw new Error('the embedded model is published');
    expect(judgeModel({ ...FACTS, model: { value: { ...published, missingVariant: 'int7' } } })).toMatchObject({
      status: 'warning',
      remedy: expect.stringContaining('with int7 among --variants'),
    });
  });

  it('that is not found fails, and with it what needs it is skipped', () => {
    expect(judgeModel(LOST)).toMatchObject({
      status: 'failure',
      found: 'no model "nano"',
      remedy: expect.stringContaining('whisper-stt fetch nano'),
    });
    expect(judgeChecksums(LOST)).toMatchObject({ status: 'skipped', found: 'no model' });
    expect(judgeModelLoad(LOST)).toMatchObject({ status: 'skipped', found: 'no model' });
  });

  describe('that is not whole is told how to be mended', () => {
    let store: string;
    const file = (name: string): string => path.join(store, 'whisper-tiny', name);
    const graphs = Object.values(compiledFileNames(compiledVariantFor('int8', hasInt8DotProducts())));
    beforeEach(() => {
      store = mkdtempSync(path.join(os.tmpdir(), 'model-checks-'));
      mkdirSync(file('compiled'), { recursive: true });
      for (const name of ['config.json', 'generation_config.json', 'tokenizer.json']) writeFileSync(file(name), '{}');
      for (const name of [...graphs, 'vocabulary.bin']) writeFileSync(file(`compiled/${name}`), '');
      writeFileSync(file('compiled/manifest.json'), JSON.stringify({ format: COMPILED_FORMAT }));
    });
    afterEach(() => {
      rmSync(store, { recursive: true });
    });

    const remedy = (): string | undefined => {
      const { message } = failureOf(() => openModelDirectory(store, 'tiny', 'int8')) as Error;
      return judgeModel({ ...FACTS, model: { error: message } }).remedy;
    };

    it.each(graphs)('without %s', (name) => {
      rmSync(file(`compiled/${name}`));
      expect(remedy()).toContain('with the variant among --variants');
    });

    it.each([
      ['without its vocabulary', 'vocabulary.bin', undefined],
      ['without its manifest', 'manifest.json', undefined],
      ['with half a manifest', 'manifest.json', '{"format":'],
      ['in another format', 'manifest.json', '{"format":3}'],
    ])('%s', (_, name, content) => {
      if (content === undefined) rmSync(file(`compiled/${name}`));
      else writeFileSync(file(`compiled/${name}`), content);
      expect(remedy()).toContain('Compile its source anew');
    });

    it('as published', () => {
      rmSync(file('compiled'), { recursive: true });
      expect(remedy()).toContain('whisper-stt fetch nano');
    });
  });

  it('is as its checksums say, or is not, or has none', () => {
    expect(judgeChecksums(FACTS)).toMatchObject({ status: 'ok', found: '5 files as it says' });
    expect(judgeChecksums({ ...FACTS, checksums: { error: 'config.json is not listed' } })).toMatchObject({
      status: 'failure',
      found: 'config.json is not listed',
    });
    expect(judgeChecksums({ ...FACTS, checksums: { value: 0 } })).toMatchObject({
      status: 'warning',
      found: expect.stringContaining('no SHA256SUMS'),
    });
  });
});

describe('loading the model', () => {
  it('says how long it took', () => {
    expect(judgeModelLoad(FACTS)).toMatchObject({
      status: 'ok',
      found: 'loaded in 120 ms, warm after 81 ms more, then answered in 60 ms',
    });
  });

  it('fails with what the engine says', () => {
    expect(judgeModelLoad({ ...FACTS, load: { error: 'no graph' } })).toMatchObject({
      status: 'failure',
      found: 'no graph',
    });
  });

  it('is left to the server that runs already', () => {
    const beside = (isReady: boolean) =>
      judgeModelLoad({ ...FACTS, load: undefined, port: { state: 'server', isReady } });
    expect(beside(true).status).toBe('skipped');
    expect(beside(false)).toMatchObject({ status: 'warning', found: 'the server that runs here is not ready' });
  });

  it('is skipped when nobody wants it, or nothing can run it', () => {
    expect(judgeModelLoad({ ...FACTS, load: undefined })).toMatchObject({ status: 'skipped', found: '--no-load' });
    const gpu = readConfig({ STT_DEVICE: 'gpu' });
    expect(judgeModelLoad({ ...FACTS, load: undefined, config: gpu })).toMatchObject({
      status: 'skipped',
      found: 'no provider for the device',
    });
    expect([judgeDevice(gpu).status, judgeDevice(FACTS.config).status]).toEqual(['failure', 'ok']);
  });
});

describe('the speech detector', () => {
  it.each([
    ['silero', true, 'ok'],
    ['silero', false, 'warning'],
    ['energy', false, 'ok'],
  ])('of %s, installed: %s, is %s', (detector, hasSpeechDetector, status) => {
    const config = readConfig({ STT_VOICE_ACTIVITY: detector });
    expect(judgeVoiceActivity({ ...FACTS, config, hasSpeechDetector }).status).toBe(status);
  });
});
