// Requests to a running daemon: one JSON object in a line, `{"command":"set","name":"swap",
// "value":"off"}`, and one as the answer, `{"ok":true}` or `{"ok":false,"error":"..."}`.

/** What somebody asks, unchecked. */
export type ControlRequest = Readonly<Record<string, unknown>>;
/** What is answered beside `ok`. Throws RequestError at what it cannot do. */
export type ControlCommand = (request: ControlRequest) => object | Promise<object>;
export type ControlCommands = Readonly<Record<string, ControlCommand>>;

/** A request that cannot be fulfilled; the message is for who asked. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

export function refusalOf(reason: string): string {
  return JSON.stringify({ ok: false, error: reason });
}

/** Never rejects. `failed` is told of errors that are the daemon's own. */
export async function answerRequest(
  line: string,
  commands: ControlCommands,
  failed: (error: unknown) => void,
): Promise<string> {
  try {
    const request = parseRequest(line);
    const name = request['command'];
    const isName = typeof name === 'string' && Object.hasOwn(commands, name);
    const command = isName ? commands[name] : undefined;
    if (command === undefined) {
      const known = Object.keys(commands).join(', ');
      throw new RequestError(`no command ${JSON.stringify(name)}; there are ${known}`);
    }
    return JSON.stringify({ ok: true, ...(await command(request)) });
  } catch (error) {
    if (error instanceof RequestError) return refusalOf(error.message);
    failed(error);
    return refusalOf(`internal error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseRequest(line: string): ControlRequest {
  const request = parseJson(line);
  if (typeof request === 'object' && request !== null && !Array.isArray(request)) {
    return request as ControlRequest;
  }
  throw new RequestError('expected a JSON object in one line');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
