import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import path from 'node:path';
import type { LabelledRecording } from './labelled-recordings';
import { RecordingReader } from './transcribe-recordings';

/** `service/bench/gate`, seen from `build/service/bench/gate`. */
const SCRIPT = path.resolve(__dirname, '../../../../service/bench/gate/openai_whisper.py');

/**
 * Transcripts of recordings by openai-whisper, from the samples that the server's own decoder gives: ffmpeg is not needed.
 *
 * @param python with the package openai-whisper
 * @param checkpoint a `.pt` file of openai-whisper's, or the name of a model that it may download
 * @param onDone told how many are done
 * @throws Error where openai-whisper cannot be run
 */
export async function transcribeWithOpenai(
  recordings: readonly LabelledRecording[],
  python: string,
  checkpoint: string,
  onDone: (count: number) => void,
): Promise<readonly string[]> {
  const child = spawn(python, [SCRIPT, checkpoint], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<Error>((resolve) => {
    child.once('error', (error) => {
      resolve(new Error(`cannot run ${python}: ${error.message}`));
    });
    child.once('exit', (code) => {
      resolve(new Error(`openai-whisper ended with ${code ?? 'a signal'}: see above`));
    });
  });
  // What is written to a process that has ended is told by its exit.
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const reader = new RecordingReader();
  try {
    const transcripts: string[] = [];
    for (const recording of recordings) {
      const { samples } = await reader.read(recording);
      child.stdin.write(`${JSON.stringify({ language: recording.language, samples: samples.length })}\n`);
      child.stdin.write(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
      const answer = await Promise.race([lines.next(), ended]);
      if (answer instanceof Error || answer.done === true) throw await ended;
      transcripts.push((JSON.parse(answer.value) as { readonly text: string }).text);
      onDone(transcripts.length);
    }
    return transcripts;
  } finally {
    child.stdin.end();
    child.kill();
    await reader.close();
  }
}
