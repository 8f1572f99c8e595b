// One image: before and after in step, under a divider.

const viewer = $('viewer'), stage = $('stage'), divider = $('divider');
const panes = { before: stage.querySelector('.pane.before'), after: stage.querySelector('.pane.after') };
const board = stage.querySelector('.board');
const tags = { before: stage.querySelector('.tag.left'), after: stage.querySelector('.tag.right') };
const grounds = ['', 'white', 'black', 'gray'];
const view = { at: 0, item: null, mode: 'split', split: 0.5, scale: 1, x: 0, y: 0, fitted: true, ground: 0, has: {}, kind: {}, turn: 0 };

// pixel is the length of a pixel of the screen in CSS pixels: an image pixel at 100 %.
const pixel = () => 1 / (devicePixelRatio || 1);

// extent is the width and the height that both images are shown at: those of the result.
function extent() {
  const { after, before } = view.item;
  const side = after.width ? after : before;
  if (side.width) return [side.width, side.height];
  const img = panes.after.firstChild || panes.before.firstChild;
  return [img?.naturalWidth || 1, img?.naturalHeight || 1];
}

// fitScale is the scale at which all of the image is seen, 100 % at most.
function fitScale() {
  const [w, h] = extent();
  return Math.min(stage.clientWidth / w, stage.clientHeight / h, pixel());
}

// place puts both images where the view says.
function place() {
  if (!view.item || !viewer.open) return;
  const [w, h] = extent();
  if (view.fitted) Object.assign(view, { scale: fitScale(), x: w / 2, y: h / 2 });
  const wide = stage.clientWidth, high = stage.clientHeight, s = view.scale;
  // What fits is centered, and what does not fills the stage.
  const within = (at, length, room) => length * s <= room ? length / 2 : Math.min(Math.max(at, room / 2 / s), length - room / 2 / s);
  view.x = within(view.x, w, wide);
  view.y = within(view.y, h, high);
  const box = { left: wide / 2 - view.x * s + 'px', top: high / 2 - view.y * s + 'px', width: w * s + 'px', height: h * s + 'px' };
  Object.assign(board.style, box);
  for (const pane of Object.values(panes)) {
    if (!pane.firstChild) continue;
    Object.assign(pane.firstChild.style, box);
    pane.firstChild.classList.toggle('sharp', s >= 2 * pixel());
  }
  const both = view.has.before && view.has.after, mode = both ? view.mode : view.has.after ? 'after' : 'before';
  const x = mode === 'split' ? view.split * wide : mode === 'before' ? wide : 0;
  panes.before.style.clipPath = `inset(0 ${wide - x}px 0 0)`;
  panes.after.style.clipPath = `inset(0 0 0 ${x}px)`;
  divider.hidden = mode !== 'split';
  divider.style.left = x + 'px';
  const share = Math.round(view.split * 100);
  divider.setAttribute('aria-valuenow', share);
  divider.setAttribute('aria-valuetext', `${share} % before, ${100 - share} % after`);
  tags.before.hidden = mode === 'after' || !view.has.before;
  tags.after.hidden = mode === 'before' || !view.has.after;
  stage.classList.toggle('far', !view.fitted && s > fitScale() * 1.001);
  stage.setAttribute('aria-label', `${base(view.item.source)}: ${mode === 'split' ? 'before and after' : mode}`);
  $('split').disabled = $('flicker').disabled = !both;
  $('split').setAttribute('aria-pressed', mode === 'split');
  $('flicker').setAttribute('aria-pressed', both && mode !== 'split');
  $('zoom').value = Math.round(s / pixel() * 100) + ' %';
}

// zoomTo sets the scale so that the point of the stage at px, py stays where it is.
function zoomTo(scale, px = stage.clientWidth / 2, py = stage.clientHeight / 2) {
  scale = Math.min(Math.max(scale, Math.min(fitScale(), pixel() / 4)), 32 * pixel());
  const dx = px - stage.clientWidth / 2, dy = py - stage.clientHeight / 2;
  view.x += dx / view.scale - dx / scale;
  view.y += dy / view.scale - dy / scale;
  view.scale = scale;
  view.fitted = false;
  place();
}

function fit() {
  view.fitted = true;
  place();
}

// steps are the scales that + and - lead to.
const steps = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32];

function zoomStep(up) {
  const now = view.scale / pixel();
  const next = up ? steps.find((s) => s > now * 1.01) : steps.findLast((s) => s < now * 0.99);
  if (next) zoomTo(next * pixel());
}

// full shows 100 %, at the place that has most detail.
async function full() {
  const item = view.item, [fx, fy] = await busiest(item);
  if (item !== view.item) return;
  const [w, h] = extent();
  Object.assign(view, { fitted: false, scale: pixel(), x: fx * w, y: fy * h });
  place();
}

// busiest is the place with most detail of a result, as shares of its sides, by its thumbnail.
async function busiest(item) {
  if (!item.thumb) return [0.5, 0.5];
  if (item.busy) return item.busy;
  const img = new Image();
  img.src = preview(item.thumb);
  await img.decode();
  const w = Math.min(160, img.naturalWidth), h = Math.max(1, Math.round(w * img.naturalHeight / img.naturalWidth));
  const canvas = make('canvas', { width: w, height: h }), context = canvas.getContext('2d');
  context.drawImage(img, 0, 0, w, h);
  const { data: rgba } = context.getImageData(0, 0, w, h);
  const light = (i) => (rgba[i] * 2 + rgba[i + 1] * 5 + rgba[i + 2]) * rgba[i + 3];
  const n = 7, cells = new Float64Array(n * n);
  for (let y = 0; y + 1 < h; y++) {
    for (let x = 0; x + 1 < w; x++) {
      const i = 4 * (y * w + x);
      cells[Math.floor(y * n / h) * n + Math.floor(x * n / w)] += Math.abs(light(i) - light(i + 4)) + Math.abs(light(i) - light(i + 4 * w));
    }
  }
  const best = cells.indexOf(Math.max(...cells));
  return item.busy = [(best % n + 0.5) / n, (Math.floor(best / n) + 0.5) / n];
}

// load shows the first of several addresses that can be loaded, and resolves to its index, or to -1.
function load(addresses, turn) {
  return new Promise((resolve) => {
    const img = make('img', { alt: '', draggable: 'false' });
    let i = -1;
    const next = () => {
      if (++i < addresses.length) img.src = turn ? again(addresses[i], turn) : addresses[i];
      else resolve([img, -1]);
    };
    img.onload = () => img.decode().catch(() => {}).then(() => resolve([img, i]));
    img.onerror = next;
    next();
  });
}

// again is an address that no image was loaded from: an animation that is shown already would go on.
const again = (address, turn) => address.startsWith('data:') ? address + '#' + turn : address + '?' + turn;

// show loads both images of the item; animations begin together.
async function show() {
  const item = view.item, turn = ++view.turn;
  const moves = item.frames > 1 || item.before.format === 'gif';
  const before = [item.before.address, preview(item.before.preview)].filter(Boolean);
  const after = item.output ? [item.after.address, preview(item.thumb)].filter(Boolean) : [];
  if (!item.output && item.thumb) before.push(preview(item.thumb));
  panes.before.replaceChildren();
  panes.after.replaceChildren();
  view.has = { before: before.length > 0, after: after.length > 0 };
  say('');
  place();
  const [[b, bi], [a, ai]] = await Promise.all([load(before, moves && turn), load(after, moves && turn)]);
  if (turn !== view.turn) return; // another one was opened meanwhile
  view.has = { before: bi >= 0, after: ai >= 0 };
  if (bi >= 0) panes.before.append(b);
  if (ai >= 0) panes.after.append(a);
  const notes = [];
  const small = (img) => `a preview of ${img.naturalWidth}\u00a0×\u00a0${img.naturalHeight}`;
  if (bi >= 0 && !(item.before.address && bi === 0)) notes.push(`Before is ${small(b)}.`);
  if (bi < 0 && item.output) notes.push('The original is not beside this report.');
  if (ai >= 0 && !(item.after.address && ai === 0)) notes.push(`The result is not beside this report: after is ${small(a)}.`);
  if (item.output && ai < 0) notes.push('The result is not beside this report.');
  if (bi < 0 && ai < 0) notes.splice(0, notes.length, item.state === 'failed' ? 'This image could not be converted.' : 'Neither image is beside this report.');
  say(notes.join(' '));
  place();
}

function say(text) { $('message').textContent = text; }

// openItem shows a result. The same place of another result of the same original stays in sight.
function openItem(item) {
  const old = view.item, same = old && old.source === item.source && !view.fitted;
  const [w] = old ? extent() : [1];
  view.item = item;
  if (same) {
    const ratio = extent()[0] / w;
    Object.assign(view, { scale: view.scale / ratio, x: view.x * ratio, y: view.y * ratio });
  } else view.fitted = true;
  if (view.mode !== 'split') view.mode = 'after';
  $('name').replaceChildren(named(item.output || item.source));
  $('place').textContent = view.at >= 0 ? `${(view.at + 1).toLocaleString('en')} of ${shown.length.toLocaleString('en')}` : '';
  $('previous').disabled = view.at <= 0;
  $('next').disabled = view.at < 0 || view.at >= shown.length - 1;
  $('again').hidden = !(item.frames > 1);
  showFacts(item);
  showVariants(item);
  show();
}

// looks are what scores are called, as by the setting look.
const looks = [[90, 'visually lossless'], [88, 'best'], [80, 'high'], [70, 'good'], [-Infinity, 'low']];

function showFacts(item) {
  const row = (label, ...cells) => make('tr', null, make('th', { scope: 'row' }, label), ...cells.map((cell) => make('td', cells.length === 1 ? { colspan: 2 } : null, cell)));
  const made = !!item.after.format;
  const body = [row('Dimensions', size(item.before), made ? size(item.after) : '–'), row('Size', bytes(item.before.bytes || 0), made ? bytes(item.after.bytes || 0) : '–'),
    row('Format', formatName(item.before.format), made ? formatName(item.after.format) : '–')];
  if (saving(item)) body.push(row('Difference', saving(item)));
  if (item.encoding) body.push(row('Encoding', item.encoding));
  if (item.quality !== undefined) body.push(row('Quality', String(item.quality)));
  if (hasScore(item)) body.push(row('Score', make('strong', { class: grade(item.score) }, item.score.toFixed(1)), looks.find(([least]) => item.score >= least)[1]));
  if (item.tries) body.push(row('Encoded', plural(item.tries, 'time')));
  if (item.frames > 1) body.push(row('Frames', String(item.frames)));
  if (item.variant) body.push(row('Variant', named(item.variant)));
  body.push(row('State', item.state));
  if (item.time) body.push(row('Time', item.time < 1000 ? item.time + ' ms' : (item.time / 1000).toFixed(1) + ' s'));
  const head = (text) => make('th', { scope: 'col' }, text);
  $('facts').replaceChildren(make('thead', null, make('tr', null, make('td', null, make('span', { class: 'hide' }, 'Fact')), head('Before'), head('After'))), make('tbody', null, ...body));
  const line = (label, text) => make('p', null, label + ' ', make('span', { class: 'path' }, named(text)));
  $('remarks').replaceChildren(line('Original', item.source), ...(item.output ? [line('Result', item.output)] : []),
    ...(item.reason && item.state !== 'up to date' ? [line(item.state === 'failed' ? 'Why it failed:' : 'Why:', item.reason)] : []),
    ...(item.notes || []).map((note) => make('p', null, named(note))));
}

function showVariants(item) {
  const results = bySource.get(item.source);
  $('variants').replaceChildren(...(results.length < 2 ? [] : results.map((one) => make('button', {
    type: 'button', 'aria-current': one === item, on: { click: () => goTo(one) },
  }, make('b', null, one.variant ? named(one.variant) : one.after.width ? one.after.width + '\u00a0px' : base(one.output || one.target || one.source)),
  make('span', null, formatName(one.after.format)),
  make('small', null, [one.after.width ? size(one.after) : one.state, one.after.bytes ? bytes(one.after.bytes) : '', hasScore(one) ? 'score ' + one.score.toFixed(1) : ''].filter(Boolean).join(' · '))))));
}

// goTo opens another result of the same original, be it filtered out.
function goTo(item) {
  const inVariants = $('variants').contains(document.activeElement);
  view.at = shown.indexOf(item);
  openItem(item);
  if (inVariants) $('variants').querySelector('[aria-current=true]')?.focus();
}

function openViewer(i) {
  view.at = i;
  view.mode = 'split';
  view.split = 0.5;
  view.item = null;
  if (!viewer.open) {
    document.documentElement.style.overflow = 'hidden';
    viewer.showModal();
  }
  openItem(shown[i]);
  stage.focus({ preventScroll: true });
}

// turn opens the next result of those that are shown, or the one before.
function turn(step) {
  const at = view.at + step;
  if (view.at < 0 || at < 0 || at >= shown.length) return;
  view.at = at;
  openItem(shown[at]);
}

function turnVariant(step) {
  const results = bySource.get(view.item.source), at = results.indexOf(view.item) + step;
  if (results[at]) goTo(results[at]);
}

function setMode(mode) {
  if (!view.has.before || !view.has.after) return;
  view.mode = mode;
  place();
}

const flicker = () => setMode(view.mode === 'before' ? 'after' : 'before');

function setSplit(share) {
  view.split = Math.min(1, Math.max(0, share));
  view.mode = 'split';
  place();
}

function nextGround() {
  board.className = 'board ' + grounds[view.ground = (view.ground + 1) % grounds.length];
}

function toggleKeys() {
  $('keys').hidden = !$('keys').hidden;
  $('help').setAttribute('aria-expanded', !$('keys').hidden);
  place();
}

function pan(dx, dy) {
  view.fitted = false;
  view.x += dx * 80 / view.scale;
  view.y += dy * 80 / view.scale;
  place();
}

const keyTable = [
  ['← →', 'previous, next image'], ['↑ ↓', 'other result of this original'], ['F, space', 'switch between before and after'],
  ['S', 'both, with the divider'], ['[ ]', 'move the divider'], ['+ −', 'zoom in, out'], ['0', 'fit'],
  ['1', '100 %, at most detail'], ['Shift + arrows', 'move the image'], ['B', 'background'], ['R', 'restart animations'], ['?', 'these keys'], ['Esc', 'back to the gallery'],
];
$('keys').querySelector('dl').append(...keyTable.map(([keys, text]) => make('div', null, make('dt', null, make('kbd', null, keys)), make('dd', null, text))));

viewer.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  let did = true;
  if (event.target === divider && (arrows || event.key === 'Home' || event.key === 'End')) {
    if (arrows) setSplit(view.split + (arrows[0] || -arrows[1]) * (event.shiftKey ? 0.1 : 0.02));
    else setSplit(event.key === 'Home' ? 0 : 1);
  } else if (arrows && event.shiftKey) pan(...arrows);
  else if (arrows && event.target.closest('.facts, .keys') && arrows[1]) return; // it scrolls
  else if (arrows) arrows[0] ? turn(arrows[0]) : turnVariant(arrows[1]);
  else if (event.key === ' ' && event.target.closest('button')) return;
  else {
    const act = {
      ' ': flicker, f: flicker, s: () => setMode('split'), '[': () => setSplit(view.split - 0.05), ']': () => setSplit(view.split + 0.05),
      '+': () => zoomStep(true), '=': () => zoomStep(true), '-': () => zoomStep(false), 0: fit, 1: full, b: nextGround,
      r: () => { if (view.item.frames > 1) show(); }, '?': toggleKeys,
    }[event.key.toLowerCase()];
    did = !!act;
    act?.();
  }
  if (did) event.preventDefault();
});

for (const [id, act] of Object.entries({
  previous: () => turn(-1), next: () => turn(1), close: () => viewer.close(), split: () => setMode('split'), flicker, in: () => zoomStep(true), out: () => zoomStep(false),
  fit, full, ground: nextGround, again: show, help: toggleKeys,
})) $(id).addEventListener('click', act);

viewer.addEventListener('close', () => {
  if (viewer.open) return; // another image was opened meanwhile
  document.documentElement.style.overflow = '';
  view.turn++;
  panes.before.replaceChildren();
  panes.after.replaceChildren();
  const at = view.at >= 0 ? view.at : current;
  view.item = null;
  layOut();
  if (shown[at]) focusCell(at);
});

// Pointers: one moves the divider, or the image where it is larger than the stage; two zoom.
const pointers = new Map();
let dividing = false;
const local = (event) => {
  const box = stage.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};

stage.addEventListener('pointerdown', (event) => {
  if (event.button) return;
  pointers.set(event.pointerId, local(event));
  stage.setPointerCapture(event.pointerId);
  const both = view.has.before && view.has.after;
  dividing = pointers.size === 1 && both && (divider.contains(event.target) || !stage.classList.contains('far'));
  stage.classList.toggle('drag', !dividing);
  if (dividing && view.mode === 'split') setSplit(local(event)[0] / stage.clientWidth);
});

stage.addEventListener('pointermove', (event) => {
  const was = pointers.get(event.pointerId);
  if (!was) return;
  const at = local(event);
  if (pointers.size === 2) {
    const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
    const length = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) || 1;
    zoomTo(view.scale * length(at, other) / length(was, other), (at[0] + other[0]) / 2, (at[1] + other[1]) / 2);
  } else if (dividing) setSplit(at[0] / stage.clientWidth);
  else if (stage.classList.contains('far')) {
    view.x -= (at[0] - was[0]) / view.scale;
    view.y -= (at[1] - was[1]) / view.scale;
    place();
  }
  pointers.set(event.pointerId, at);
});

for (const end of ['pointerup', 'pointercancel']) {
  stage.addEventListener(end, (event) => {
    pointers.delete(event.pointerId);
    dividing = false;
    stage.classList.remove('drag');
  });
}

stage.addEventListener('wheel', (event) => {
  event.preventDefault();
  const unit = event.deltaMode === 1 ? 30 : 1;
  zoomTo(view.scale * Math.exp(-Math.max(-200, Math.min(200, event.deltaY * unit)) / 350), ...local(event));
}, { passive: false });

stage.addEventListener('dblclick', (event) => {
  if (stage.classList.contains('far')) fit();
  else zoomTo(pixel(), ...local(event));
});

new ResizeObserver(place).observe(stage);
