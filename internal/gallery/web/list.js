// The gallery: totals, what failed, what was skipped, and all results in virtual rows.
// Elements are made by make alone, and text is always a text node: no name becomes HTML.

const data = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);

// make returns an element with properties, attributes and children; a text is a text node.
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === 'class') element.className = value;
    else if (name === 'on') for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

// named is a name, whatever the direction of its script.
const named = (name) => make('bdi', null, name);

// bytes is a number of bytes in SI units, as in the other reports.
function bytes(n) {
  if (Math.abs(n) < 1000) return n + '\u00a0B';
  for (const unit of ['kB', 'MB', 'GB', 'TB']) {
    n /= 1000;
    if (Math.abs(n) < 999.95 || unit === 'TB') return n.toFixed(1) + '\u00a0' + unit;
  }
}

const plural = (n, word) => n.toLocaleString('en') + ' ' + (n === 1 ? word : word + 's');

// percent is the share that after is smaller than before, from which 100 is left only to nothing.
function percent(before, after) {
  const p = (before - after) / before * 100;
  return p >= 99.95 && after > 0 ? 99.9 : p;
}

// saving says how much smaller a result is.
function saving(item) {
  if (!item.before.bytes || !item.after.bytes) return '';
  const p = percent(item.before.bytes, item.after.bytes);
  return Math.abs(p).toFixed(1) + '\u00a0%\u00a0' + (p < 0 ? 'larger' : 'saved');
}

const formats = { heic: 'HEIC', avif: 'AVIF', jpeg: 'JPEG', png: 'PNG', gif: 'GIF', tiff: 'TIFF', bmp: 'BMP', webp: 'WebP' };
const formatName = (format) => formats[format] || format || '?';
const size = (side) => side.width ? side.width + '\u00a0×\u00a0' + side.height : '?';
const base = (path) => path.slice(path.lastIndexOf('/') + 1);
const grade = (score) => score >= 80 ? 'good' : score >= 70 ? 'mid' : 'poor';
const hasScore = (item) => typeof item.score === 'number';
const marks = { converted: '', 'up to date': '✓', skipped: '–', outdated: '!', failed: '✕' };

const items = data.items;
const scored = items.some(hasScore);
const mixed = items.some((item) => item.state === 'converted'); // or else all are up to date
items.forEach((item, i) => { item.index = i; });

// bySource are the results of each original.
const bySource = new Map();
for (const item of items) {
  if (!bySource.has(item.source)) bySource.set(item.source, []);
  bySource.get(item.source).push(item);
}

// preview is the address of a preview, by its index plus one.
const preview = (index) => index ? 'data:image/webp;base64,' + data.images[index - 1] : '';

// standing is the result that a page would load in the place of an original.
function standing(results) {
  const area = (item) => (item.after.width || 0) * (item.after.height || 0);
  return results.filter((item) => item.output).sort((a, b) => area(b) - area(a) || a.after.bytes - b.after.bytes)[0];
}

function showTotals() {
  let { 'bytes-before': before, 'bytes-after': after, converted } = data.totals;
  const count = (state) => [...bySource.values()].filter((results) => results.some((item) => item.state === state)).length;
  const current = count('up to date');
  if (!before) { // nothing was converted now: what was before counts
    for (const results of bySource.values()) {
      const one = standing(results);
      if (one && one.before.bytes) { before += one.before.bytes; after += one.after.bytes; }
    }
  }
  document.title = 'webpress report' + (data.title ? ': ' + data.title : '');
  $('title').append(named(data.title));
  const outcome = $('outcome');
  if (before) {
    const p = percent(before, after);
    outcome.replaceChildren(make('em', null, Math.abs(p).toFixed(1) + '\u00a0% ' + (p < 0 ? 'larger' : 'saved')), `: ${bytes(before)}\u00a0→ ${bytes(after)}`);
    $('meter').hidden = false;
    $('meter').firstElementChild.style.width = Math.min(100, after / before * 100) + '%';
  } else {
    outcome.textContent = data.check ? (data.totals.errors ? 'Check failed' : 'Check passed') : converted ? plural(converted, 'image') + ' converted' : 'No image converted';
  }
  const stat = (n, label) => n ? make('li', null, make('b', null, n.toLocaleString('en')), ' ' + label) : null;
  const variants = items.filter((item) => item.output).length;
  $('stats').append(...[
    stat(converted, data.dryRun ? 'would be converted' : 'converted'), stat(current, 'up to date'), stat(count('outdated'), 'outdated'),
    stat(data.left.reduce((n, one) => n + one.paths.length, 0), 'skipped'), stat(data.totals.failed, 'failed'),
    stat(data.totals.errors, 'errors'), stat(data.totals.warnings, 'warnings'),
    variants > bySource.size ? stat(variants, 'results') : null,
    stat(data.hidden, 'not shown, as nothing is new of them'),
  ].filter(Boolean));
  const state = [];
  if (data.dryRun) state.push('This was a dry run: nothing was written.');
  if (data.interrupted) state.push('The run was interrupted: what is here is finished.');
  $('state').hidden = !state.length;
  $('state').textContent = state.join(' ');
  $('foot').append(['webpress ' + data.version, data.made].filter(Boolean).join(' · '));
}

// card shows a section with a title, and rows where it has any.
function card(id, title, rows) {
  $(id).hidden = !rows.length;
  if (title) $(id + '-title').textContent = title;
  const list = $(id).lastElementChild;
  list.append(...rows);
  if (list.scrollHeight > list.clientHeight) list.tabIndex = 0; // to scroll it with keys
}

function showFaults() {
  // A message names the file in most cases.
  const fault = (path, message, hint) => make('li', null, path && !message.includes(path) ? make('b', null, named(path), ': ') : '', named(message),
    hint ? make('small', null, hint) : '');
  card('failed', plural(data.failures.length, 'failure'), data.failures.map((one) => fault(one.path, one.message, one.hint)));
  card('findings', plural(data.findings.length, 'finding'), data.findings.map((one) => {
    const row = fault(one.path, one.message, one.hint);
    row.prepend(make('b', null, one.severity + ' '));
    return row;
  }));
  card('notices', '', data.notices.map((text) => make('li', null, named(text))));
  const n = data.left.reduce((sum, one) => sum + one.paths.length, 0);
  card('left', plural(n, 'image') + ' skipped', data.left.map((one) => {
    const list = make('ul');
    const details = make('details', null, make('summary', null, `${one.paths.length.toLocaleString('en')} ${one.reason}`), list);
    details.addEventListener('toggle', () => { // names are made when they are asked for
      if (!list.firstChild) list.append(...one.paths.map((path) => make('li', null, named(path))));
    });
    return details;
  }));
}

// The filters.

const sizes = [['50000', 'Up to 50 kB', 0, 5e4], ['200000', '50 to 200 kB', 5e4, 2e5], ['1000000', '200 kB to 1 MB', 2e5, 1e6], ['more', 'Above 1 MB', 1e6, Infinity]];
const scores = [['50', 'Below 50', -Infinity, 50], ['70', '50 to 70', 50, 70], ['80', '70 to 80', 70, 80], ['90', '80 to 90', 80, 90], ['100', '90 and more', 90, Infinity]];
const weight = (item) => item.after.bytes || item.before.bytes || 0;
const rank = (item) => item.state === 'failed' ? 0 : item.output ? 1 : 2;
const saved = (item) => item.before.bytes && item.after.bytes ? percent(item.before.bytes, item.after.bytes) : 101;
const byName = (a, b) => a.source < b.source ? -1 : a.source > b.source ? 1 : a.index - b.index;
const orders = {
  worst: ['Worst score', (a, b) => rank(a) - rank(b) || (hasScore(a) ? a.score : 1000) - (hasScore(b) ? b.score : 1000)],
  least: ['Least saved', (a, b) => rank(a) - rank(b) || saved(a) - saved(b) || weight(b) - weight(a)],
  large: ['Largest result', (a, b) => weight(b) - weight(a)],
  most: ['Most saved', (a, b) => (rank(a) !== 1) - (rank(b) !== 1) || (b.before.bytes - b.after.bytes) - (a.before.bytes - a.after.bytes)],
  name: ['Name', byName],
};

function fillFilters() {
  const option = (value, text) => make('option', { value }, text);
  const counts = (key) => {
    const n = new Map();
    for (const item of items) if (key(item)) n.set(key(item), (n.get(key(item)) || 0) + 1);
    return [...n].sort((a, b) => a[0] < b[0] ? -1 : 1);
  };
  const fill = (id, all, list) => $(id).append(option('', all), ...list);
  fill('by-state', 'All', ['failed', 'converted', 'up to date', 'outdated', 'skipped'].filter((state) => items.some((item) => item.state === state))
    .map((state) => option(state, state[0].toUpperCase() + state.slice(1))));
  const group = (label, side) => make('optgroup', { label }, ...counts((item) => item[side].format).map(([format, n]) => option(side + ':' + format, `${formatName(format)} (${n})`)));
  fill('by-format', 'All', [group('Result', 'after'), group('Original', 'before')].filter((one) => one.firstChild));
  fill('by-folder', 'All', counts((item) => item.folder).map(([folder, n]) => option('/' + folder, `${folder === '.' ? 'top folder' : folder} (${n})`)));
  fill('by-size', 'All', sizes.map(([value, text]) => option(value, text)));
  fill('by-score', 'All', scores.map(([value, text]) => option(value, text)));
  $('score-label').hidden = !scored;
  $('sort').append(...Object.entries(orders).filter(([key]) => scored || key !== 'worst').map(([key, [text]]) => option(key, text)));
}

let shown = [];

// filter brings what is shown up to date.
function filter() {
  const name = $('by-name').value.trim().toLowerCase();
  const state = $('by-state').value, [side, format] = $('by-format').value.split(':');
  const folder = $('by-folder').value.slice(1), inFolder = $('by-folder').value !== '';
  const range = (list, value) => list.find((one) => one[0] === value);
  const bySize = range(sizes, $('by-size').value), byScore = range(scores, $('by-score').value);
  shown = items.filter((item) => (!name || item.source.toLowerCase().includes(name) || (item.output || '').toLowerCase().includes(name))
    && (!state || item.state === state) && (!format || item[side].format === format) && (!inFolder || item.folder === folder)
    && (!bySize || weight(item) > bySize[2] && weight(item) <= bySize[3])
    && (!byScore || hasScore(item) && item.score >= byScore[2] && item.score < byScore[3]));
  const order = orders[$('sort').value][1];
  shown.sort((a, b) => order(a, b) || byName(a, b));
  $('count').textContent = shown.length === items.length ? plural(items.length, 'result') : `${shown.length.toLocaleString('en')} of ${plural(items.length, 'result')}`;
  $('none').hidden = shown.length > 0 || items.length === 0;
  $('results').hidden = items.length === 0;
  current = Math.min(current, Math.max(0, shown.length - 1));
  clear();
  layOut();
}

// The grid: only the rows in sight are elements.

const grid = $('grid');
const gap = 14;
let cells = new Map(); // by the index in shown
let columns = 1, cellWidth = 0, cellHeight = 0, current = 0, waiting = false;

function clear() {
  cells.clear();
  grid.replaceChildren();
}

function layOut() {
  const width = grid.clientWidth, narrow = width < 600;
  columns = Math.max(1, Math.floor((width + gap) / ((narrow ? 150 : 240) + gap)));
  const wide = (width - gap * (columns - 1)) / columns;
  const high = narrow ? 210 : 280;
  if (wide !== cellWidth || high !== cellHeight) clear();
  cellWidth = wide;
  cellHeight = high;
  grid.style.height = Math.max(0, Math.ceil(shown.length / columns) * (cellHeight + gap) - gap) + 'px';
  draw();
}

// draw makes the cells that are in sight, and takes the others away.
function draw() {
  waiting = false;
  const top = -grid.getBoundingClientRect().top, row = cellHeight + gap;
  const first = Math.max(0, Math.floor(top / row) - 2) * columns;
  const last = Math.min(shown.length, (Math.ceil((top + innerHeight) / row) + 2) * columns);
  for (const [i, cell] of cells) {
    if ((i < first || i >= last) && !cell.contains(document.activeElement)) {
      cell.remove();
      cells.delete(i);
    }
  }
  for (let i = first; i < last; i++) {
    if (cells.has(i)) continue;
    const cell = tile(shown[i], i);
    cells.set(i, cell);
    const after = [...cells.keys()].filter((n) => n > i).sort((a, b) => a - b)[0];
    grid.insertBefore(cell, after === undefined ? null : cells.get(after)); // the order of Tab and of readers
  }
}

function drawSoon() {
  if (!waiting) requestAnimationFrame(draw);
  waiting = true;
}

// tile is the cell of a result.
function tile(item, i) {
  const shot = make('div', { class: 'shot' });
  const textHeight = 92, room = [cellWidth - 2, cellHeight - textHeight];
  const of = item.after.width ? item.after : item.before;
  const sources = [preview(item.thumb), item.after.address, item.output ? '' : item.before.address].filter(Boolean);
  const blank = () => shot.prepend(make('span', { class: 'blank', 'aria-hidden': 'true' }, item.before.format ? formatName(item.before.format) : '✕'));
  if (sources.length) {
    const img = make('img', { alt: '', decoding: 'async', loading: 'lazy' });
    const scale = of.width ? Math.min(room[0] / of.width, room[1] / of.height, 1) : 1;
    img.width = Math.max(1, Math.round((of.width || room[0]) * scale));
    img.height = Math.max(1, Math.round((of.height || room[1]) * scale));
    img.onerror = () => {
      sources.shift();
      if (sources.length) img.src = sources[0];
      else { img.remove(); blank(); }
    };
    img.src = sources[0];
    shot.append(img);
  } else blank();
  if (hasScore(item)) shot.append(make('span', { class: 'badge right' }, make('span', { class: 'hide' }, 'score '), make('strong', { class: grade(item.score) }, item.score.toFixed(1))));
  if (item.state !== 'converted' && (item.state !== 'up to date' || mixed)) shot.append(make('span', { class: 'badge' }, make('span', { 'aria-hidden': 'true', class: item.state === 'failed' ? 'poor' : '' }, marks[item.state]), item.state));
  const kinds = item.output ? `${formatName(item.before.format)} → ${formatName(item.after.format)}` : item.before.format ? formatName(item.before.format) : '';
  const lengths = `${bytes(item.before.bytes || 0)} → ${bytes(item.after.bytes || 0)}`;
  const line = (...parts) => make('div', { class: parts.length > 1 ? 'line' : 'line one' }, ...parts.map((part) => parts.length > 1 ? make('span', null, part) : part));
  const narrow = cellWidth < 230;
  const text = make('div', { class: 'text' },
    make('div', { class: 'file', title: item.source }, named(base(item.output && bySource.get(item.source).length > 1 ? item.output : item.source))),
    ...(!item.output ? [line(kinds || '\u00a0'), line(named(item.reason || bytes(item.before.bytes || 0)))]
      : narrow ? [line(saving(item) || kinds), line(lengths)] : [line(kinds, saving(item)), line(lengths, size(item.after))]));
  const button = make('button', { class: 'tile', type: 'button', tabindex: i === current ? '0' : '-1', on: {
    click: () => openViewer(i),
    focus: () => choose(i),
  } }, shot, text);
  const cell = make('div', { class: 'cell', role: 'listitem', 'aria-setsize': shown.length, 'aria-posinset': i + 1 }, button);
  Object.assign(cell.style, {
    left: (i % columns) * (cellWidth + gap) + 'px', top: Math.floor(i / columns) * (cellHeight + gap) + 'px', width: cellWidth + 'px', height: cellHeight + 'px',
  });
  return cell;
}

// choose makes a cell the one that Tab leads to.
function choose(i) {
  cells.get(current)?.firstChild.setAttribute('tabindex', '-1');
  current = i;
  cells.get(i)?.firstChild.setAttribute('tabindex', '0');
}

// focusCell brings a cell into sight and gives it the focus.
function focusCell(i) {
  const row = cellHeight + gap, top = grid.getBoundingClientRect().top + Math.floor(i / columns) * row;
  const bar = getComputedStyle($('filters')).position === 'sticky' ? $('filters').offsetHeight + 8 : 8;
  if (top < bar) scrollBy(0, top - bar);
  else if (top + cellHeight > innerHeight - 8) scrollBy(0, top + cellHeight - innerHeight + 8);
  choose(i);
  draw();
  cells.get(i)?.firstChild.focus({ preventScroll: true });
}

grid.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !shown.length) return;
  const page = Math.max(1, Math.floor(innerHeight / (cellHeight + gap)) - 1) * columns;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, PageUp: -page, PageDown: page, Home: -Infinity, End: Infinity }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  focusCell(Math.min(shown.length - 1, Math.max(0, current + step)));
});

showTotals();
showFaults();
fillFilters();
$('filters').addEventListener('input', filter);
$('more').addEventListener('click', () => {
  const open = $('filters').classList.toggle('open');
  $('more').setAttribute('aria-expanded', open);
  $('more').textContent = open ? 'Fewer filters' : 'More filters';
});
$('filters').addEventListener('reset', () => setTimeout(filter));
$('filters').addEventListener('submit', (event) => event.preventDefault());
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && !$('viewer').open && !/^(INPUT|SELECT)$/.test(event.target.tagName)) {
    event.preventDefault();
    $('by-name').focus();
  }
});
addEventListener('scroll', drawSoon, { passive: true });
new ResizeObserver(() => { if (grid.clientWidth && !$('viewer').open) layOut(); }).observe(grid);
filter();
