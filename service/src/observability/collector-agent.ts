import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';

/**
 * Connections to the collector. One that answers before it has read a request whole and hangs up (a proxy, a collector
 * that takes no more) breaks a connection that Node.js has just taken back from the request and listens to no more: its
 * error would end the process.
 *
 * @param protocol `http:` or `https:`
 * @param environment names the files for TLS, as OpenTelemetry's specification has it
 */
export function collectorAgent(protocol: string, environment: NodeJS.ProcessEnv): http.Agent {
  if (protocol === 'http:') return survivingErrors(new http.Agent({ keepAlive: true }));
  const file = (name: string): Buffer | undefined =>
    readable(environment[`OTEL_EXPORTER_OTLP_TRACES_${name}`] || environment[`OTEL_EXPORTER_OTLP_${name}`]);
  return survivingErrors(
    new https.Agent({
      keepAlive: true,
      ca: file('CERTIFICATE'),
      cert: file('CLIENT_CERTIFICATE'),
      key: file('CLIENT_KEY'),
    }),
  );
}

function survivingErrors(agent: http.Agent): http.Agent {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) =>
    connect(options, callback)?.on('error', () => {
      // The request hears of it, too, while there is one.
    });
  return agent;
}

/** The SDK, which reads it as well, says in the log when it cannot. */
function readable(file: string | undefined): Buffer | undefined {
  try {
    return file ? readFileSync(file) : undefined;
  } catch {
    return undefined;
  }
}
