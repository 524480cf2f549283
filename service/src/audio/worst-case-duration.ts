import { AudioError } from './audio-error';
import { identifyContainer } from './containers/identify-container';
import { readLeadingWavFormat } from './containers/wav-chunks';
import { wavEncoding } from './containers/wav-encoding';

/**
 * The longest audio that a file may turn out to hold, told in a moment from its first bytes.
 *
 * A WAV file cannot hold more than its size allows. A compressed one can unfold to any length, whatever its header
 * says of itself.
 *
 * @param bytes the file
 * @param maxDurationS longest audio that is decoded, in seconds
 * @returns seconds, at most `maxDurationS`; exactly that for everything but a WAV file with a readable format
 */
export function worstCaseDurationS(bytes: Uint8Array, maxDurationS: number): number {
  try {
    const { kind, offset } = identifyContainer(bytes);
    const contents = bytes.subarray(offset);
    const format = kind === 'wav' ? readLeadingWavFormat(contents) : undefined;
    if (!format) return maxDurationS;
    // not the block align that the header states: the decoder goes by the encoding, too
    const bytesPerSecond = wavEncoding(format).bytesPerSample * format.channels * format.sampleRateHz;
    return Math.min(contents.length / bytesPerSecond, maxDurationS);
  } catch (error) {
    if (error instanceof AudioError) return maxDurationS;
    throw error;
  }
}
