/** A field of a form or a query, in JSON Schema as far as forms need it. */
export interface FieldSchema {
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'array';
  readonly description: string;
  readonly format?: 'binary';
  readonly enum?: readonly string[];
  readonly default?: string | number | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of an array's values. */
  readonly items?: { readonly type: 'string'; readonly enum?: readonly string[] };
}

/** The fields of a form or a query: what is checked, and what the OpenAPI document shows. */
export interface FormSchema {
  readonly type: 'object';
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, FieldSchema>>;
}

/** The same fields without the file, for a query beside a body that is the audio itself. */
export function withoutFile({ properties }: FormSchema): FormSchema {
  const fields = Object.entries(properties).filter(([, { format }]) => format !== 'binary');
  return { type: 'object', properties: Object.fromEntries(fields) };
}
