// Asks two programs that speak the protocol of conformance/README.md the same
// random questions, and prints where their answers differ:
//
//     node conformance/node/compare.js --seed 1 --count 10000 -- PROGRAM_A -- PROGRAM_B
//
// The same seed asks the same questions. --op names the only operation to ask.
// The exit status is 1 if an answer differs.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { Random } from './random.js';

const MOST_SHOWN = Number(process.env.MOST_SHOWN ?? 20);

class Program {
  constructor([command, ...args]) {
    this.process = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  async ask(question) {
    this.process.stdin.write(JSON.stringify(question) + '\n');
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`${this.process.spawnargs.join(' ')} ended at ${question.id}`);
    return JSON.parse(value);
  }

  end = () => this.process.stdin.end();
}

function parseArguments(all) {
  const [flags, ...programs] = split(all);
  const options = { seed: 1, count: 1000, op: null };
  for (let i = 0; i < flags.length; i += 2) options[flags[i].slice(2)] = flags[i] === '--op' ? flags[i + 1] : Number(flags[i + 1]);
  if (programs.length !== 2) throw new Error('usage: compare.js [--seed N] [--count N] [--op OP] -- PROGRAM_A -- PROGRAM_B');
  return { ...options, programs };
}

function split(all) {
  const parts = [[]];
  for (const word of all) word === '--' ? parts.push([]) : parts.at(-1).push(word);
  return parts;
}

// Every question has a seed of its own, so that one can be asked alone.
function* questions({ seed, count, op }) {
  for (let number = seed; number < seed + count; number++) {
    const question = new Random(number).question();
    if (op === null || question.op === op) yield { id: String(number), ...question };
  }
}

function show(question, [a, b]) {
  const [one, other] = [a, b].map((answer) => JSON.stringify(answer.result ?? answer.error ?? answer.skip));
  process.stdout.write(`${question.id} ${question.op} ${JSON.stringify(question.input)}\n  A ${one}\n  B ${other}\n`);
}

async function compare({ programs, ...options }) {
  const running = programs.map((command) => new Program(command));
  let [asked, differing] = [0, 0];
  for (const question of questions(options)) {
    const answers = await Promise.all(running.map((program) => program.ask(question)));
    asked++;
    if (!isDeepStrictEqual(...answers) && differing++ < MOST_SHOWN) show(question, answers);
  }
  running.forEach((program) => program.end());
  process.stdout.write(`${asked} asked, ${differing} answered differently\n`);
  return differing === 0;
}

process.exitCode = (await compare(parseArguments(process.argv.slice(2)))) ? 0 : 1;
