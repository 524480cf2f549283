import type { UploadedFile } from '../uploads/upload';
import type { FieldSchema, FormSchema } from './form-schema';

/** What forms say where JSON would say true or false, in any case: what whisper.cpp and FastAPI take. */
const TRUE = /^(?:true|t|yes|y|on|1)$/i;
const FALSE = /^(?:false|f|no|n|off|0)$/i;

/**
 * The values of a form by the fields of its schema, as text; the schema's validator makes numbers of them. A field that
 * the schema does not know is left out, as upstream ignores it; so is an empty one: SDKs send them for unset options. Of
 * a field with one value the last counts. A file is told by its name.
 */
export function formValues(
  { properties }: FormSchema,
  fields: ReadonlyMap<string, readonly string[]>,
  files: readonly UploadedFile[],
): Record<string, string | string[]> {
  const values: Record<string, string | string[]> = {};
  for (const [name, schema] of Object.entries(properties)) {
    if (schema.format === 'binary') {
      const file = files.find(({ field }) => field === name);
      if (file) values[name] = file.filename ?? '';
      continue;
    }
    const given = (fields.get(name) ?? []).filter(Boolean);
    if (given.length > 0) values[name] = valueOf(schema, given);
  }
  return values;
}

function valueOf({ type }: FieldSchema, given: readonly string[]): string | string[] {
  // Repeated fields, or one JSON array, as LiteLLM sends it.
  if (type === 'array') return given.flatMap((value) => jsonArray(value) ?? [value]);
  const last = given.at(-1)!;
  if (type !== 'boolean') return last;
  return TRUE.test(last) ? 'true' : FALSE.test(last) ? 'false' : last;
}

function jsonArray(value: string): string[] | undefined {
  if (!value.startsWith('[')) return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) ? parsed.map(String) : undefined;
  } catch {
    return undefined;
  }
}
