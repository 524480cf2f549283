import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type AttributeValue = string | number | boolean;

/** A span as it came over the wire, its attributes read. Times in nanoseconds since 1970. */
export interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  /** 1 INTERNAL, 2 SERVER. */
  readonly kind: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** 0 unset, 2 error. */
  readonly status: number;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly resource: Readonly<Record<string, AttributeValue>>;
}

type WireAttributes = readonly {
  readonly key: string;
  readonly value: Readonly<Record<string, AttributeValue>>;
}[];

interface WireSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number };
  readonly attributes: WireAttributes;
}

interface WireRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: WireAttributes };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

/** A collector: takes spans by OTLP over HTTP, as JSON. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** All that was received, to look for what must not be in it. */
  text = '';
  requests = 0;
  /** Answers 400, which is not worth another try. */
  isRefusing = false;
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  url = '';
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      this.requests++;
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.on('end', () => {
        const isTaken = !this.isRefusing && request.method === 'POST' && request.url === '/v1/traces';
        if (isTaken) this.take(body);
        response.writeHead(isTaken ? 200 : 400, { 'content-type': 'application/json' }).end('{}');
      });
    });
  }

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    await once(receiver.server.listen(0, '127.0.0.1'), 'listening');
    receiver.url = `http://127.0.0.1:${(receiver.server.address() as AddressInfo).port}`;
    return receiver;
  }

  /** The spans of kind SERVER. */
  get requestSpans(): readonly ReceivedSpan[] {
    return this.spans.filter(({ kind }) => kind === 2);
  }

  /** Those directly below a span, by their start. */
  below({ spanId }: ReceivedSpan): readonly ReceivedSpan[] {
    return this.spans
      .filter(({ parentSpanId }) => parentSpanId === spanId)
      .sort((a, b) => Number(a.startNs - b.startNs));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private take(body: string): void {
    this.text += body;
    for (const { resource, scopeSpans } of (JSON.parse(body) as WireRequest).resourceSpans) {
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        const { startTimeUnixNano, endTimeUnixNano, status, attributes, ...rest } = span;
        this.spans.push({
          ...rest,
          startNs: BigInt(startTimeUnixNano),
          endNs: BigInt(endTimeUnixNano),
          status: status.code,
          attributes: readAttributes(attributes),
          resource: readAttributes(resource.attributes),
        });
      }
    }
  }
}

function readAttributes(attributes: WireAttributes): Readonly<Record<string, AttributeValue>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]!]));
}
