import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A request that has not been answered whole. */
export interface Exchange {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
}

/** What is known of a connection; times in ms of the tracker's clock. */
export interface Connection {
  readonly socket: Socket;
  /** In the order of their arrival; more than one where the client pipelines. */
  readonly exchanges: readonly Exchange[];
  /** Whether a request of it was ever answered. */
  readonly served: boolean;
  /** Since when no request is in flight; meaningless while one is. */
  readonly idleSinceMs: number;
  /** Bytes that had come when the last request ended: what came since belongs to the next head. */
  readonly idleBytes: number;
  /** A body that still comes after its answer: it was refused, and is thrown away. */
  readonly refusedBody: IncomingMessage | undefined;
}

interface MutableConnection extends Connection {
  exchanges: Exchange[];
  served: boolean;
  idleSinceMs: number;
  idleBytes: number;
  refusedBody: IncomingMessage | undefined;
}

/**
 * The server's connections. Node.js tells how many there are, not which of them wait for what, and leaves those alone
 * on which nothing was ever sent.
 */
export class ConnectionTracker {
  /** Those without a request in flight stand in the order in which they became so. */
  private readonly connections = new Map<Socket, MutableConnection>();
  private busyCount = 0;

  constructor(
    server: Server,
    private readonly now: () => number = () => performance.now(),
  ) {
    server.on('connection', (socket: Socket) => {
      this.add(socket);
    });
    // Before the application hears of it, which asks how many are in flight.
    server.prependListener('request', (message: IncomingMessage, response: ServerResponse) => {
      this.begin({ message, response });
    });
  }

  get size(): number {
    return this.connections.size;
  }

  /** Connections with a request in flight. */
  get busy(): number {
    return this.busyCount;
  }

  get(socket: Socket): Connection | undefined {
    return this.connections.get(socket);
  }

  /** Those without a request in flight come in the order in which they became so. */
  all(): Iterable<Connection> {
    return this.connections.values();
  }

  /** Forgets a connection that speaks another protocol from now on. */
  release(socket: Socket): void {
    const connection = this.connections.get(socket);
    if (!connection) return;
    if (connection.exchanges.length > 0) this.busyCount--;
    this.connections.delete(socket);
  }

  private add(socket: Socket): void {
    this.connections.set(socket, {
      socket,
      exchanges: [],
      served: false,
      idleSinceMs: this.now(),
      idleBytes: socket.bytesRead,
      refusedBody: undefined,
    });
    socket.once('close', () => {
      this.release(socket);
    });
  }

  private begin(exchange: Exchange): void {
    const { message, response } = exchange;
    const { socket } = message;
    const connection = this.connections.get(socket);
    if (!connection) return;
    if (connection.exchanges.push(exchange) === 1) this.busyCount++;
    message.once('close', () => {
      if (connection.refusedBody !== message) return;
      connection.refusedBody = undefined;
      connection.idleBytes = socket.bytesRead;
    });
    response.once('close', () => {
      connection.exchanges = connection.exchanges.filter((each) => each !== exchange);
      connection.served = true;
      if (connection.exchanges.length > 0 || this.connections.get(socket) !== connection) return;
      this.busyCount--;
      connection.idleSinceMs = this.now();
      connection.idleBytes = socket.bytesRead;
      connection.refusedBody = message.complete ? undefined : message;
      this.connections.delete(socket);
      this.connections.set(socket, connection);
    });
  }
}
