// Decodes an hour of MP3 with the compiled sources and prints what it took: { durationS, resultBytes, peakBytes, cpuS }.
// The peak is what the process grew by at most, beside the file itself. A process of its own, so that the peak is its own.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const repository = path.join(import.meta.dirname, '../../..');
const { decodeAudio } = createRequire(import.meta.url)(
  path.join(repository, 'build/service/src/audio/decode-audio.js'),
);
const HOUR_S = 3_600;

const frames = readFileSync(path.join(repository, 'test/fixtures/audio/speech-no-lame-tag.mp3'));
const once = await decodeAudio(Uint8Array.from(frames), { maxDurationS: HOUR_S });
const hour = new Uint8Array(frames.length * Math.floor(HOUR_S / once.durationS));
for (let at = 0; at < hour.length; at += frames.length) hour.set(frames, at);

const { rss } = process.memoryUsage();
const cpu = process.cpuUsage();
const { durationS, samples } = await decodeAudio(hour, { maxDurationS: HOUR_S });
const { user, system } = process.cpuUsage(cpu);
// Not resourceUsage().maxRSS: what the parent held when it forked counts there, too (getrusage(2), ru_maxrss after execve).
const [, highWaterKb] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
const peakBytes = highWaterKb * 1024 - rss;
console.log(JSON.stringify({ durationS, resultBytes: samples.length * 4, peakBytes, cpuS: (user + system) / 1e6 }));
