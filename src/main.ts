#!/usr/bin/env node
// The command line of nsproc.

import { runCommandLine } from './cli/program.ts';

process.exitCode = await runCommandLine(process.argv);
