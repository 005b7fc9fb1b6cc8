const light =
  '--text:#1b1b1b;--ground:#ffffff;--soft:#f0f2f5;--line:#767b84;--high:#a40014;--medium:#7a4a00;--low:#3f5168;--link:#0b4fc4';
const dark =
  '--text:#e9e9ea;--ground:#17181a;--soft:#26282c;--line:#8b9099;--high:#ff9a92;--medium:#ffc670;--low:#b6c3d1;--link:#93bbff';

/** Of every page: light and dark as the reader has it, for a phone, a screen and paper. */
export const pageStyle = [
  `:root{color-scheme:light dark;${light}}`,
  `@media screen and (prefers-color-scheme:dark){:root{${dark}}}`,
  'body{font:14px/1.5 system-ui,sans-serif;margin:0;color:var(--text);background:var(--ground)}',
  'main{margin:0 auto;padding:1rem 1.5rem 3rem;max-width:80rem}',
  'h1{font-size:1.6em}h2{font-size:1.3em;margin:2em 0 .5em;border-bottom:1px solid var(--line)}h3{font-size:1.05em;margin:1.6em 0 .3em;overflow-wrap:anywhere}',
  'p,li{overflow-wrap:anywhere}a{color:var(--link)}',
  ':focus-visible{outline:2px solid var(--link);outline-offset:2px}',
  '.scroll{overflow-x:auto;margin:.5em 0 1.5em}',
  'table{border-collapse:collapse}caption{text-align:left;font-weight:600;padding:.3em 0}',
  'th,td{border:1px solid var(--line);padding:.25em .6em;text-align:left;vertical-align:top;overflow-wrap:break-word;max-width:34em}',
  'thead th{background:var(--soft)}tbody th{font-weight:400}',
  'pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--soft);padding:.4em .7em;margin:.3em 0 1em;font:12px/1.5 ui-monospace,monospace}',
  'ol p{margin:.3em 0}ol b{margin-right:.4em}.high{color:var(--high)}.medium{color:var(--medium)}.low{color:var(--low)}',
  'dl{display:grid;grid-template-columns:max-content 1fr;gap:.15em 1em;margin:.3em 0}dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}dd ul{margin:0;padding-left:1.1em}',
  '.tiles,nav ul{display:flex;flex-wrap:wrap;gap:.4em 1em;list-style:none;padding:0}.tiles li{border:1px solid var(--line);border-radius:.3em;padding:.4em .9em}.tiles b{display:block;font-size:1.6em;line-height:1.2}',
  '@media(max-width:40rem){main{padding:.5rem .8rem 2rem}dl{grid-template-columns:1fr}dd{margin-bottom:.4em}}',
  '@media print{main{max-width:none;padding:0}body{font-size:10px}nav{display:none}.scroll{overflow:visible}thead{display:table-header-group}tr,li,dl{break-inside:avoid}h2,h3{break-after:avoid}a{color:inherit;text-decoration:none}}',
].join('');
