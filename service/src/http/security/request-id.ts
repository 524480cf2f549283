import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What is echoed and logged: no character that ends a header, a log line or a quoted string. UUIDs and trace ids fit. */
const SAFE_ID = /^[\w.:/+=@-]{1,128}$/;

/** A request's id: the caller's own in `x-request-id`, where it is one that can be echoed; else a new one. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && SAFE_ID.test(given) ? given : newRequestId();
}

export function newRequestId(): string {
  return `req_${randomUUID().replaceAll('-', '')}`;
}
