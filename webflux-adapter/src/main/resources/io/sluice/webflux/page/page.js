// The live page: it reads the API beside it and asks nobody else. What stands on it is text, never markup.
'use strict';

const state = { control: false, groups: [], runs: new Map(), quarantines: new Map(), lastId: '', samples: [] };
const LOG_LINES = 200, RATES = 60, CHART_SECONDS = 300;
const $ = id => document.getElementById(id);

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

const number = n => Math.round(n).toLocaleString('en');
const UNITS = [['s', 1, 90], ['min', 60, 5400], ['h', 3600, 172800], ['d', 86400, Infinity]];

/** A time in the unit that suits it, or in that of another one, so that the two can be told together. */
function seconds(s, like) {
  const [unit, size] = UNITS.find(it => like ? like.endsWith(' ' + it[0]) : s < it[2]);
  return Math.round(s / size) + ' ' + unit;
}

async function get(path) {
  const answer = await fetch('api/' + path, { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new Error(await problem(answer));
  return answer.json();
}

async function problem(answer) {
  try { return (await answer.json()).detail; } catch { return answer.status + ' ' + answer.statusText; }
}

function trouble(message) {
  $('trouble').textContent = message || '';
  $('trouble').hidden = !message;
}

async function ask(run, verb) {
  if (verb === 'cancel' && !await confirmed('Cancel run ' + run + ' for good? What was committed stays.')) return;
  const [shard, id] = run.split(/:(?=\d+$)/);
  const token = document.cookie.match(/(?:^|; )XSRF-TOKEN=([^;]+)/);
  const answer = await fetch(`api/runs/${shard}/${id}/${verb}`, {
    method: 'POST', headers: token ? { 'X-XSRF-TOKEN': decodeURIComponent(token[1]) } : {} });
  trouble(answer.ok ? '' : await problem(answer));
  refresh();
}

function confirmed(question) {
  $('question').textContent = question;
  $('confirm').returnValue = 'no';
  $('confirm').showModal();
  return new Promise(done => $('confirm').addEventListener('close', () => done($('confirm').returnValue === 'yes'), { once: true }));
}

// Runs: the newest state of each, and its recent rates, from which the time that is left is told as an interval.
function seen(progress) {
  const known = state.runs.get(progress.run) || { rates: [] };
  if (progress.rowsPerSecond > 0) known.rates = known.rates.concat(progress.rowsPerSecond).slice(-RATES);
  const now = Date.now();
  if (known.progress && known.at < now) {
    known.lost = Math.max(0, progress.throttledMillis - known.progress.throttledMillis) / (now - known.at);
  }
  known.progress = progress;
  known.at = now;
  state.runs.set(progress.run, known);
  show(progress.run);
}

function eta(known) {
  const p = known.progress;
  if (p.totalKind === 'UNKNOWN' || p.status !== 'RUNNING' || !known.rates.length) return '';
  const sorted = [...known.rates].sort((a, b) => a - b), rest = Math.max(0, p.total - p.seenInPass);
  const to = seconds(rest / sorted[Math.floor(sorted.length * .2)]), from = seconds(rest / sorted[Math.floor(sorted.length * .8)], to);
  return from === to ? 'about ' + from + ' left' : from.split(' ')[0] + ' to ' + to + ' left';
}

function schemaSeen(progress) {
  const known = state.runs.get(progress.run) || { rates: [] };
  known.schema = progress;
  state.runs.set(progress.run, known);
  show(progress.run);
}

const counted = (what, c) => c ? number(c.done) + ' of ' + number(c.total) + ' ' + what : '';

function showSchema(row, p) {
  const works = p.status === 'RUNNING' || p.status === 'FINISHING';
  row.querySelector('progress').value = p.percent;
  row.querySelector('.facts').textContent = [
    p.percent.toFixed(p.percent === 100 ? 0 : 1) + ' %',
    works && p.phase, counted('partitions', p.partitions),
    works && (counted('blocks', p.blocks) || counted('rows', p.tuples)), works && counted('transactions waited for', p.lockers),
    works && !p.waitsFor && p.etaMillis !== undefined ? 'about ' + seconds(p.etaMillis / 1000) + ' left' : ''].filter(Boolean).join(' · ');
  row.querySelector('.reason').textContent = p.waitsFor ? 'waits for ' + p.waitsFor : row.dataset.reason;
}

const memberId = run => 'run-' + run.replace(/[^\w-]/g, '_');

function show(run) {
  const row = $(memberId(run)), known = state.runs.get(run);
  if (!row || !known || !(known.progress || known.schema)) return;
  if (row.dataset.status !== (known.progress || known.schema).status) soon();
  if (known.schema) return showSchema(row, known.schema);
  const p = known.progress, bar = row.querySelector('progress');
  if (p.percent === undefined) bar.removeAttribute('value'); else bar.value = p.percent;
  const total = p.totalKind === 'UNKNOWN' ? '' : ' of ' + (p.totalKind === 'ESTIMATE' ? 'about ' : '') + number(p.total);
  row.querySelector('.facts').textContent = [
    p.percent === undefined ? '' : p.percent.toFixed(p.percent === 100 ? 0 : 1) + ' %',
    number(p.rowsSeen) + total + ' rows',
    p.status === 'RUNNING' ? number(p.rowsPerSecond) + ' rows/s' : '',
    eta(known), p.phase === 'WORKING' ? '' : p.phase.toLowerCase()].filter(Boolean).join(' · ');
  row.querySelector('.reason').textContent = (p.status === 'FAILED' && row.dataset.reason) || p.reason || row.dataset.reason;
}

function member(m) {
  const row = make('div', 'member'), run = m.run;
  row.append(make('span', 'shard', m.shard), make('span', 'status ' + m.status, m.status));
  if (!run) return row;
  row.id = memberId(run.id);
  row.dataset.status = m.status;
  const bar = make('progress');
  bar.max = 100;
  bar.setAttribute('aria-label', 'Progress of ' + run.id);
  if (run.status === 'SUCCEEDED') bar.value = 100;
  row.append(bar, make('span', 'facts', run.status === 'SUCCEEDED' ? '100 %' : ''));
  if (state.control) {
    const verbs = make('div', 'verbs');
    for (const verb of run.allowed.filter(it => it !== 'finish')) {
      const button = make('button', verb === 'cancel' ? 'danger' : '', verb);
      button.setAttribute('aria-label', verb + ' ' + run.id);
      button.addEventListener('click', () => ask(run.id, verb));
      verbs.append(button);
    }
    row.append(verbs);
  }
  row.dataset.reason = run.status !== 'SUCCEEDED' && run.failure ? run.failure.message : '';
  row.append(make('p', run.status === 'FAILED' || run.status === 'ERRORED' ? 'reason bad' : 'reason', run.throttleReason || row.dataset.reason));
  if (run.kind === 'DATA' && (run.status === 'FAILED' || run.status === 'ERRORED')) row.append(quarantine(run));
  return row;
}

function quarantine(run) {
  const details = make('details'), list = make('ol'), known = state.quarantines.get(run.id);
  details.append(make('summary', '', 'Rows in quarantine'), list);
  const fill = page => {
    list.replaceChildren(...page.items.map(it => make('li', '', it.key.join(', ') + ' · ' + (it.failure ? it.failure.message : ''))));
    if (!page.items.length) list.append(make('li', '', 'none'));
    if (page.next) list.append(make('li', '', 'and more'));
  };
  // the card is drawn anew whenever something happens: what was open stays so
  if (known) {
    fill(known);
    details.open = true;
  }
  details.addEventListener('toggle', async () => {
    if (!details.open) return void state.quarantines.delete(run.id);
    try {
      const page = await get(`runs/${run.shard}/${run.number}/quarantine?limit=100`);
      state.quarantines.set(run.id, page);
      fill(page);
    } catch (e) {
      trouble(e.message);
    }
  });
  return details;
}

function group(g) {
  const card = make('article'), head = make('div', 'head');
  head.append(make('h3', '', g.name), make('span', 'status ' + g.status, g.status),
    make('span', 'kind', (g.kind || '').toLowerCase() + (g.arguments.length ? ' ' + JSON.stringify(g.arguments) : '')));
  card.append(head, ...g.members.map(member));
  return card;
}

let pending;
const soon = () => { clearTimeout(pending); pending = setTimeout(refresh, 150); };

async function refresh() {
  try {
    const [info, shards, groups] = await Promise.all([get('info'), get('shards'), get('groups?limit=50')]);
    state.control = info.control;
    $('shards').replaceChildren(...shards.map(it => {
      const chip = make('li', it.trouble ? 'down' : 'up', it.name);
      chip.title = it.trouble || 'ledger version ' + it.ledgerVersion;
      return chip;
    }));
    const focused = document.activeElement && document.activeElement.getAttribute('aria-label');
    if (groups.length) $('groups').replaceChildren(...groups.map(group));
    state.runs.forEach((known, run) => show(run));
    const again = focused && document.querySelector(`button[aria-label="${CSS.escape(focused)}"]`);
    if (again) again.focus();
    groups.flatMap(it => it.members).filter(it => it.run && !state.runs.has(it.run.id)).forEach(look);
  } catch (e) {
    // the server is away: the streams say so, and come back
  }
}

/** The last state of a run that is over, which no stream of live runs tells. */
function look(m) {
  state.runs.set(m.run.id, { rates: [] });
  const once = new EventSource(`api/runs/${m.run.shard}/${m.run.number}/progress`);
  once.addEventListener('progress', it => { once.close(); seen(JSON.parse(it.data)); });
  once.addEventListener('schema-progress', it => { once.close(); schemaSeen(JSON.parse(it.data)); });
  once.addEventListener('end', () => once.close());
  once.onerror = () => once.close();
}

const EVENTS = ['run-enqueued', 'status-changed', 'batch-failed', 'batch-retried', 'batch-split', 'row-quarantined', 'pass-begun',
  'throttled', 'unthrottled', 'callback-called', 'gap', 'unknown', 'run-removed', 'schema-noted', 'blocker-ended'];

function told(message) {
  if (message.lastEventId) state.lastId = message.lastEventId;
  const event = JSON.parse(message.data), line = make('li'), time = make('time', '', new Date(event.at).toLocaleTimeString());
  const d = event.detail;
  line.append(time, [event.migration, event.run || event.shard, event.event === 'status-changed' ? d.from + ' → ' + d.to : event.event,
    d.reason, d.note, d.action && d.action + ' ' + d.blocker, d.failure && d.failure.message, d.key && d.key.join(', ')].filter(Boolean).join(' · '));
  $('log').prepend(line);
  while ($('log').children.length > LOG_LINES) $('log').lastChild.remove();
  soon();
}

// EventSource comes back by itself after a connection that broke, not after an answer it does not like: then a new one is needed.
function listen(path, wire) {
  const source = new EventSource(path());
  source.onopen = () => { $('connection').textContent = 'live'; refresh(); };
  source.onerror = () => {
    $('connection').textContent = 'reconnecting …';
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(path, wire), 2000);
  };
  wire(source);
}

function drawing() {
  const style = getComputedStyle(document.documentElement), colour = name => style.getPropertyValue(name).trim();
  Chart.defaults.color = colour('--quiet');
  Chart.defaults.borderColor = colour('--line');
  const line = (label, name, axis) => ({ label, data: [], yAxisID: axis, borderColor: colour(name), pointRadius: 0, borderWidth: 2, tension: .2 });
  return new Chart($('chart'), {
    type: 'line',
    data: { datasets: [line('rows per second', '--accent', 'rows'), line('% of time lost to the throttle', '--wait', 'lost')] },
    options: {
      animation: false, maintainAspectRatio: false, parsing: false,
      scales: {
        x: { type: 'linear', min: -CHART_SECONDS, max: 0, ticks: { callback: v => v === 0 ? 'now' : seconds(-v) + ' ago', maxTicksLimit: 6 } },
        rows: { axis: 'y', position: 'left', beginAtZero: true, suggestedMax: 10 }, lost: { axis: 'y', position: 'right', min: 0, max: 100, grid: { display: false } } } } });
}

function chart() {
  let drawn = drawing();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { drawn.destroy(); drawn = drawing(); });
  setInterval(() => {
    const now = Date.now(), live = [...state.runs.values()].filter(it => it.progress && it.progress.status === 'RUNNING' && now - it.at < 5000);
    state.samples.push({ now, rows: live.reduce((sum, it) => sum + it.progress.rowsPerSecond, 0), lost: Math.min(100, 100 * Math.max(0, ...live.map(it => it.lost || 0))) });
    state.samples = state.samples.filter(it => now - it.now < CHART_SECONDS * 1000);
    ['rows', 'lost'].forEach((what, i) => { drawn.data.datasets[i].data = state.samples.map(it => ({ x: (it.now - now) / 1000, y: it[what] })); });
    drawn.update('none');
  }, 1000);
}

listen(() => 'api/events' + (state.lastId ? '?lastEventId=' + encodeURIComponent(state.lastId) : ''), source => {
  EVENTS.forEach(it => source.addEventListener(it, told));
  source.addEventListener('position', it => { state.lastId = it.lastEventId; });
});
listen(() => 'api/progress', source => {
  source.addEventListener('progress', it => seen(JSON.parse(it.data)));
  source.addEventListener('schema-progress', it => schemaSeen(JSON.parse(it.data)));
});
setInterval(refresh, 15000);
chart();
