"use strict";
// The page's only state: how many events have happened, what is shown of them, and why.
const { trace, words } = JSON.parse(document.getElementById("data").textContent);
const events = trace.events;
const $ = (id) => document.getElementById(id);
const total = events.length;
const position = new Map();
events.forEach((event, at) => { if (!position.has(event.i)) position.set(event.i, at); });
const rules = new Map(trace.header.rules.map((rule) => [rule.id, rule.text]));
const faults = new Map(trace.header.faulty.map((one) => [one.process, one.kind]));
const special = trace.header.special;
const guilty = new Set();
for (const judged of trace.closing.requirements) {
  if (judged.verdict === "violated") {
    for (const i of judged.events) if (position.has(i)) guilty.add(position.get(i));
  }
}
// A long list is shown around the current step only.
const LISTED = 400;
const STATE_ROWS = 64;
let step = total;
let cone = null;
let chosen = null;

function element(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function isLie(event) {
  return event.should !== undefined || event.cause === "silence";
}

// ---- What led to an event: its own process's past, and what was sent to it, told or withheld.

function causes(goals) {
  const cone = new Set();
  const reach = new Map();
  const pending = [...goals];
  const history = new Map();
  const withheld = new Map();
  events.forEach((event, at) => {
    put(history, event.process, at);
    if (event.event === "unsent") put(withheld, event.to, at);
  });
  while (pending.length > 0) {
    const at = pending.pop();
    const event = events[at];
    if (at <= (reach.has(event.process) ? reach.get(event.process) : -1)) continue;
    const from = reach.has(event.process) ? reach.get(event.process) : -1;
    reach.set(event.process, at);
    for (const past of history.get(event.process)) {
      if (past <= from) continue;
      if (past > at) break;
      cone.add(past);
      const sent = events[past].sent;
      if (sent !== undefined && position.has(sent)) pending.push(position.get(sent));
    }
    // What does not arrive in a round is known at its end.
    for (const past of withheld.get(event.process) || []) {
      if (past < at && !cone.has(past) && (events[past].round < event.round || !speaks(event))) {
        pending.push(past);
      }
    }
  }
  return relevant(cone, reach);
}

// A message counts only where its arrival, or its absence, is part of the past.
function relevant(cone, reach) {
  const heard = new Set();
  for (const at of cone) if (events[at].sent !== undefined) heard.add(position.get(events[at].sent));
  const counts = (at) => {
    const event = events[at];
    if (event.event === "send") return heard.has(at);
    return event.event !== "unsent" || (reach.has(event.to) && reach.get(event.to) > at);
  };
  return new Set([...cone].filter(counts));
}

function speaks(event) {
  return ["send", "unsent", "crash", "flip", "input"].includes(event.event);
}

function put(map, key, value) {
  if (map.has(key)) map.get(key).push(value);
  else map.set(key, [value]);
}

function toggleWhy() {
  if (cone) return setCone(null);
  let goals = chosen && chosen.verdict === "violated" ? positions(chosen) : [...guilty];
  if (goals.length === 0 && step > 0) goals = [step - 1];
  if (goals.length === 0) return;
  step = Math.max(step, ...goals.map((at) => at + 1));
  setCone(causes(goals));
}

function setCone(next) {
  cone = next;
  $("why").setAttribute("aria-pressed", String(cone !== null));
  show();
}

function positions(judged) {
  return judged.events.filter((i) => position.has(i)).map((i) => position.get(i));
}

// ---- Steps.

function go(to) {
  step = Math.min(total, Math.max(0, to));
  const hash = `#step=${step}`;
  if (location.hash !== hash) history.replaceState(null, "", hash);
  show();
}

function byRound(forward) {
  if (forward) {
    if (step >= total) return;
    const round = events[step].round;
    let to = step;
    while (to < total && events[to].round === round) to += 1;
    return go(to);
  }
  if (step <= 0) return;
  const round = events[step - 1].round;
  let to = step;
  while (to > 0 && events[to - 1].round === round) to -= 1;
  go(to);
}

function show() {
  $("slider").max = String(total);
  $("slider").value = String(step);
  $("count").textContent = `${step} of ${total}`;
  const round = step > 0 ? events[step - 1].round : 0;
  const said = step > 0 ? words[step - 1] : "nothing has happened yet";
  $("now").textContent = round > 0 ? `round ${round}: ${said}` : said;
  $("slider").setAttribute("aria-valuetext", $("now").textContent);
  paint();
  detail(step - 1);
  state(round);
  list();
}

function paint() {
  const shown = chosen ? new Set(positions(chosen)) : new Set();
  for (const node of document.querySelectorAll("#picture .event")) {
    const at = Number(node.dataset.at);
    const to = node.dataset.to === undefined ? at : Number(node.dataset.to);
    node.classList.toggle("ahead", at >= step);
    node.classList.toggle("under-way", at < step && to >= step);
    node.classList.toggle("now", step > 0 && (at === step - 1 || to === step - 1));
    node.classList.toggle("off", cone !== null && !led(node, at, to));
    node.classList.toggle("shown", shown.has(at));
  }
  follow(document.querySelector("#picture .event.now"));
}

// Whether a shape is part of what led to the violation; a label may stand for several messages.
function led(node, at, to) {
  if (node.dataset.all) return node.dataset.all.split(" ").some((one) => cone.has(Number(one)));
  return cone.has(at) && cone.has(to) && node.dataset.lost === undefined;
}

// Keep the current event in sight where the picture is wider than its place.
function follow(node) {
  if (!node) return;
  const box = $("scroll");
  const [seen, frame] = [node.getBoundingClientRect(), box.getBoundingClientRect()];
  if (seen.left < frame.left + 40) box.scrollLeft += seen.left - frame.left - 80;
  else if (seen.right > frame.right - 40) box.scrollLeft += seen.right - frame.right + 80;
  if (seen.top < frame.top) box.scrollTop += seen.top - frame.top - 20;
  else if (seen.bottom > frame.bottom) box.scrollTop += seen.bottom - frame.bottom + 20;
}

// ---- The panels.

function detail(at) {
  const box = $("detail");
  box.replaceChildren();
  const event = events[at];
  if (!event) return;
  if (isLie(event)) {
    const said = event.event === "unsent" ? "says nothing" : `says ${event.message || "(empty)"}`;
    const truth = event.event === "unsent" ? event.message : event.should;
    const text = `${said}, should say ${truth || "nothing"}`;
    box.append(element("p", {}, element("span", { class: "told-box" }, text)));
  }
  for (const id of event.rules || []) {
    box.append(element("p", {}, `rule ${id}: ${rules.get(id) || ""}`));
  }
  if (cone) box.append(element("p", {}, coneWords()));
}

// The faults among what led to the violation, by number.
function coneWords() {
  const all = [...cone].sort((a, b) => a - b);
  const odd = all.filter((at) => {
    const event = events[at];
    return isLie(event) || event.flipped || ["crash", "flip", "unsent", "missed"].includes(event.event);
  });
  const named = odd.slice(0, 12).map((at) => `${words[at]} (${events[at].i})`).join("; ");
  const more = odd.length > 12 ? ` and ${odd.length - 12} more` : "";
  return `${all.length} of ${total} events led to it; faults among them: ${named || "none"}${more}`;
}

function state(round) {
  $("state-title").textContent = round > 0 ? `State in round ${round}` : "State";
  const rows = new Map();
  const count = Math.min(trace.header.n, STATE_ROWS);
  for (let process = 0; process < count; process += 1) {
    rows.set(process, { given: "", inbox: [], state: "", decided: "", down: false });
  }
  for (let at = 0; at < step; at += 1) note(rows.get(events[at].process), events[at], round);
  const head = ["process", "given", "received in this round", "state", "decided"];
  const table = $("state");
  table.replaceChildren(element("tr", {}, ...head.map((it) => element("th", { scope: "col" }, it))));
  const current = step > 0 ? events[step - 1].process : -1;
  for (const [process, row] of rows) {
    const who = element("td", { class: "who" }, `p${process}`);
    const roles = [];
    if (special && special.process === process) roles.push(special.part);
    if (faults.has(process)) roles.push(faults.get(process));
    if (roles.length > 0) who.append(element("span", {}, ` ${roles.join(", ")}`));
    const now = row.down ? "has crashed" : row.state || "-";
    const inbox = row.inbox.join(", ") || "-";
    const cells = [row.given || "-", inbox, now, row.decided || "-"];
    const tr = element("tr", {}, who, ...cells.map((it) => element("td", {}, it)));
    if (process === current) tr.className = "current";
    table.append(tr);
  }
  if (trace.header.n > count) {
    const rest = `p${count} to p${trace.header.n - 1} are left out`;
    table.append(element("tr", {}, element("td", { colspan: "5" }, rest)));
  }
}

function note(row, event, round) {
  if (!row) return;
  if (event.event === "input") row.given = event.value;
  if (event.event === "crash") row.down = true;
  if (event.event === "decide") row.decided = event.value;
  if (event.event === "state") row.state = event.fields.map(([name, is]) => `${name} = ${is}`).join(", ");
  if (event.event === "receive" && event.round === round) {
    const sent = events[position.get(event.sent)];
    const lie = sent && isLie(sent) ? " (lie)" : "";
    row.inbox.push(`${(sent && sent.message) || "?"} from p${event.from}${lie}`);
  }
}

function list() {
  const box = $("events");
  const first = total > LISTED ? Math.max(0, Math.min(step - LISTED / 2, total - LISTED)) : 0;
  const last = Math.min(total, first + LISTED);
  const nodes = [];
  let round = -1;
  if (first > 0) nodes.push(element("li", { class: "round-head" }, `${first} earlier events`));
  for (let at = first; at < last; at += 1) {
    if (events[at].round !== round) {
      round = events[at].round;
      nodes.push(element("li", { class: "round-head" }, round > 0 ? `round ${round}` : "before round 1"));
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

function item(at) {
  const text = element("span", {}, words[at]);
  if (isLie(events[at])) text.className = "lies";
  if (guilty.has(at)) text.className = "guilt";
  const button = element("button", { type: "button", "data-item": at }, element("span", {}, String(events[at].i)), text);
  if (at >= step) button.classList.add("ahead");
  if (cone && !cone.has(at)) button.classList.add("off");
  // One stop for the tab key; the keys move from there.
  button.tabIndex = at === step - 1 || (step === 0 && at === 0) ? 0 : -1;
  if (at === step - 1) button.setAttribute("aria-current", "step");
  button.addEventListener("click", () => go(at + 1));
  return element("li", {}, button);
}

function verdict() {
  const mark = (word) => ({ violated: "✗", inconclusive: "?" })[word] ?? "✓";
  const tone = (word) => ({ violated: "bad", inconclusive: "open" })[word] ?? "good";
  $("verdict-word").textContent = `${mark(trace.closing.verdict)} ${trace.closing.verdict} in this run`;
  $("verdict-word").classList.add(tone(trace.closing.verdict));
  for (const judged of trace.closing.requirements) {
    const violated = judged.verdict === "violated";
    const name = element("strong", { class: tone(judged.verdict) }, `${mark(judged.verdict)} ${judged.name} ${judged.verdict}`);
    const button = element("button", { type: "button", class: violated ? "judged broken" : "judged" }, name, element("span", {}, judged.text));
    if (violated && judged.because) button.append(element("span", { class: "witness" }, judged.because));
    if (violated) {
      for (const i of judged.events) {
        const said = position.has(i) ? words[position.get(i)] : "not in the trace";
        button.append(element("span", { class: "witness" }, `event ${i}: ${said}`));
      }
      if (judged.events.length === 0) {
        button.append(element("span", { class: "witness" }, judged.witnesses.map((p) => `p${p}`).join(", ")));
      }
    }
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => choose(judged, button));
    $("verdict").append(button);
  }
}

// A requirement that is clicked shows its events and puts the step after the last of them.
function choose(judged, button) {
  const off = chosen === judged;
  for (const other of document.querySelectorAll(".judged")) other.setAttribute("aria-pressed", "false");
  chosen = off ? null : judged;
  button.setAttribute("aria-pressed", String(!off));
  const at = off ? [] : positions(judged);
  if (at.length > 0) go(Math.max(...at) + 1);
  else show();
}

// ---- Input.

const keys = {
  j: () => go(step + 1), ArrowRight: () => go(step + 1), ArrowDown: () => go(step + 1),
  k: () => go(step - 1), ArrowLeft: () => go(step - 1), ArrowUp: () => go(step - 1),
  n: () => byRound(true), p: () => byRound(false), J: () => byRound(true), K: () => byRound(false),
  Home: () => go(0), End: () => go(total), w: toggleWhy, "?": () => $("help").showModal(),
  Escape: () => setCone(null),
};

document.addEventListener("keydown", (press) => {
  if (press.ctrlKey || press.metaKey || press.altKey || $("help").open) return;
  let action = keys[press.key];
  if (press.shiftKey && press.key === "ArrowRight") action = keys.n;
  if (press.shiftKey && press.key === "ArrowLeft") action = keys.p;
  if (!action) return;
  press.preventDefault();
  action();
});
$("slider").addEventListener("input", () => go(Number($("slider").value)));
$("first").addEventListener("click", () => go(0));
$("back").addEventListener("click", () => go(step - 1));
$("next").addEventListener("click", () => go(step + 1));
$("last").addEventListener("click", () => go(total));
$("why").addEventListener("click", toggleWhy);
$("help-open").addEventListener("click", () => $("help").showModal());
$("picture").addEventListener("click", (press) => {
  const node = press.target.closest(".event");
  if (node) go(Number(node.dataset.at) + 1);
});
$("picture").addEventListener("pointerover", (move) => {
  const node = move.target.closest(".event");
  detail(node ? Number(node.dataset.at) : step - 1);
});
$("picture").addEventListener("pointerleave", () => detail(step - 1));

$("events").addEventListener("focusin", (focus) => {
  const button = focus.target.closest("[data-item]");
  if (button) detail(Number(button.dataset.item));
});

function fromAddress() {
  const asked = /^#step=(\d+)(&why)?$/.exec(location.hash);
  if (asked) step = Math.min(total, Number(asked[1]));
  show();
  if (asked && asked[2]) toggleWhy();
}

window.addEventListener("hashchange", fromAddress);
verdict();
fromAddress();
