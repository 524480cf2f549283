import { ApiObject } from 'cdk8s';

/**
 * Makes an object's manifest hold everything that was said of it.
 *
 * The classes that cdk8s-plus-28 generates write only what the schema of Kubernetes 1.28 has, in the types that it has:
 * a newer field, or a plain `'64Mi'` where they expect `Quantity.fromString('64Mi')`, disappears without a word, and
 * that happens after the JSON patches. What they dropped is put back, from the same patched document.
 */
export function emitAsWritten(object: ApiObject): void {
  const filtered = object.toJson.bind(object);
  object.toJson = (): unknown => restored(filtered(), ApiObject.prototype.toJson.call(object));
}

/** @param kept what the schema left of `written`: of lists every item, of objects the keys that it knows */
function restored(kept: unknown, written: unknown): unknown {
  if (isMissing(kept)) {
    return written;
  }
  if (Array.isArray(kept) && Array.isArray(written)) {
    return kept.map((item, index) => restored(item, written[index]));
  }
  if (isDictionary(kept) && isDictionary(written)) {
    return withDropped(kept, written);
  }
  // A number or text as it was written; what the schema unwrapped, such as `Quantity`, as it came out of it.
  return isMissing(written) || typeof written === 'object' ? kept : written;
}

function withDropped(kept: Record<string, unknown>, written: Record<string, unknown>): Record<string, unknown> {
  // cdk8s-plus says `setHostnameAsFqdn` where Kubernetes says `setHostnameAsFQDN`.
  const names = new Map(Object.keys(kept).map((key) => [key.toLowerCase(), key]));
  const whole = { ...kept };
  let dropped = false;
  for (const [key, value] of Object.entries(written)) {
    const name = names.get(key.toLowerCase());
    dropped ||= name === undefined || isMissing(kept[name]);
    if (name === undefined || name === key || !(name in written)) {
      whole[name ?? key] = restored(kept[name ?? key], value);
    }
  }
  // In alphabetical order, as everything else is.
  return dropped ? Object.fromEntries(Object.entries(whole).sort(([left], [right]) => (left < right ? -1 : 1))) : whole;
}

function isMissing(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function isDictionary(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
