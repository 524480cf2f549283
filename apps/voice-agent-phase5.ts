/**
 * The deployment of the document: speech-to-text for the voice agent, two to eight pods of two pinned CPUs.
 *
 * Use it as the pattern for a service that others call by its name. What is not said here is the construct's default.
 */
import { App, Chart } from 'cdk8s';
import { WhisperSttService } from '../lib';

const app = new App();
const chart = new Chart(app, 'voice-agent-phase5', { namespace: 'voice-agent-phase5' });

const service = new WhisperSttService(chart, 'stt', {
  name: 'stt-service',
  image: 'stt-service:v1.0.16-amd64',
});
// Checkov wants a digest.
service.deployment.metadata.addAnnotation(
  'checkov.io/skip1',
  'CKV_K8S_43=The deployment document names the image by its tag, and imagePullPolicy Always asks for it each time',
);

for (const warning of service.warnings) {
  console.warn(warning);
}
app.synth();
