const cell = { width: 8.4, height: 19 };
const margin = 14;
const bar = 30;

const sgr = String.fromCharCode(27);
const escapes = new RegExp(`(${sgr}\\[[\\d;]*m)`);

/** The sixteen colours of a dark theme, by their SGR number. */
const palette = {
  30: '#484f58',
  31: '#ff7b72',
  32: '#3fb950',
  33: '#d29922',
  34: '#58a6ff',
  35: '#bc8cff',
  36: '#39c5cf',
  37: '#b1bac4',
  90: '#6e7681',
  91: '#ffa198',
  92: '#56d364',
  93: '#e3b341',
  94: '#79c0ff',
  95: '#d2a8ff',
  96: '#56d4dd',
  97: '#f0f6fc',
};

/**
 * A terminal's screen as SVG.
 *
 * @param {string} screen lines with SGR escapes, as `tmux capture-pane -e` prints them
 * @param {{ columns: number, title: string }} options
 */
export function drawTerminal(screen, { columns, title }) {
  const lines = screen.trimEnd().split('\n');
  const width = Math.ceil(columns * cell.width + 2 * margin);
  const height = Math.ceil(bar + lines.length * cell.height + 2 * margin);
  let style = {};
  const rows = lines.map((line, row) => {
    const spans = [];
    let column = 0;
    for (const part of line.split(escapes)) {
      const codes = part.startsWith(sgr) ? part.slice(2, -1) : undefined;
      if (codes !== undefined) {
        style = restyle(style, codes);
      } else if (part !== '') {
        if (part.trim() !== '') {
          spans.push(span(part, { column, row, style }));
        }
        column += [...part].length;
      }
    }
    return spans.join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (fill, at) => `<circle cx="${20 + at * 18}" cy="${bar / 2 + 3}" r="5.5" fill="${fill}"/>`,
    ),
    `<text x="${width / 2}" y="${bar / 2 + 8}" fill="#8b949e" text-anchor="middle" font-family="sans-serif" font-size="13">${escaped(title)}</text>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#c9d1d9" xml:space="preserve">`,
    ...rows.filter((row) => row !== ''),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function restyle(before, codes) {
  let style = before;
  for (const code of codes.split(';').map(Number)) {
    style = code === 0 ? {} : { ...style, ...change(code) };
  }
  return style;
}

function change(code) {
  if (code === 1) {
    return { bold: true };
  }
  if (code === 2) {
    return { dim: true };
  }
  if (code === 22) {
    return { bold: false, dim: false };
  }
  if (code === 39) {
    return { colour: undefined };
  }
  return palette[code] === undefined ? {} : { colour: palette[code] };
}

/** Each at its own place and of its own length, so that no font can push what follows. */
function span(text, { column, row, style }) {
  const indent = text.length - text.trimStart().length;
  const shown = text.trim();
  const attributes = [
    `x="${round(margin + (column + indent) * cell.width)}"`,
    `y="${round(bar + margin + (row + 0.75) * cell.height)}"`,
    `textLength="${round([...shown].length * cell.width)}"`,
    ...(style.colour === undefined ? [] : [`fill="${style.colour}"`]),
    ...(style.bold ? ['font-weight="bold"'] : []),
    ...(style.dim ? ['opacity="0.65"'] : []),
  ];
  return `<text ${attributes.join(' ')}>${escaped(shown)}</text>`;
}

function round(number) {
  return Math.round(number * 10) / 10;
}

function escaped(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
