import { readFile } from 'node:fs/promises';
import { AudioDecoder, type DecodedAudio } from '../../src/audio/audio-decoder';
import { resourceLimits, usableCpus } from '../../src/engine/cgroup';
import { Engine } from '../../src/engine/engine';
import { engineTranscriber } from '../../src/engine/engine-transcriber';
import { openModelDirectory } from '../../src/engine/model-directory';
import { speechDetectorFile } from '../../src/engine/speech-detector-file';
import { transcribe } from '../../src/whisper/transcribe';
import { PROMPT_TEMPERATURES } from '../../src/whisper/transcribe-options';
import { wavFile } from '../calibration/wav-file';
import type { LabelledRecording } from './labelled-recordings';
import { VariantStore, type ModelVariant } from './model-variant';

/** Long enough for any recording of a set, in seconds. */
const LONGEST_FILE_S = 24 * 3600;

/** Audio of recordings as the server decodes it; a file that holds several is decoded once. */
export class RecordingReader {
  private readonly decoder = new AudioDecoder({ maxDurationS: LONGEST_FILE_S, timeoutMs: LONGEST_FILE_S * 1000 });
  private open: { readonly file: string; readonly audio: DecodedAudio } | undefined;

  async read({ file, startSample, endSample }: LabelledRecording): Promise<DecodedAudio> {
    if (this.open?.file !== file) this.open = { file, audio: await this.decoder.decode(await readFile(file)) };
    const { audio } = this.open;
    if (startSample === undefined && endSample === undefined) return audio;
    return this.decoder.decode(wavFile(audio.samples.subarray(startSample, endSample)));
  }

  close(): Promise<void> {
    return this.decoder.close();
  }
}

/**
 * Transcripts of recordings by the server's own path: audio decoder, speech detector, engine process, windows at pauses,
 * and the temperatures of the HTTP interface.
 *
 * @param onDone told how many are done
 */
export async function transcribeRecordings(
  recordings: readonly LabelledRecording[],
  model: string,
  variant: ModelVariant,
  onDone: (count: number) => void,
): Promise<readonly string[]> {
  const { quantization } = variant;
  const store = VariantStore.of(model, variant);
  const engine = new Engine({
    modelStore: store.path,
    model: store.model,
    quantization,
    threads: usableCpus(resourceLimits()),
    maxQueue: 1,
    speechDetectorFile: speechDetectorFile(),
  });
  const reader = new RecordingReader();
  try {
    await engine.start();
    const transcriber = engineTranscriber(engine, openModelDirectory(store.path, store.model, quantization));
    const transcripts: string[] = [];
    for (const recording of recordings) {
      const audio = await reader.read(recording);
      const speech = await transcriber.confirmSpeech(audio);
      const { text } = await transcribe({ samples: audio.samples, speech }, transcriber, {
        task: 'transcribe',
        language: recording.language,
        timestamps: false,
        temperature: PROMPT_TEMPERATURES,
        strategy: 'pauses',
      });
      transcripts.push(text);
      onDone(transcripts.length);
    }
    return transcripts;
  } finally {
    await Promise.all([engine.stop(), reader.close()]);
    store.remove();
  }
}
