// Asks the daemon that serves at a mount point.

import { askLine } from '../kernel/line-client.ts';
import { controlSocketOf } from './run-directory.ts';

/** The daemon did not do what it was asked; the message is for who asked. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

/** The answer's fields. */
export type ControlAnswer = Readonly<Record<string, unknown>>;

const defaultPatienceMsec = 2000;

/** Throws ControlError when no daemon answers in time, and when it refuses. */
export async function askDaemon(
  mountPoint: string,
  request: { readonly command: string } & ControlAnswer,
  patienceMsec = defaultPatienceMsec,
): Promise<ControlAnswer> {
  const path = controlSocketOf(mountPoint);
  const outcome = await askLine({ path, line: JSON.stringify(request), patienceMsec });
  if ('problem' in outcome) throw new ControlError(explained(outcome.problem, mountPoint, path));
  const answer = parseAnswer(outcome.answer);
  if (answer?.['ok'] === true) return answer;
  const reason = answer?.['error'] ?? `it answered ${JSON.stringify(outcome.answer.slice(0, 80))}`;
  throw new ControlError(`The nsproc at ${mountPoint} refused: ${String(reason)}`);
}

function explained(problem: string, mountPoint: string, path: string): string {
  switch (problem) {
    case 'absent':
      return (
        `No nsproc answers for ${mountPoint}: nobody listens at ${path}. ` +
        'Start one, or say which with --mount-point.'
      );
    case 'silent':
      return `The nsproc at ${mountPoint} does not answer at ${path}.`;
    case 'EACCES':
      return `Cannot ask the nsproc at ${mountPoint}: only root, or its own user, may. Run as root.`;
    default:
      return `Cannot ask the nsproc at ${mountPoint}: ${problem} at ${path}.`;
  }
}

function parseAnswer(text: string): ControlAnswer | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null ? (answer as ControlAnswer) : undefined;
  } catch {
    return undefined;
  }
}
