// Reads the text format of Prometheus, strictly: what it does not understand is an error.

export interface ParsedMetric {
  readonly help: string;
  readonly type: string;
  /** By their labels as written, `{worker="0"}`; '' without any. */
  readonly samples: ReadonlyMap<string, number>;
}

const nameText = '[a-z][a-z0-9_]*';
const helpLine = new RegExp(`^# HELP (${nameText}) (.+)$`);
const typeLine = new RegExp(`^# TYPE (${nameText}) (counter|gauge)$`);
const label = `${nameText}="(?:[^"\\\\\\n]|\\\\["\\\\n])*"`;
const sampleLine = new RegExp(`^(${nameText})((?:\\{${label}(?:,${label})*\\})?) (-?[0-9.e+-]+)$`);

/** Each metric is its HELP, its TYPE and then its samples. */
export function parseMetrics(text: string): Map<string, ParsedMetric> {
  if (!text.endsWith('\n')) throw new SyntaxError('the last line does not end');
  const blocks = text.slice(0, -1).split(/\n(?=# HELP)/);
  const metrics = new Map(blocks.map((block) => parseMetric(block.split('\n'))));
  if (metrics.size !== blocks.length) throw new SyntaxError('two metrics of one name');
  return metrics;
}

function parseMetric([first, second, ...rest]: string[]): [string, ParsedMetric] {
  const [, name = '', help = ''] = matched(helpLine, first);
  const [, typeName, type = ''] = matched(typeLine, second);
  const samples = new Map<string, number>();
  for (const line of rest) {
    const [, sampleName, labels = '', value] = matched(sampleLine, line);
    if (sampleName !== name || samples.has(labels)) throw new SyntaxError(`misplaced: ${line}`);
    samples.set(labels, Number(value));
  }
  if (typeName !== name || samples.size === 0) throw new SyntaxError(`incomplete: ${name}`);
  return [name, { help, type, samples }];
}

function matched(pattern: RegExp, line = ''): RegExpExecArray {
  const match = pattern.exec(line);
  if (match === null) throw new SyntaxError(`cannot parse ${JSON.stringify(line)}`);
  return match;
}
