// The commands and their options. Each command's work is in a file of its own, loaded when it is
// called: most of them need little of the code.

import { Command, CommanderError } from 'commander';
import { ControlError } from '../daemon/control-client.ts';
import { StartError } from '../daemon/start-error.ts';
import { switchNames } from '../daemon/switches.ts';
import { nsprocVersion } from '../kernel/package.ts';
import { defaultServeSettings } from './default-settings.ts';
import { ExitStatus } from './exit-status.ts';
import {
  mountPointOption,
  requireCompatible,
  serveOptions,
  viewOptions,
  wholeNumber,
} from './options.ts';

const epilogue = `
Examples:
  nsproc serve                       mount at ${defaultServeSettings.mountPoint} and serve
  nsproc doctor                      can this host run it, and if not, why?
  nsproc demo                        a container's numbers beside the host's
  nsproc explain 4711 meminfo        where each number of that process's meminfo comes from
  nsproc heal --dry-run              which containers have dead mounts; without it: replaces them
  nsproc status                      what a running daemon does, and how it is
  nsproc set swap off                what its containers see, from here on
  nsproc set virtualization off      the host's files for all containers (SIGUSR2 toggles it)
  nsproc upgrade                     replace the running code by what is installed now
  nsproc metrics                     its numbers, for Prometheus
  docker run -m 256m -v ${defaultServeSettings.mountPoint}/proc/meminfo:/proc/meminfo:ro debian free

Exit status: 0 done; 1 it could not be done (the message says why); 2 bad command line.
SIGTERM and SIGINT make "serve" answer what was asked, unmount and exit with 0. Where containers
have its files, a keeper goes on with the host's, until "serve" is started again.`;

type SetStatus = (status: number) => void;

function addServe(program: Command, setStatus: SetStatus): void {
  const command = program
    .command('serve')
    .description('mount nsproc and serve until SIGTERM or SIGINT');
  for (const option of serveOptions()) command.addOption(option);
  command.action(async ({ initCacheTtl, ...options }) => {
    requireCompatible(command);
    const { runServe } = await import('./serve.ts');
    setStatus(await runServe({ ...options, initCacheTtlMsec: initCacheTtl }));
  });
}

function addDoctor(program: Command, setStatus: SetStatus): void {
  program
    .command('doctor')
    .description('say whether and how this host can run nsproc')
    .addOption(mountPointOption('the mount point to look at'))
    .option('--json', 'as one JSON object')
    .action(async (options) => {
      const { runDoctor } = await import('./doctor.ts');
      setStatus(runDoctor(options));
    });
}

function addExplain(program: Command, setStatus: SetStatus): void {
  const command = program
    .command('explain')
    .description('say where the numbers that a process reads come from')
    .argument('<pid>', 'a process or thread, as numbered on the host', wholeNumber(1, 2 ** 22))
    .argument('[file]', 'one of the files, such as meminfo; all if left out')
    .option('--json', 'as one JSON object')
    .action(async (pid, file, options) => {
      const { runExplain } = await import('./explain.ts');
      setStatus(runExplain(pid, file, options));
    });
  for (const option of viewOptions()) command.addOption(option);
}

const whichDaemon = 'where the daemon serves that is asked';

function addControl(program: Command, setStatus: SetStatus): void {
  program
    .command('status')
    .description('say how a running daemon is')
    .addOption(mountPointOption(whichDaemon))
    .option('--json', 'as one JSON object')
    .action(async (options) => {
      const { runStatus } = await import('./control.ts');
      setStatus(await runStatus(options));
    });
  program
    .command('set')
    .description('change what containers see, until the daemon is stopped')
    .argument('<name>', switchNames.join(', '))
    .argument('<value>', 'on or off, for cpus quota or cpuset; default: as it was started')
    .addOption(mountPointOption(whichDaemon))
    .action(async (name, value, options) => {
      const { runSet } = await import('./control.ts');
      setStatus(await runSet(name, value, options));
    });
  program
    .command('metrics')
    .description("print a running daemon's numbers in the text format of Prometheus")
    .addOption(mountPointOption(whichDaemon))
    .action(async (options) => {
      const { runMetrics } = await import('./control.ts');
      setStatus(await runMetrics(options));
    });
  program
    .command('upgrade')
    .description('replace a running daemon by the code that is installed now; no reader notices')
    .addOption(mountPointOption(whichDaemon))
    .action(async (options) => {
      const { runUpgrade } = await import('./upgrade.ts');
      setStatus(await runUpgrade(options));
    });
  program
    .command('release')
    .description('let containers whose requests killed servers have their own files again')
    .addOption(mountPointOption(whichDaemon))
    .action(async (options) => {
      const { runRelease } = await import('./upgrade.ts');
      setStatus(await runRelease(options));
    });
}

function addHeal(program: Command, setStatus: SetStatus): void {
  program
    .command('heal')
    .description("replace dead mounts of LXCFS or nsproc in running containers by a live nsproc's")
    .addOption(mountPointOption('where the live nsproc is mounted'))
    .option('--dry-run', 'say what would be done, change nothing')
    .option('--hung', 'also replace mounts whose server is there but does not answer')
    .option('--pid <pid>', 'only the mount namespace of this process', wholeNumber(1, 2 ** 22))
    .option('--json', 'as one JSON object')
    .action(async (options) => {
      const { runHeal } = await import('./heal.ts');
      setStatus(await runHeal(options));
    });
}

function addDemo(program: Command, setStatus: SetStatus): void {
  program
    .command('demo')
    .description("start a small container and show its files beside the host's")
    .action(async () => {
      const { runDemo } = await import('./demo.ts');
      setStatus(await runDemo());
    });
}

function createProgram(setStatus: SetStatus): Command {
  const program = new Command('nsproc')
    .description('Shows every container its own /proc: its uptime, memory and CPU time.')
    .version(nsprocVersion())
    .addHelpText('after', epilogue)
    .showHelpAfterError('Run "nsproc --help" for the commands.')
    .exitOverride();
  addServe(program, setStatus);
  addDoctor(program, setStatus);
  addExplain(program, setStatus);
  addControl(program, setStatus);
  addHeal(program, setStatus);
  addDemo(program, setStatus);
  for (const command of program.commands) command.exitOverride();
  return program;
}

/** Runs the command of an argv; its exit status. Errors that people can act on are one line. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  let status: number = ExitStatus.ok;
  try {
    await createProgram((value) => {
      status = value;
    }).parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : ExitStatus.usage;
    if (!(error instanceof StartError || error instanceof ControlError)) throw error;
    process.stderr.write(`nsproc: ${error.message}\n`);
    return ExitStatus.failed;
  }
  return status;
}
