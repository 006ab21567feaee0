#!/usr/bin/env node
// The command line of nsproc.

import { announceStart } from './daemon/announcement.ts';

announceStart(process.argv.slice(2), process.env);
const { runCommandLine } = await import('./cli/program.ts');
process.exitCode = await runCommandLine(process.argv);
