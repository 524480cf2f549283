import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { logMelLayers } from '../../../service/src/compiler/log-mel-layers';
import { GraphBuilder } from '../../../service/src/compiler/onnx/graph-builder';
import { audioRows, HOP_SAMPLES, LogMel, WINDOW_FRAMES } from '../../../service/src/engine/log-mel';
import type { Surroundings } from '../../../service/src/whisper/model';
import { witness } from '../../parity/witness';
import { SAMPLES, sampleAudio } from '../../support/nano';
import { floatsOf, runGraph, sent } from '../../support/graph-runner';

const WINDOW_SAMPLES = 480_000;
/** To openai-whisper, which computes in single precision too. */
const CLOSE = 1e-4;
/** To ours in double precision: sums of 400 products are up to 9e-5 off in the quietest bands, as a processor adds them. */
const CLOSE_TO_DOUBLE = 2e-4;

interface Heard {
  readonly samples: Float32Array;
  readonly surroundings?: Surroundings;
}

describe.each([80, 128])("the graph's log-mel spectrogram of %i bands", (melBins) => {
  let folder: string;
  const file = (): string => path.join(folder, 'log-mel.onnx');
  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'log-mel-'));
    const graph = new GraphBuilder('log-mel');
    const features = logMelLayers(graph, melBins, {
      audio: graph.input('audio', 'float', [1, 'rows', HOP_SAMPLES]),
      inRecording: graph.input('in_recording', 'bool', [1]),
      loudest: graph.input('loudest', 'float', [1]),
      frames: graph.input('frames', 'int64', [1]),
    });
    graph.output('features', features, 'float', [1, 'frames', melBins]);
    writeFileSync(file(), graph.build('0'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** As the engine feeds it: [WINDOW_FRAMES, melBins] of each. */
  function featuresOf(heard: readonly Heard[]): Float32Array[] {
    const feeds = heard.map(({ samples, surroundings }) => {
      const audio = audioRows(samples, surroundings);
      return {
        audio: sent('float32', [1, audio.length / HOP_SAMPLES, HOP_SAMPLES], audio),
        in_recording: sent('bool', [1], Uint8Array.of(surroundings === undefined ? 0 : 1)),
        loudest: sent('float32', [1], Float32Array.of(surroundings?.loudest ?? -Infinity)),
        frames: sent('int64', [1], BigInt64Array.of(BigInt(WINDOW_FRAMES))),
      };
    });
    return runGraph(file(), feeds).map(({ features }) => {
      expect(features!.dims).toEqual([1, WINDOW_FRAMES, melBins]);
      return floatsOf(features!);
    });
  }

  function largestDifference(heard: readonly Heard[]): number {
    const reference = new LogMel(melBins);
    let largest = 0;
    featuresOf(heard).forEach((features, i) => {
      const expected = reference.extract(heard[i]!.samples, heard[i]!.surroundings);
      for (let t = 0; t < WINDOW_FRAMES; t++) {
        for (let m = 0; m < melBins; m++) {
          const difference = Math.abs(features[t * melBins + m]! - expected[m * WINDOW_FRAMES + t]!);
          largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
        }
      }
    });
    return largest;
  }

  it('is that of the reference, for the samples', () => {
    const files = SAMPLES.map(({ file: each }) => each).filter((each) => melBins === 80 || !each.startsWith('en-'));
    const largest = largestDifference(files.map((each) => ({ samples: sampleAudio(each, WINDOW_SAMPLES) })));
    console.log(`${melBins} bands: features differ by ${largest.toExponential(1)} at most`);
    expect(largest).toBeLessThan(CLOSE_TO_DOUBLE);
  });

  it('is that of the reference for windows of any length, down to none', () => {
    const recording = sampleAudio('en-01.wav');
    const lengths = [0, 1, 159, 160, 161, 200, 201, 16_000, 16_001];
    expect(largestDifference(lengths.map((length) => ({ samples: recording.subarray(0, length) })))).toBeLessThan(
      CLOSE,
    );
    const long = sampleAudio('long-en.wav');
    const full = [WINDOW_SAMPLES - 201, WINDOW_SAMPLES - 1, WINDOW_SAMPLES];
    expect(largestDifference(full.map((length) => ({ samples: long.subarray(0, length) })))).toBeLessThan(
      CLOSE_TO_DOUBLE,
    );
  });

  it('is that of the reference where a window is cut out of a recording, or is all of it', () => {
    const recording = sampleAudio('long-en.wav');
    const nothing = recording.subarray(0, 0);
    const loudest = new LogMel(melBins).loudest(recording.subarray(0, WINDOW_SAMPLES), {
      before: nothing,
      after: nothing,
    });
    const cut = (from: number, length: number): Heard => ({
      samples: recording.subarray(from, from + length),
      surroundings: {
        before: recording.subarray(Math.max(0, from - 200), from),
        after: recording.subarray(from + length, from + length + 200),
        loudest: loudest + 1,
      },
    });
    const short = sampleAudio('en-01.wav');
    const whole = { before: nothing, after: nothing, loudest: undefined };
    const heard = [
      cut(0, WINDOW_SAMPLES),
      cut(160, WINDOW_SAMPLES),
      cut(480_000, 160),
      cut(640_000, 16_000),
      { samples: short.subarray(0, 32_000), surroundings: whole },
      { samples: recording.subarray(0, WINDOW_SAMPLES), surroundings: whole },
    ];
    expect(largestDifference(heard)).toBeLessThan(CLOSE_TO_DOUBLE);
  });

  if (melBins !== 80) return;

  it("is openai-whisper's", () => {
    const { windows } = witness('openai-whisper-features') as {
      readonly windows: readonly {
        readonly file: string;
        readonly frames: readonly number[];
        /** Of each of `frames`, by band. */
        readonly features: readonly (readonly number[])[];
      }[];
    };
    let largest = 0;
    let compared = 0;
    featuresOf(windows.map(({ file: each }) => ({ samples: sampleAudio(each, WINDOW_SAMPLES) }))).forEach((ours, i) => {
      const { frames, features } = windows[i]!;
      frames.forEach((frame, row) => {
        features[row]!.forEach((value, band) => {
          largest = Math.max(largest, Math.abs(ours[frame * melBins + band]! - value));
          compared++;
        });
      });
    });
    console.log(`${compared} features of openai-whisper: they differ by ${largest.toExponential(1)} at most`);
    expect(compared).toBeGreaterThan(5000);
    expect(largest).toBeLessThan(CLOSE);
  });
});
