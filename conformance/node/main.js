// Answers requests of the conformance protocol, one a line (conformance/README.md).

import { createInterface } from 'node:readline';
import { answer } from './answer.js';

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + '\n');
}
