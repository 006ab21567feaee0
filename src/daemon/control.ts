// Control of a running daemon: what can be asked and set on its control socket, and the signal that
// turns virtualization off and on.

import { type ControlCommands, type ControlRequest, RequestError } from './control-commands.ts';
import { ControlSocket } from './control-socket.ts';
import type { Log } from './log.ts';
import { renderMetrics } from './metrics.ts';
import { controlSocketOf } from './run-directory.ts';
import { metricsOf, type StatusSource, statusOf } from './status.ts';
import { choicesOf, isSwitchName, type Switches, switchNames } from './switches.ts';

export interface ControlParts {
  /** Absolute. */
  readonly mountPoint: string;
  readonly switches: Switches;
  readonly sources: readonly StatusSource[];
  /** Beside status, metrics and set. */
  readonly commands?: ControlCommands;
  readonly log: Log;
}

export interface RunningControl {
  /** Once; nobody can ask from here on. */
  close(): void;
}

const toggleSignal = 'SIGUSR2';

/** Returns at once; what goes wrong is a line of the log. */
export function startControl(parts: ControlParts): RunningControl {
  const { mountPoint, switches, sources, commands, log } = parts;
  const socket = new ControlSocket({
    path: controlSocketOf(mountPoint),
    commands: {
      status: () => ({ status: statusOf(sources) }),
      metrics: () => ({ text: renderMetrics(metricsOf(sources)) }),
      set: (request) => set(request, switches, log),
      ...commands,
    },
    log,
  });
  const toggle = (): void => {
    switches.set('virtualization', switches.isOn('virtualization') ? 'off' : 'on');
    log.info({ virtualization: switches.get('virtualization') }, `set by ${toggleSignal}`);
  };
  process.on(toggleSignal, toggle);
  if (!switches.isOn('virtualization')) {
    log.warn("virtualization is off: all containers see the host's files");
  }
  const close = (): void => {
    process.off(toggleSignal, toggle);
    socket.close();
  };
  return { close };
}

function set({ name, value }: ControlRequest, switches: Switches, log: Log): object {
  if (!isSwitchName(name)) {
    throw new RequestError(
      `no switch ${JSON.stringify(name)}; there are ${switchNames.join(', ')}`,
    );
  }
  const choices = choicesOf(name);
  if (typeof value !== 'string' || !choices.includes(value)) {
    throw new RequestError(
      `cannot set ${name} to ${JSON.stringify(value)}; choose ${choices.join(', ')}`,
    );
  }
  switches.set(name, value);
  const state = switches.states()[name];
  log.info({ [name]: state.position }, 'set on request');
  return { name, ...state };
}
