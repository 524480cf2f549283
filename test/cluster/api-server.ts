import { readFileSync } from 'node:fs';
import https from 'node:https';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority': string } },
  ];
  readonly users: readonly [{ readonly user: { readonly token: string } }];
}

/** What the API server answered to a request that it did not refuse out of hand. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

/** A stream of events, until it is closed. */
export interface Watch {
  close(): void;
}

/** The Kubernetes API over HTTPS: what a test asks for many times a second, where a kubectl each would cost too much. */
export class ApiServer {
  /** The one that KUBECONFIG names, as with-cluster.sh sets it. */
  static fromKubeconfig(): ApiServer {
    const path = process.env.KUBECONFIG;
    if (path === undefined) throw new Error('KUBECONFIG is not set: run the tests with `npm run test:cluster`');
    const config = parse(readFileSync(path, 'utf8')) as Kubeconfig;
    const { server, 'certificate-authority': authority } = config.clusters[0].cluster;
    return new ApiServer(server, readFileSync(authority, 'utf8'), config.users[0].user.token);
  }

  readonly #agent: https.Agent;

  private constructor(
    private readonly server: string,
    ca: string,
    private readonly token: string,
  ) {
    this.#agent = new https.Agent({ ca, keepAlive: true });
  }

  /** @throws when the answer is not 200 */
  async get<T>(path: string): Promise<T> {
    const { status, text } = await this.#request('GET', path);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Refusals are answers too. */
  post(path: string, body: object): Promise<Answer> {
    return this.#request('POST', path, JSON.stringify(body));
  }

  /**
   * Calls `see` with each change after `resourceVersion`; no change is left out, however fast they come.
   *
   * @param path of a list, with its query
   */
  watch<T>(path: string, resourceVersion: string, see: (event: WatchEvent<T>) => void): Watch {
    const query = `${path.includes('?') ? '&' : '?'}watch=1&resourceVersion=${resourceVersion}`;
    // Closing it is an error to the request and to all that reads from it, and nobody else's.
    const ignore = (): undefined => undefined;
    const options = { agent: this.#agent, headers: this.#headers() };
    const request = https.get(this.server + path + query, options, (response) => {
      response.on('error', ignore);
      const lines = createInterface({ input: response });
      lines.on('error', ignore);
      lines.on('line', (line) => {
        see(JSON.parse(line) as WatchEvent<T>);
      });
    });
    request.on('error', ignore);
    return { close: () => request.destroy() };
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' };
  }

  #request(method: string, path: string, body?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { method, agent: this.#agent, headers: this.#headers() };
      const request = https.request(this.server + path, options, (response) => {
        let text = '';
        response
          .setEncoding('utf8')
          .on('data', (chunk: string) => (text += chunk))
          .on('end', () => {
            resolve({ status: response.statusCode!, text });
          })
          .on('error', reject);
      });
      request.on('error', reject);
      request.end(body);
    });
  }
}
