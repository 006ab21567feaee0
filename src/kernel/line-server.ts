// A Unix socket that answers lines: one line in, one line out, and the connection ends. Whoever
// connects may send anything, slowly, or nothing: each connection ends in time.

import { chmodSync, renameSync, rmSync, statSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';

export interface LineServerOptions {
  readonly path: string;
  /** Bytes of the longest line that is read. */
  readonly longestLine: number;
  readonly mostConnections: number;
  /** For the line to come, and for its answer to be taken. */
  readonly patienceMsec: number;
  /** Never throws. */
  answer(line: string): string | Promise<string>;
  /** What is said to who sends no such line. */
  refusal(reason: string): string;
  /** The server itself failed. */
  failed(error: Error): void;
}

export interface LineServer {
  /** Ends all connections; the socket is removed unless another has taken its place. */
  close(): void;
}

const newline = 10;

/**
 * Listens, as root alone. The socket of a process that has ended is replaced; `undefined` when a
 * living one has it.
 */
export async function listenForLines(options: LineServerOptions): Promise<LineServer | undefined> {
  const { path, failed } = options;
  if (await isListening(path)) return undefined;
  const connections = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.add(socket.on('close', () => connections.delete(socket)));
    answerOn(socket, options);
  });
  server.maxConnections = options.mostConnections;
  // Made under another name: it appears when it is ready, and libuv, which removes the name that
  // it bound when the server is closed, does not remove a successor's.
  const unfinished = join(dirname(path), `.${process.pid}`);
  rmSync(unfinished, { force: true });
  await listening(server, unfinished);
  chmodSync(unfinished, 0o600);
  const { ino } = statSync(unfinished);
  renameSync(unfinished, path);
  server.on('error', failed);
  server.unref();
  const close = (): void => {
    server.close();
    for (const socket of connections) socket.destroy();
    if (statSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path, { force: true });
  };
  return { close };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** A stopped process still listens: only the kernel's refusal says that nobody does. */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      // The backlog is full.
      else if (error.code === 'EAGAIN') resolve(true);
      else reject(error);
    });
  });
}

function answerOn(socket: Socket, options: LineServerOptions): void {
  const { longestLine, patienceMsec, answer, refusal } = options;
  let received: Buffer = Buffer.alloc(0);
  let isDone = false;
  let timer = setTimeout(() => reply(refusal('no whole line in time')), patienceMsec);
  const reply = (text: string): void => {
    isDone = true;
    clearTimeout(timer);
    socket.end(`${text}\n`);
    // What still comes is read and dropped until then: a connection that is closed with something
    // unread is reset, and the other side would not get its answer.
    timer = setTimeout(() => socket.destroy(), patienceMsec);
  };
  const settle = (line: Buffer): void => {
    isDone = true;
    clearTimeout(timer);
    void Promise.resolve(answer(line.toString())).then(reply);
  };
  socket.on('data', (chunk) => {
    if (isDone) return;
    received = Buffer.concat([received, chunk]);
    const end = received.indexOf(newline);
    if (end < 0 ? received.length > longestLine : end > longestLine) {
      reply(refusal(`a line of more than ${longestLine} bytes`));
    } else if (end >= 0) settle(received.subarray(0, end));
  });
  socket.on('end', () => {
    if (!isDone) settle(received);
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => clearTimeout(timer));
}
