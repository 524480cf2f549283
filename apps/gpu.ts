/**
 * The model on an NVIDIA GPU, in pods that are Guaranteed all the same.
 *
 * Use it as the pattern for large models, with an image of your own whose server has a GPU provider: this project builds
 * none and has run none.
 */
import { App, Chart, Size } from 'cdk8s';
import { Device, WhisperModel, WhisperSttService } from '../lib';

const app = new App();
const chart = new Chart(app, 'gpu', { namespace: 'whisper-gpu' });

const { warnings } = new WhisperSttService(chart, 'stt', {
  image:
    'registry.example.com/voice/whisper-stt-gpu:1.0.0@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  device: Device.GPU,
  runtimeClassName: 'nvidia',
  model: WhisperModel.SMALL,
  cpus: 4,
  memory: Size.gibibytes(4),
  // A GPU serves many callers, and is too dear to stand by.
  maxReplicas: 3,
});

for (const warning of warnings) {
  console.warn(warning);
}
app.synth();
