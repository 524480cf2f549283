import { isIP } from 'node:net';

/** `[2001:db8::1]:4711`, or `203.0.113.7:4711`: some proxies say the port, too. */
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/;

/**
 * The address that a request comes from. The port is none of it, or each connection would be a caller of its own.
 *
 * @param stated that of the connection, or what trusted proxies say of it (Fastify's `request.ip`)
 * @param connected the connection's, which counts where they say something that is no address
 */
export function callerAddress(stated: string, connected: string | undefined): string {
  const [, v6, v4] = WITH_PORT.exec(stated) ?? [];
  const address = v6 ?? v4 ?? stated;
  return isIP(address) > 0 ? address : (connected ?? '');
}
