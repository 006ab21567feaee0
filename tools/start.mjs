// `npm start -- FLAGS`: sets the clone up, then becomes `nsproc serve FLAGS`. The daemon runs in
// this very process, so that signals and the exit status need no forwarding.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { setUpOrExit } from './setup.mjs';

await setUpOrExit();
const main = new URL('../dist/main.js', import.meta.url);
process.argv.splice(1, 1, fileURLToPath(main), 'serve');
await import(main.href);
