/**
 * The least that deploys: an image, and the construct's defaults.
 *
 * Use it to try the service out, and as the start of an app of your own.
 */
import { App, Chart } from 'cdk8s';
import { WhisperSttService } from '../lib';

const app = new App();
const chart = new Chart(app, 'minimal', { namespace: 'whisper' });
const image =
  'registry.example.com/voice/whisper-stt:1.0.0@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const { warnings } = new WhisperSttService(chart, 'stt', { image });

for (const warning of warnings) {
  console.warn(warning);
}
app.synth();
