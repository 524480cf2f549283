/**
 * What a window takes with STT_SHORT_CONTEXT=on where nothing speaks against its text: texts of random weights never end, so
 * that the engine would hear each of them again. Without the way to the engine's process and back.
 */
import path from 'node:path';
import { DEFAULTS } from '../../../../lib/contract';
import { loadWhisperModel } from '../../../src/engine/load-whisper-model';
import { openModelDirectory } from '../../../src/engine/model-directory';
import { BpeTokenizer } from '../../../src/engine/text-tokenizer';
import { WINDOW_SAMPLES } from '../../../src/whisper/audio-format';
import { decodeWindow } from '../../../src/whisper/decode-window';
import type { DecodingOptions } from '../../../src/whisper/decoding-options';
import type { LogitsReader } from '../../../src/whisper/model';
import { planShortHearing } from '../../../src/whisper/short-context';
import { specialTokensFrom } from '../../../src/whisper/special-tokens';
import { answerRequests } from './answer-requests';

const PLAIN: DecodingOptions = { language: 'en', task: 'transcribe', timestamps: false, temperature: 0 };
const MARGIN = { marginSeconds: DEFAULTS.shortContextMarginSeconds };

void answerRequests(async ({ model: folder, threads, precision = 'int8' }) => {
  const directory = openModelDirectory(path.dirname(folder), path.basename(folder), precision);
  const model = await loadWhisperModel(directory, threads);
  const special = specialTokensFrom(directory.generationConfig, directory.config);
  const tokenizer = new BpeTokenizer(directory);
  return {
    about: `this server's model, ${precision}, ${MARGIN.marginSeconds} s behind the audio; windows that they fill are whole`,
    decode: async (samples, maxNewTokens) => {
      const heard = samples.subarray(0, WINDOW_SAMPLES);
      const positions = planShortHearing(heard.length, MARGIN, PLAIN)?.positions;
      const short = {
        canAttend: model.canAttend,
        canShorten: model.canShorten,
        encode: (audio: Float32Array) => model.encode(audio, undefined, positions),
        newDecoder: (features: unknown) => model.newDecoder(features),
        attend: (features: unknown, tokens: readonly number[], read: LogitsReader) =>
          model.attend(features, tokens, read),
      };
      const { tokens } = await decodeWindow({ model: short, special, tokenizer }, heard, { ...PLAIN, maxNewTokens });
      return tokens.length;
    },
  };
});
