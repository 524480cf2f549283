export { WhisperSttPolicy } from './whisper-stt-policy';
