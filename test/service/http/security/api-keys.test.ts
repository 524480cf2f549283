import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ApiKeys, RECHECK_MS } from '../../../../service/src/http/security/api-keys';

describe('ApiKeys', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'keys-'));
    file = path.join(folder, 'api-keys');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const keysOf = (text: string): ApiKeys => {
    writeFileSync(file, text);
    return new ApiKeys(file);
  };

  it('are one a line, with a name before them or called by their place', () => {
    const keys = keysOf('# agents\nkey-one\n\n  support.bot_1 \t sk-two\r\nkey-three');
    expect(keys.names).toEqual(['key-1', 'support.bot_1', 'key-3']);
    expect(['key-one', 'sk-two', 'key-three'].map((key) => keys.nameOf(key))).toEqual(keys.names);
  });

  it('know no other: no name, no comment, no part, nothing', () => {
    const keys = keysOf('# agents\nbot secret');
    for (const key of ['bot', 'bot secret', '# agents', 'secre', 'secret ', 'SECRET', '']) {
      expect(keys.nameOf(key)).toBeUndefined();
    }
  });

  it.each([
    ['is not there', undefined, /ENOENT/],
    ['holds none', '# nothing\n\n', /holds no API key; write one a line/],
    ['has three words in a line', 'one\nbot secret and-more', /line 2: got 3 words, expected KEY or NAME KEY/],
    ['has a name with other characters', 'bo/t secret', /line 1: a name has 1 to 64 of the characters/],
    ['has a name of 65 characters', `${'n'.repeat(65)} secret`, /line 1: a name has 1 to 64 of the characters/],
    ['has a key that no header carries', 'bot sécret', /line 1: a key has visible ASCII characters only/],
    ['has a key twice', 'bot secret\n\nother secret', /line 3: its key is that of line 1/],
    ['has a name twice', 'bot secret\nbot secret2', /line 2: its name is that of line 1/],
    ['names a key as another is called by its place', 'key-2 secret\nsecret2', /line 2: its name is that of line 1/],
  ])('are refused when their file %s, and the message holds no key', (_what, text, message) => {
    if (text !== undefined) writeFileSync(file, text);
    const read = (): ApiKeys => new ApiKeys(file);
    expect(read).toThrow(message);
    expect(read).not.toThrow(/secret|sécret/);
  });

  describe('while they are watched', () => {
    const log = { info: jest.fn(), warn: jest.fn() };
    let unwatch: () => void = () => undefined;
    beforeEach(() => {
      jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
      log.info.mockClear();
      log.warn.mockClear();
    });
    afterEach(() => {
      unwatch();
      jest.useRealTimers();
    });

    /** Looks again until the condition holds: files are read beside the clock. */
    const lookUntil = async (condition: () => boolean): Promise<void> => {
      for (let turn = 0; !condition(); turn++) {
        if (turn > 10_000) throw new Error('looked in vain');
        if (turn % 100 === 0) jest.advanceTimersByTime(RECHECK_MS);
        await new Promise(setImmediate);
      }
    };
    /** Several whole looks. */
    const lookAgain = async (): Promise<void> => {
      for (let turn = 0; turn < 500; turn++) {
        if (turn % 100 === 0) jest.advanceTimersByTime(RECHECK_MS);
        await new Promise(setImmediate);
      }
    };

    it('are read anew when their file changes, and the log names them', async () => {
      const keys = keysOf('bot old-secret');
      unwatch = keys.watch(log);
      // As the kubelet does it: another file in its place.
      writeFileSync(`${file}.new`, 'bot new-secret\nother more');
      renameSync(`${file}.new`, file);
      await lookUntil(() => keys.nameOf('new-secret') !== undefined);
      expect(keys.nameOf('old-secret')).toBeUndefined();
      expect(log.info).toHaveBeenCalledWith({ keys: ['bot', 'other'] }, expect.any(String));
      expect(log.warn).not.toHaveBeenCalled();
    });

    it('stay while the file is faulty or gone, and each fault is told once', async () => {
      const keys = keysOf('bot old-secret');
      unwatch = keys.watch(log);
      writeFileSync(file, 'bot new-secret\nbot other-secret');
      await lookUntil(() => log.warn.mock.calls.length > 0);
      await lookAgain();
      expect(log.warn.mock.calls).toEqual([
        [{ fault: expect.stringContaining('line 2') as string }, expect.any(String)],
      ]);
      rmSync(file);
      await lookUntil(() => log.warn.mock.calls.length > 1);
      await lookAgain();
      expect(log.warn).toHaveBeenCalledTimes(2);
      expect(JSON.stringify(log.warn.mock.calls)).not.toContain('secret');
      expect(keys.nameOf('old-secret')).toBe('bot');
      writeFileSync(file, 'bot new-secret');
      await lookUntil(() => keys.nameOf('new-secret') === 'bot');
      expect(keys.nameOf('old-secret')).toBeUndefined();
    });

    it('are looked at no more afterwards', async () => {
      const keys = keysOf('bot old-secret');
      keys.watch(log)();
      writeFileSync(file, 'bot new-secret');
      await lookAgain();
      expect(keys.nameOf('old-secret')).toBe('bot');
    });
  });
});
