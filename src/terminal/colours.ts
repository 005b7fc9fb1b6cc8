/** Paints texts for one stream. */
export type Colours = Readonly<Record<'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow', Paint>>;

type Paint = (text: string) => string;

const asItIs: Paint = (text) => text;

/** Leaves every text as it is, for whatever is not a terminal. */
export const noColours: Colours = {
  bold: asItIs,
  cyan: asItIs,
  dim: asItIs,
  green: asItIs,
  red: asItIs,
  yellow: asItIs,
};

/** Sixteen colours, which every terminal has in its own theme. */
export async function terminalColours(): Promise<Colours> {
  const { Chalk } = await import('chalk');
  return new Chalk({ level: 1 });
}
