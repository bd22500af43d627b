// The live page: it reads the API beside it and asks nobody else. What stands on it is text, never markup.
'use strict';

const state = { control: false, runs: new Map(), looking: new Set(), quarantines: new Map(), troubles: {}, lastId: '', samples: [] };
const LOG_LINES = 200, GROUPS = 50, RATES = 60, CHART_SECONDS = 300, STALE = 10000, PATIENCE = 20000, LONGEST = 100 * 86400;
const LIVE = ['ENQUEUED', 'RUNNING', 'FINISHING', 'PAUSING', 'CANCELLING', 'ERRORED'];
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

/** The server could not be asked, or did not answer. */
class Away extends Error {}

async function get(path) {
  let answer;
  try {
    answer = await fetch('api/' + path, { headers: { Accept: 'application/json' }, signal: AbortSignal.timeout(PATIENCE) });
  } catch (e) {
    throw new Away('the server does not answer');
  }
  return answered(answer);
}

/** What the API says, and nobody else: a form to log in is no answer, whatever its status. */
async function answered(answer) {
  const json = /json/.test(answer.headers.get('Content-Type'));
  const body = json ? await answer.json() : {};
  if (answer.ok && json) return body;
  throw new Error(body.detail || (answer.redirected || answer.ok ? 'you are not logged in any more: reload the page' : answer.status + ' ' + answer.statusText));
}

/** What went wrong last with a click, or else with a look; a message of the one does not hide that of the other. */
function trouble(message, of) {
  state.troubles[of] = message;
  const told = state.troubles.click || state.troubles.look || '';
  if ($('trouble').textContent !== told) $('trouble').textContent = told;
  $('trouble').hidden = !told;
}

async function ask(run, verb) {
  if (SURE[verb] && !await confirmed(SURE[verb](run), 'Yes, ' + verb + ' it')) return;
  const [shard, id] = run.split(/:(?=\d+$)/);
  const token = document.cookie.match(/(?:^|; )XSRF-TOKEN=([^;]+)/);
  try {
    changed(await answered(await fetch(`api/runs/${shard}/${id}/${verb}`, {
      method: 'POST', headers: { Accept: 'application/json', ...token && { 'X-XSRF-TOKEN': decodeURIComponent(token[1]) } } })));
    trouble('', 'click');
  } catch (e) {
    trouble(verb + ' ' + run + ': ' + (e instanceof TypeError ? 'the server does not answer, try again' : e.message), 'click');
  }
  refresh();
}

/** Draws what a click has made of a run, before all shards are asked again: one of them may keep the others waiting. */
function changed(run) {
  for (const m of drawn.flatMap(it => it.members)) {
    if (m.run && m.run.id === run.id) Object.assign(m, { run, status: run.status });
  }
  drawGroups(drawn);
}

/** What cannot be undone, or is felt by the database, is asked about first. */
const SURE = {
  finish: run => 'Finish run ' + run + ' now? It goes at full speed, without pauses and throttle.',
  cancel: run => 'Cancel run ' + run + ' for good? What was committed stays.',
  dismiss: run => 'Dismiss the rows in quarantine of run ' + run + ' for good? They stay as they are, and the run may succeed without them.' };

function confirmed(question, yes) {
  $('question').textContent = question;
  $('yes').textContent = yes;
  $('confirm').returnValue = 'no';
  $('confirm').showModal();
  return new Promise(done => $('confirm').addEventListener('close', () => done($('confirm').returnValue === 'yes'), { once: true }));
}

// Runs: the newest state of each, and its recent rates, from which the time that is left is told as an interval.
function seen(progress) {
  const known = state.runs.get(progress.run) || { rates: [] }, before = known.progress, now = Date.now();
  // rates of another phase, or of before a rest, say nothing about what comes
  if (!before || before.phase !== progress.phase || before.status !== progress.status) known.rates = [];
  if (!before || before.phase !== progress.phase || progress.seenInPass > before.seenInPass) known.gained = now;
  if (progress.rowsPerSecond > 0) known.rates = known.rates.concat(progress.rowsPerSecond).slice(-RATES);
  if (known.progress && known.at < now) {
    known.lost = Math.max(0, progress.throttledMillis - known.progress.throttledMillis) / (now - known.at);
  }
  known.progress = progress;
  known.at = now;
  state.runs.set(progress.run, known);
  return show(progress.run);
}

/** Seconds that are left at the fast and at the slow ones of the recent rates; undefined where nobody knows. */
function left(known) {
  const p = known.progress;
  if (p.totalKind === 'UNKNOWN' || p.status !== 'RUNNING' || !known.rates.length) return undefined;
  // an estimate that was too low, a run that waits, and one that stands: nobody knows
  if (p.total <= p.seenInPass || p.reason || known.at - known.gained > STALE) return undefined;
  const sorted = [...known.rates].sort((a, b) => a - b), rest = p.total - p.seenInPass;
  return [rest / sorted[Math.floor(sorted.length * .8)], rest / sorted[Math.floor(sorted.length * .2)]];
}

function interval(least, most) {
  if (!(most < LONGEST)) return 'more than 100 d left';
  const to = seconds(most), from = seconds(least, to);
  return from === to ? 'about ' + from + ' left' : from.split(' ')[0] + ' to ' + to + ' left';
}

function eta(known) {
  const rest = left(known);
  return rest ? interval(...rest) : '';
}

function schemaSeen(progress) {
  const known = state.runs.get(progress.run) || { rates: [] };
  known.schema = progress;
  known.at = Date.now();
  state.runs.set(progress.run, known);
  return show(progress.run);
}

const counted = (what, c) => c ? number(c.done) + ' of ' + number(c.total) + ' ' + what : '';

function showSchema(row, p) {
  const works = p.status === 'RUNNING' || p.status === 'FINISHING';
  row.querySelector('progress').value = p.percent;
  row.querySelector('.facts').textContent = [
    p.percent.toFixed(p.percent === 100 ? 0 : 1) + ' %',
    works && p.phase, counted('partitions', p.partitions),
    works && (counted('blocks', p.blocks) || counted('rows', p.tuples)), works && counted('transactions waited for', p.lockers),
    works && !p.waitsFor && p.etaMillis < LONGEST * 1000 ? 'about ' + seconds(p.etaMillis / 1000) + ' left' : ''].filter(Boolean).join(' · ');
  row.querySelector('.reason').textContent = p.waitsFor ? 'waits for ' + p.waitsFor : row.dataset.reason;
}

// no two runs share one: shards may be named a.b and a_b
const memberId = run => 'run-' + run.replace(/[^A-Za-z0-9-]/g, it => '_' + it.charCodeAt(0).toString(16));

/** Draws what is known of a run, and what its group comes to; whether that is what its card was drawn for. */
function show(run) {
  const row = $(memberId(run)), same = showMember(run);
  if (row) showSum(row.closest('article'));
  return same;
}

/** What the shards of a group come to: weighted by rows, and over when the last one is. What one of them does not know, nobody does. */
function showSum(card) {
  const sum = card.querySelector('.sum');
  if (!sum) return;
  const members = card.members, known = members.map(it => it.run && state.runs.get(it.run.id));
  const data = known.map(it => it && it.progress).filter(Boolean), schema = known.map(it => it && it.schema).filter(Boolean);
  const open = known.filter((it, i) => !['SUCCEEDED', 'CANCELLED', 'FAILED'].includes(members[i].status));
  const rests = open.map(it => it && it.progress && left(it)), weight = it => Math.max(1, it.total);
  const total = data.reduce((all, it) => all + weight(it), 0), all = (list, test) => list.length === members.length && list.every(test);
  const percent = all(data, it => it.percent !== undefined) ? data.reduce((of, it) => of + it.percent * weight(it), 0) / total
    : all(schema, () => true) ? schema.reduce((of, it) => of + it.percent, 0) / members.length : undefined;
  const bar = sum.querySelector('progress'), add = what => data.reduce((of, it) => of + it[what], 0);
  if (percent === undefined) bar.removeAttribute('value'); else bar.value = percent;
  sum.querySelector('.facts').textContent = [
    members.filter(it => it.status === 'SUCCEEDED').length + ' of ' + members.length + ' shards done',
    percent === undefined ? '' : percent.toFixed(percent === 100 ? 0 : 1) + ' %',
    data.length && number(add('rowsSeen')) + (all(data, it => it.totalKind !== 'UNKNOWN')
      ? ' of ' + (data.every(it => it.totalKind === 'EXACT') ? '' : 'about ') + number(add('total')) : '') + ' rows',
    data.some(it => it.status === 'RUNNING') && number(data.filter(it => it.status === 'RUNNING').reduce((of, it) => of + it.rowsPerSecond, 0)) + ' rows/s',
    rests.length && rests.every(Boolean) && interval(Math.max(...rests.map(it => it[0])), Math.max(...rests.map(it => it[1])))].filter(Boolean).join(' · ');
}

function showMember(run) {
  const row = $(memberId(run)), known = state.runs.get(run);
  if (!row || !known || !(known.progress || known.schema)) return true;
  const same = row.dataset.status === (known.progress || known.schema).status;
  if (known.schema) showSchema(row, known.schema); else showData(row, known);
  return same;
}

function showData(row, known) {
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
  row.dataset.status = run.status;
  const bar = make('progress');
  bar.max = 100;
  bar.setAttribute('aria-label', 'Progress of ' + run.id);
  if (run.status === 'SUCCEEDED') bar.value = 100;
  row.append(bar, make('span', 'facts', run.status === 'SUCCEEDED' ? '100 %' : ''));
  if (state.control) {
    const verbs = make('div', 'verbs');
    for (const verb of run.allowed) {
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
  const summary = make('summary', '', 'Rows in quarantine');
  summary.setAttribute('aria-label', 'Rows in quarantine of ' + run.id);
  details.append(summary, list);
  const fill = page => {
    list.replaceChildren(...page.items.map(it => make('li', '', it.key.join(', ') + ' · ' + (it.failure ? it.failure.message : ''))));
    if (!page.items.length) list.append(make('li', '', 'none'));
    if (page.next) list.append(make('li', '', 'and more'));
  };
  // the card is drawn anew whenever something happens: what was open stays so
  let restored = !!known;
  if (known) {
    fill(known);
    details.open = true;
  }
  details.addEventListener('toggle', async () => {
    if (restored) return void (restored = false);
    if (!details.open) return void state.quarantines.delete(run.id);
    try {
      const page = await get(`runs/${run.shard}/${run.number}/quarantine?limit=100`);
      state.quarantines.set(run.id, page);
      fill(page);
    } catch (e) {
      trouble(e.message, 'look');
    }
  });
  return details;
}

function sum(g) {
  const sum = make('div', 'sum'), bar = make('progress');
  bar.max = 100;
  bar.setAttribute('aria-label', 'Progress of ' + g.name + ' on all shards');
  sum.append(bar, make('span', 'facts'));
  return sum;
}

function group(g) {
  const card = make('article'), head = make('div', 'head');
  head.append(make('h3', '', g.name), make('span', 'status ' + g.status, g.status),
    make('span', 'kind', (g.kind || '').toLowerCase() + (g.arguments.length ? ' ' + JSON.stringify(g.arguments) : '')));
  card.append(head);
  if (g.members.length > 1) card.append(sum(g));
  card.append(...g.members.map(member));
  card.members = g.members;
  return card;
}

let pending, refreshed = 0, asking = false, again = false, drawn = [];

/** In a moment, but no oftener than once a second, however much happens. */
function soon() {
  pending = pending || setTimeout(refresh, Math.max(150, refreshed + 1000 - Date.now()));
}

/** Draws each answer as it comes. One look at a time: a browser has but six connections to a server, and clicks need one, too. */
async function refresh() {
  clearTimeout(pending);
  pending = undefined;
  if (asking) {
    again = true; // what happened since it was asked may not be in what it brings
    return;
  }
  asking = true;
  refreshed = Date.now();
  const all = await Promise.allSettled([
    get('info').then(it => {
      const before = state.control;
      state.control = it.control;
      if (before !== it.control) drawGroups(drawn);
    }), get('shards').then(drawShards), get('groups?limit=' + (GROUPS + 1)).then(drawGroups)]);
  asking = false;
  const errors = all.map(it => it.reason).filter(Boolean);
  // while the server is away nothing can be asked: the streams say so, and come back
  if (!errors.some(it => it instanceof Away)) trouble(errors.length ? errors[0].message : '', 'look');
  errors.filter(it => it instanceof TypeError).forEach(it => console.error(it)); // a defect of this page
  if (again) {
    again = false;
    soon();
  }
}

function drawShards(shards) {
  $('shards').replaceChildren(...shards.map(it => {
    const chip = make('li', it.trouble ? 'down' : 'up', it.name + (it.trouble ? ' · ' + it.trouble : ''));
    chip.title = it.trouble || 'ledger version ' + it.ledgerVersion;
    return chip;
  }));
}

function drawGroups(groups) {
  const active = document.activeElement, focused = active && $('groups').contains(active) && active.getAttribute('aria-label');
  const row = focused && active.closest('.member').id;
  drawn = groups;
  $('groups').replaceChildren(...groups.slice(0, GROUPS).map(group));
  if (groups.length > GROUPS) $('groups').append(make('p', 'none', 'These are the ' + GROUPS + ' that were enqueued last; there are more, which the API lists.'));
  if (!groups.length) $('groups').append(make('p', 'none', 'No run yet. Enqueue a migration and it appears here.'));
  const members = groups.slice(0, GROUPS).flatMap(it => it.members).filter(it => it.run);
  for (const m of members) {
    const known = state.runs.get(m.run.id), told = known && (known.progress || known.schema);
    // no stream tells of a run that does not move: what is known may be of before the page was away
    if (!LIVE.includes(m.run.status) && (!told || told.status !== m.run.status)) look(m.run);
    showMember(m.run.id);
  }
  $('groups').querySelectorAll('article').forEach(showSum);
  const shown = new Set(members.map(it => it.run.id));
  state.runs.forEach((known, run) => { if (!shown.has(run) && Date.now() - known.at > 60000) state.runs.delete(run); });
  if (focused) {
    const again = document.querySelector(`[aria-label="${CSS.escape(focused)}"]`) || document.querySelector('#' + CSS.escape(row) + ' button');
    if (again) again.focus();
  }
}

let looks = Promise.resolve();

/** Where a run stands that no stream of live runs tells of; one at a time, and again with the next refresh where it failed. */
function look(run) {
  if (state.looking.has(run.id)) return;
  state.looking.add(run.id);
  looks = looks.then(async () => {
    try {
      const progress = await get(`runs/${run.shard}/${run.number}/progress/now`);
      state.runs.delete(run.id);
      if (run.kind === 'SCHEMA') schemaSeen(progress); else seen(progress);
    } catch (e) {
      if (!(e instanceof Away)) trouble(e.message, 'look');
    } finally {
      state.looking.delete(run.id);
    }
  });
}

const EVENTS = ['run-enqueued', 'status-changed', 'batch-failed', 'batch-retried', 'batch-split', 'row-quarantined', 'pass-begun',
  'throttled', 'unthrottled', 'callback-called', 'gap', 'unknown', 'run-removed', 'schema-noted', 'blocker-ended'];

function told(message) {
  if (message.lastEventId) state.lastId = message.lastEventId;
  const event = JSON.parse(message.data), line = make('li'), time = make('time', '', new Date(event.at).toLocaleTimeString());
  const d = event.detail;
  // the journal begins anew: runs have other numbers now
  if (event.event === 'gap' && event.number < d.from) state.runs.clear();
  line.append(time, [event.migration, event.run || event.shard, event.event === 'status-changed' ? d.from + ' → ' + d.to : event.event,
    d.reason, d.note, d.action && d.action + ' ' + d.blocker, d.failure && d.failure.message, d.key && d.key.join(', ')].filter(Boolean).join(' · '));
  $('log').prepend(line);
  while ($('log').children.length > LOG_LINES) $('log').lastChild.remove();
  soon();
}

// EventSource comes back by itself after a connection that broke, not after an answer it does not like: then a new one is needed.
// While nobody sees the page it listens to nothing: a browser has but six connections to a server, for all of its tabs.
function listen(path, wire) {
  let source, again;
  const open = () => {
    clearTimeout(again);
    if (document.hidden || source) return;
    const its = source = new EventSource(path());
    its.onopen = () => { $('connection').textContent = 'live'; soon(); };
    its.onerror = () => {
      $('connection').textContent = 'reconnecting …';
      if (source !== its || its.readyState !== EventSource.CLOSED) return;
      source = undefined;
      again = setTimeout(open, 2000);
    };
    wire(its);
  };
  const close = () => { clearTimeout(again); if (source) source.close(); source = undefined; };
  document.addEventListener('visibilitychange', () => document.hidden ? close() : open());
  open();
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
    const now = Date.now(), fresh = [...state.runs.values()].filter(it => it.progress && now - it.at < 5000);
    const live = fresh.filter(it => it.progress.status === 'RUNNING');
    // who is throttled for long goes back into the queue, with the reason
    const waits = fresh.some(it => it.progress.status === 'ENQUEUED' && it.progress.reason);
    state.samples.push({ now, rows: live.reduce((sum, it) => sum + it.progress.rowsPerSecond, 0),
      lost: waits ? 100 : Math.min(100, 100 * Math.max(0, ...live.map(it => it.lost || 0))) });
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
  // only what a stream tells may ask for another drawing: what is drawn never does
  source.addEventListener('progress', it => { if (!seen(JSON.parse(it.data))) soon(); });
  source.addEventListener('schema-progress', it => { if (!schemaSeen(JSON.parse(it.data))) soon(); });
});
setInterval(() => { if (!document.hidden) refresh(); }, 15000);
chart();
