import type { Config } from '../../../config';
import type { ModelDirectory } from '../../../engine/model-directory';
import { failure, ok, skipped, warning, type Finding } from '../finding';
import type { ServerFacts } from '../server-facts';

export function judgeDevice({ device }: Config): Finding {
  const wanted = 'cpu';
  if (device === 'cpu') return ok(device, wanted);
  return failure(device, wanted, 'This build has a provider for cpu alone: leave STT_DEVICE out.');
}

export function judgeModel({ config, model }: ServerFacts): Finding {
  const wanted = `model ${config.model} in ${config.quantization} below ${config.modelStore}`;
  if ('error' in model) {
    return failure(model.error, wanted, modelRemedy(model.error, config));
  }
  const { path, weightBytes } = model.value;
  const found = `${path}, ${layoutOf(model.value)}, ${(weightBytes / 2 ** 20).toFixed(1)} MiB of weights`;
  if (model.value.layout === 'published' && model.value.missingVariant !== undefined) {
    const variant = model.value.missingVariant;
    return warning(
      found,
      wanted,
      `It was compiled, but not all of ${variant} is there, which this processor would be served with: the published files are slower. Compile it anew, with ${variant} among --variants.`,
    );
  }
  return ok(found, wanted);
}

function modelRemedy(error: string, { model }: Config): string {
  if (/ no compiled\/(?:encoder|decoder|alignment)\./.test(error)) {
    return 'Compile it for this precision and processor, too: whisper-stt compile-model, with the variant among --variants.';
  }
  if (/ no compiled\/|\/compiled\/manifest\.json/.test(error)) {
    return 'Compile its source anew: whisper-stt compile-model SOURCE OUT.';
  }
  return `Correct STT_MODEL, STT_MODEL_STORE and STT_QUANTIZATION, or fetch it: whisper-stt fetch ${model}.`;
}

function layoutOf(directory: ModelDirectory): string {
  return directory.layout === 'compiled' ? `compiled for ${directory.variant}` : 'as published';
}

export function judgeChecksums({ checksums }: ServerFacts): Finding {
  const wanted = "every file as the model's SHA256SUMS says";
  if (checksums === undefined) return skipped('no model', wanted);
  if ('error' in checksums) {
    return failure(checksums.error, wanted, 'Copy the model anew, or pull the image again.');
  }
  if (checksums.value === 0) {
    return warning(
      'no SHA256SUMS: the model is taken as it is',
      wanted,
      'Write it where the model is known to be whole (docs/configuration.md, Checksums of a model); images hold it.',
    );
  }
  return ok(`${checksums.value} files as it says`, wanted);
}

export function judgeModelLoad({ config, load, model, port }: ServerFacts): Finding {
  const wanted = 'the model loads and answers for a second of silence';
  if (port.state === 'server') {
    return port.isReady
      ? skipped('a server that is ready has the port: its log says which model it has loaded', wanted)
      : warning(
          'the server that runs here is not ready',
          wanted,
          'It loads its model, is being stopped, or has no room in its queue: see its log and /readyz.',
        );
  }
  if (load === undefined) {
    const reason = 'error' in model ? 'no model' : config.device === 'cpu' ? '--no-load' : 'no provider for the device';
    return skipped(reason, wanted);
  }
  if ('error' in load) {
    return failure(load.error, wanted, 'Its files are damaged or of no Whisper model: copy or fetch it anew.');
  }
  const { loadMs, warmUpMs, answerMs } = load.value;
  return ok(`loaded in ${ms(loadMs)}, warm after ${ms(warmUpMs)} more, then answered in ${ms(answerMs)}`, wanted);
}

export function judgeVoiceActivity({ config, hasSpeechDetector }: ServerFacts): Finding {
  const wanted =
    config.voiceActivity === 'silero' ? 'the speech detector that comes with the server' : 'the energy gate';
  if (config.voiceActivity === 'energy') return ok('energy: no detector is needed', wanted);
  if (hasSpeechDetector) return ok('silero', wanted);
  return warning(
    'its file is missing',
    wanted,
    'The energy gate decides alone, and takes music and noise for speech: install service/models/silero-vad, or say STT_VOICE_ACTIVITY=energy.',
  );
}

function ms(duration: number): string {
  return `${Math.round(duration)} ms`;
}
