// What differs for a run in time. These functions stand after those of the same name above, and
// replace them.

// When every event happens, never before the one ahead of it.
function times() {
  if (times.known) return times.known;
  let last = 0;
  times.known = events.map((event) => {
    last = Math.max(last, event.at === undefined ? last : event.at);
    return last;
  });
  return times.known;
}

function span(ticks) {
  const ms = ticks / Math.max(1, trace.header.time.ticks_per_ms);
  const short = (number, places) => String(Number(number.toFixed(places)));
  if (ms < 1) return `${short(ms, 3)} ms`;
  if (ms < 10) return `${short(ms, 2)} ms`;
  if (ms < 1000) return `${short(ms, 1)} ms`;
  return `${short(ms / 1000, ms < 100000 ? 3 : 1)} s`;
}

function isLie(event) {
  return event.should !== undefined || event.unasked === true || event.cause === "silence";
}

// What led to an event: its process's past, and the past of what was sent to it. What a crash took
// with it is no longer known, yet it led to what was stored and sent.
function causes(goals) {
  const cone = new Set();
  const reach = new Map();
  const pending = [...goals];
  const history = new Map();
  events.forEach((event, at) => {
    if (!["lost", "cut", "heal"].includes(event.event)) put(history, event.process, at);
  });
  while (pending.length > 0) {
    const at = pending.pop();
    const event = events[at];
    const from = reach.has(event.process) ? reach.get(event.process) : -1;
    if (at <= from) continue;
    reach.set(event.process, at);
    for (const past of history.get(event.process) || []) {
      if (past <= from) continue;
      if (past > at) break;
      cone.add(past);
      const sent = events[past].sent;
      if (sent !== undefined && position.has(sent)) pending.push(position.get(sent));
    }
  }
  return relevant(cone, reach);
}

function relevant(cone) {
  const heard = new Set();
  for (const at of cone) if (events[at].sent !== undefined) heard.add(position.get(events[at].sent));
  return new Set([...cone].filter((at) => events[at].event !== "send" || heard.has(at)));
}

// To the end of the moment, or back to the end of the one before.
function byRound(forward) {
  const when = times();
  if (forward) {
    if (step >= total) return;
    let to = step;
    while (to < total && when[to] === when[step]) to += 1;
    return go(to);
  }
  if (step <= 0) return;
  let to = step;
  while (to > 0 && when[to - 1] === when[step - 1]) to -= 1;
  go(to);
}

function show() {
  $("slider").max = String(total);
  $("slider").value = String(step);
  $("count").textContent = `${step} of ${total}`;
  const said = step > 0 ? words[step - 1] : "nothing has happened yet";
  $("now").textContent = step > 0 ? `${span(times()[step - 1])}: ${said}` : said;
  $("slider").setAttribute("aria-valuetext", $("now").textContent);
  paint();
  detail(step - 1);
  state();
  list();
}

function paint() {
  const shown = chosen ? new Set(positions(chosen)) : new Set();
  for (const node of document.querySelectorAll("#picture .event")) {
    const at = Number(node.dataset.at);
    const to = node.dataset.to === undefined ? at : Number(node.dataset.to);
    const all = node.dataset.all ? node.dataset.all.split(" ").map(Number) : [at, to];
    node.classList.toggle("ahead", at >= step);
    node.classList.toggle("under-way", at < step && to >= step);
    node.classList.toggle("now", step > 0 && all.includes(step - 1));
    node.classList.toggle("off", cone !== null && !led(node, at, to));
    node.classList.toggle("shown", all.some((one) => shown.has(one)));
  }
  follow(document.querySelector("#picture .event.now"));
}

function detail(at) {
  const box = $("detail");
  box.replaceChildren();
  const event = events[at];
  if (!event) return;
  if (isLie(event)) {
    const said = event.event === "unsent" ? "says nothing" : `says ${event.message || "(empty)"}`;
    const truth = event.event === "unsent" ? event.message : event.should;
    const text = event.unasked ? `${said}, unasked` : `${said}, should say ${truth || "nothing"}`;
    box.append(element("p", {}, element("span", { class: "told-box" }, text)));
  }
  const sent = event.sent === undefined ? undefined : position.get(event.sent);
  if (sent !== undefined) {
    const took = span(Math.max(0, times()[at] - times()[sent]));
    box.append(element("p", {}, `sent at ${span(times()[sent])} (event ${events[sent].i}), ${took} before`));
  }
  for (const id of event.rules || []) {
    box.append(element("p", {}, `rule ${id}: ${rules.get(id) || ""}`));
  }
  if (cone) box.append(element("p", {}, coneWords()));
}

function coneWords() {
  const all = [...cone].sort((a, b) => a - b);
  const faults = ["crash", "flip", "flip-record", "unsent", "missed", "pause", "step", "drift", "broken"];
  const odd = all.filter((at) => {
    const event = events[at];
    return isLie(event) || event.flipped || faults.includes(event.event);
  });
  const named = odd.slice(0, 12).map((at) => `${words[at]} (${events[at].i})`).join("; ");
  const more = odd.length > 12 ? ` and ${odd.length - 12} more` : "";
  return `${all.length} of ${total} events led to it; faults among them: ${named || "none"}${more}`;
}

function state() {
  const title = step > 0 ? `State at ${span(times()[step - 1])}` : "State";
  $("state-title").textContent = title;
  const rows = new Map();
  const count = Math.min(trace.header.n, STATE_ROWS);
  for (let process = 0; process < count; process += 1) {
    rows.set(process, { given: [], last: "", state: "", done: [], down: false });
  }
  for (let at = 0; at < step; at += 1) note(rows.get(events[at].process), events[at], at);
  const head = ["process", "given", "last received", "state", "results"];
  const table = $("state");
  table.replaceChildren(element("tr", {}, ...head.map((it) => element("th", { scope: "col" }, it))));
  const current = step > 0 ? events[step - 1].process : -1;
  for (const [process, row] of rows) {
    const who = element("td", { class: "who" }, `p${process}`);
    const roles = [];
    if (special && special.process === process) roles.push(special.part);
    if (faults.has(process)) roles.push(faults.get(process));
    if (roles.length > 0) who.append(element("span", {}, ` ${roles.join(", ")}`));
    const now = row.down ? "is down" : row.state || "-";
    const cells = [row.given.join(", ") || "-", row.last || "-", now, row.done.join(", ") || "-"];
    const tr = element("tr", {}, who, ...cells.map((it) => element("td", {}, it)));
    if (process === current) tr.className = "current";
    table.append(tr);
  }
  if (trace.header.n > count) {
    const rest = `p${count} to p${trace.header.n - 1} are left out`;
    table.append(element("tr", {}, element("td", { colspan: "5" }, rest)));
  }
}

// What an event changes in the row of its process; of a long list the end is kept.
function note(row, event) {
  if (!row) return;
  const add = (texts, text) => { texts.push(text); if (texts.length > 5) texts.splice(0, 1, "…"); };
  if (event.event === "input") add(row.given, event.value);
  if (event.event === "request") add(row.given, event.request);
  if (event.event === "crash") Object.assign(row, { down: true, last: "", state: "" });
  if (event.event === "restart") row.down = false;
  if (event.event === "decide") add(row.done, `decides ${event.value}`);
  if (event.event === "output") add(row.done, event.value);
  if (event.event === "state") row.state = event.fields.map(([name, is]) => `${name} = ${is}`).join(", ");
  if (event.event === "receive" || event.event === "again") {
    const sent = events[position.get(event.sent)];
    const lie = sent && isLie(sent) ? " (lie)" : "";
    row.last = `${(sent && sent.message) || "?"} from p${event.from}${lie}`;
  }
}

function list() {
  const box = $("events");
  const first = total > LISTED ? Math.max(0, Math.min(step - LISTED / 2, total - LISTED)) : 0;
  const last = Math.min(total, first + LISTED);
  const nodes = [];
  const when = times();
  let moment;
  if (first > 0) nodes.push(element("li", { class: "round-head" }, `${first} earlier events`));
  for (let at = first; at < last; at += 1) {
    if (when[at] !== moment) {
      moment = when[at];
      nodes.push(element("li", { class: "round-head" }, span(moment)));
    }
    nodes.push(item(at));
  }
  if (last < total) nodes.push(element("li", { class: "round-head" }, `${total - last} later events`));
  const focused = document.activeElement && document.activeElement.dataset.item;
  box.replaceChildren(...nodes);
  const current = box.querySelector("[aria-current]");
  if (!current) return;
  if (focused !== undefined) current.focus({ preventScroll: true });
  const [top, height] = [current.offsetTop - box.offsetTop, current.offsetHeight];
  if (top < box.scrollTop || top + height > box.scrollTop + box.clientHeight) {
    box.scrollTop = top - box.clientHeight / 2;
  }
}
