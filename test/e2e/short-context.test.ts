import { METRICS } from '../../lib/metrics';
import { CompiledStore } from '../support/compiled-store';
import { NANO, sample } from '../support/nano';
import { PrometheusText } from '../support/prometheus-text';
import { audioForm, ServerProcess, type LogLine } from '../support/server-process';

const utterance = sample('en-01.wav');
const NOTICE = 'STT_SHORT_CONTEXT=on has no effect';

/** Asks as whisper.cpp's clients do, who may say what counts as unlikely. */
async function infer(server: ServerProcess, fields: Readonly<Record<string, string>> = {}): Promise<string> {
  const body = audioForm(utterance.bytes, { response_format: 'text', ...fields });
  return (await (await fetch(`${server.url}/inference`, { method: 'POST', body })).text()).trim();
}

const finished = (server: ServerProcess): readonly LogLine[] =>
  server.log.filter(({ msg }) => msg === 'request finished');

/** Windows at short context, and of these the unlikely ones that were heard again. */
async function counts(server: ServerProcess): Promise<readonly unknown[]> {
  const text = new PrometheusText(await (await server.get('/metrics')).text());
  return [
    text.value(METRICS.shortWindows.name),
    text.value(METRICS.shortContextReruns.name, { cause: 'unlikely' }),
    text.value(METRICS.windows.name),
  ];
}

describe('the server with STT_SHORT_CONTEXT', () => {
  let nano: CompiledStore;
  beforeAll(async () => {
    nano = await CompiledStore.of(NANO, ['fp32']);
  });
  afterAll(() => {
    nano.remove();
  });

  test('counts what it hears at short context, and what it hears again', async () => {
    const server = await ServerProcess.start({
      STT_MODEL_STORE: nano.path,
      STT_QUANTIZATION: 'fp32',
      STT_SHORT_CONTEXT: 'on',
    });
    expect(await counts(server)).toEqual([0, 0, 0]);
    expect(await infer(server)).toBe(utterance.text);
    // No text is certain.
    expect(await infer(server, { logprob_thold: '0' })).toBe(utterance.text);
    await server.until(() => finished(server).length === 2, 'the lines of the requests');
    expect(await counts(server)).toEqual([2, 1, 2]);
    expect(finished(server)).toMatchObject([
      { windows: 1, shortWindows: 1, shortContextReruns: {} },
      { windows: 1, shortWindows: 1, shortContextReruns: { unlikely: 1 } },
    ]);
    expect(server.log.filter(({ msg }) => msg.startsWith(NOTICE))).toEqual([]);
    await server.stop();
  });

  test('says once where the model cannot, and hears windows whole', async () => {
    const server = await ServerProcess.start({ STT_SHORT_CONTEXT: 'on' });
    expect(await infer(server)).toBe(utterance.text);
    await server.until(() => finished(server).length === 1, 'the line of the request');
    expect(await counts(server)).toEqual([0, 0, 1]);
    expect(finished(server)[0]).not.toHaveProperty('shortWindows');
    expect(server.log.filter(({ msg }) => msg.startsWith(NOTICE))).toMatchObject([{ level: 40 }]);
    await server.stop();
  });

  test('is off unless it is switched on', async () => {
    const server = await ServerProcess.start({ STT_MODEL_STORE: nano.path, STT_QUANTIZATION: 'fp32' });
    expect(await infer(server)).toBe(utterance.text);
    await server.until(() => finished(server).length === 1, 'the line of the request');
    expect(await counts(server)).toEqual([0, 0, 1]);
    await server.stop();
  });
});
