import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { calibrationInputsHash, HELD_OUT_SET } from '../../service/bench/calibration/calibration-inputs';
import { calibrationDiagram, writeCalibrationReport } from '../../service/bench/calibration/calibration-report';
import type { CalibrationResults } from '../../service/bench/calibration/calibration-results';
import { readHeldOutSet } from '../../service/bench/calibration/held-out-set';
import { normalizedWords } from '../../service/bench/calibration/word-alignment';
import { RECOMMENDED_WORD_CONFIDENCE } from '../../service/bench/calibration/word-confidence';
import { REPOSITORY } from '../support/built';

const read = (file: string): string => readFileSync(path.join(REPOSITORY, 'docs', file), 'utf8');
const results = JSON.parse(read('confidence.json')) as CalibrationResults;
const folder = path.join(REPOSITORY, HELD_OUT_SET);
const utterances = readHeldOutSet(folder);

describe('docs/confidence.md', () => {
  test('is about the model, recordings and sources as they are now: run `npm run calibration` and commit when this fails', () => {
    expect(results.inputs).toBe(calibrationInputsHash(REPOSITORY));
  });

  test('is as the calibration wrote it, and so is its diagram', () => {
    expect(read('confidence.md')).toBe(writeCalibrationReport(results));
    expect(read('confidence.svg')).toBe(calibrationDiagram(results));
  });

  test.each(['int8', 'fp32'])('stands on all held-out sentences in %s', (precision) => {
    const { errors } = results.runs[precision]!;

    expect(errors.utterances).toBe(utterances.length);
    expect(errors.words).toBe(utterances.flatMap(({ text }) => normalizedWords(text)).length);
  });

  test.each(['int8', 'fp32'])(
    'finds the product of its tokens to be the best confidence of a word in %s',
    (precision) => {
      const { words } = results.runs[precision]!;
      const product = words[RECOMMENDED_WORD_CONFIDENCE]!;
      const others = ['minimum', 'geometric mean', 'arithmetic mean'].map((name) => words[name]!);

      for (const other of others) {
        expect(product.ece).toBeLessThan(other.ece);
        expect(product.brier).toBeLessThan(other.brier);
        expect(product.auroc).toBeGreaterThan(other.auroc);
      }
    },
  );

  test('finds at most half a point of word errors between int8 and fp32', () => {
    expect(Math.abs(results.difference!.points)).toBeLessThanOrEqual(0.005);
  });
});

describe('test/fixtures/held-out', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.flac'));

  test('holds at least 2000 words in at most 10 MB', () => {
    const bytes = files.map((file) => statSync(path.join(folder, file)).size).reduce((sum, size) => sum + size, 0);

    expect(results.set.words).toBeGreaterThanOrEqual(2000);
    expect(bytes).toBeLessThanOrEqual(10_000_000);
  });

  test('has every file in its manifest, each filled by its sentences', () => {
    expect([...new Set(utterances.map(({ file }) => file))].sort()).toEqual(files.sort());
    utterances.forEach(({ file, startSample, endSample }, index) => {
      const before = utterances[index - 1];
      expect(startSample).toBe(before?.file === file ? before.endSample : 0);
      expect(endSample).toBeGreaterThan(startSample!);
    });
  });

  test('says no sentence twice', () => {
    const texts = utterances.map(({ text }) => normalizedWords(text).join(' '));

    expect(new Set(texts).size).toBe(texts.length);
  });

  test('says none of the sentences of the samples that the model comes with', () => {
    const samples = JSON.parse(
      readFileSync(path.join(REPOSITORY, 'service/models/whisper-nano/samples/transcripts.json'), 'utf8'),
    ) as { text: string }[];
    const texts = new Set(utterances.map(({ text }) => text));

    expect(samples.filter(({ text }) => texts.has(text))).toEqual([]);
  });
});
