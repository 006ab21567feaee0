// The host's /proc/cpuinfo, cut into what is said of each CPU and of all.
//
// Every architecture prints its own text, in one of two forms:
// - blocks: `processor<TAB>: N` begins what is said of CPU N (x86, arm, arm64, riscv64, ppc64le);
//   after the last block there may be lines about the machine (ppc64le, arm);
// - s390x: a head about the machine with `# processors`, one line `processor N: ...` for each CPU,
//   then blocks that begin with `cpu number      : N`.

export interface CpuBlock {
  /** The host's number of the CPU. */
  readonly cpu: number;
  /** All its lines, the first one with the number, up to and with the blank line behind. */
  readonly text: string;
}

export interface HostCpuinfo {
  readonly form: 'blocks' | 's390';
  /** Lines before the first CPU. */
  readonly head: string;
  /** s390x: the one-line entries; empty in the other form. */
  readonly lines: readonly CpuBlock[];
  readonly blocks: readonly CpuBlock[];
  /** Lines about the machine behind the last block. */
  readonly tail: string;
}

const blockStart = /^processor\s*:\s*(\d+)\s*$/;
const s390Line = /^processor (\d+): /;
const s390BlockStart = /^cpu number\s*:\s*(\d+)\s*$/;

interface OpenBlock {
  readonly cpu: number;
  text: string;
}

/** Lines, each with its newline. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Parses the text of show_cpuinfo() of any architecture. */
export function parseCpuinfo(text: string): HostCpuinfo {
  const form = text.includes('# processors') ? 's390' : 'blocks';
  const start = form === 's390' ? s390BlockStart : blockStart;
  let head = '';
  const lines: CpuBlock[] = [];
  const blocks: OpenBlock[] = [];
  for (const line of linesOf(text)) {
    const oneLine = form === 's390' ? s390Line.exec(line)?.[1] : undefined;
    const number = start.exec(line.trimEnd())?.[1];
    const open = blocks.at(-1);
    if (oneLine !== undefined) lines.push({ cpu: Number(oneLine), text: line });
    else if (number !== undefined) blocks.push({ cpu: Number(number), text: line });
    else if (open === undefined) head += line;
    else open.text += line;
  }
  return { form, head, lines, ...withTail(blocks) };
}

/**
 * What follows the blank line that ends the last block is about the machine. A block may
 * hold no blank line of its own.
 */
function withTail(blocks: readonly OpenBlock[]): Pick<HostCpuinfo, 'blocks' | 'tail'> {
  const last = blocks.at(-1);
  const end = last?.text.indexOf('\n\n') ?? -1;
  if (last === undefined || end < 0) return { blocks, tail: '' };
  const cut = { cpu: last.cpu, text: last.text.slice(0, end + 2) };
  return { blocks: [...blocks.slice(0, -1), cut], tail: last.text.slice(end + 2) };
}
