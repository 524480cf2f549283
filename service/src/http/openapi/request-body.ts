import type { FormSchema } from '../forms/form-schema';

/** A body that is a form. */
export function multipart(form: FormSchema): object {
  return { content: { 'multipart/form-data': { schema: form } } };
}

/**
 * A body that is a form, or the audio itself. Fastify checks a body by the exact type that a request states; audio is
 * under a range that no request states, since there is nothing in it to check.
 */
export function multipartOrAudio(form: FormSchema): object {
  const audio = { type: 'string', format: 'binary' };
  return { content: { 'multipart/form-data': { schema: form }, 'audio/*': { schema: audio } } };
}
