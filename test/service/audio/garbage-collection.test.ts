import { collectGarbage, ReleasedMemory } from '../../../service/src/audio/garbage-collection';

const MIB = 2 ** 20;

test('what nobody refers to any more is collected', async () => {
  const reference = new WeakRef(new Float32Array(1_000));
  await new Promise(setImmediate); // a reference lasts until the end of the turn that made it
  collectGarbage();
  expect(reference.deref()).toBeUndefined();
});

test('garbage is collected each time that 32 MiB have been released', () => {
  const collect = jest.fn();
  const released = new ReleasedMemory(collect);
  released.add(20 * MIB);
  released.add(11 * MIB);
  expect(collect).not.toHaveBeenCalled();
  released.add(MIB);
  expect(collect).toHaveBeenCalledTimes(1);
  released.add(31 * MIB);
  expect(collect).toHaveBeenCalledTimes(1);
  released.add(100 * MIB);
  expect(collect).toHaveBeenCalledTimes(2);
});
