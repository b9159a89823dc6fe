// The page of the service. All that comes from the service is put in as text, never as markup.

const at = (id) => document.getElementById(id);
const ANSWERS = { allow: "Allow", allow_session: "Allow for this session", deny: "Deny", value: "Answer with JSON…" };
const MOST_SHOWN = 200000; // characters of output that stay on the page
let token = "";
let session = "";
let running = false;
let shown = 0;

function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function say(text) {
  at("status").textContent = text;
}

async function ask(method, path, body, type = "application/json") {
  const headers = { authorization: `Bearer ${token}` };
  if (body !== undefined) headers["content-type"] = type;
  const sent = body === undefined || type !== "application/json" ? body : JSON.stringify(body);
  const answer = await fetch(path, { method, headers, body: sent, cache: "no-store" });
  if (!answer.ok) {
    let text = `status ${answer.status}`;
    try {
      text = (await answer.json()).error.text;
    } catch { /* it says no more */ }
    throw new Error(text);
  }
  return answer;
}

const json = async (...request) => (await ask(...request)).json();
const trying = (work) => async (event) => {
  try {
    await work(event);
  } catch (error) {
    say(error.message);
  }
};
const of = (rest = "") => `/v1/sessions/${encodeURIComponent(session)}${rest}`;

// ---- output

function show(kind, text) {
  const output = at("output");
  const follows = output.scrollTop + output.clientHeight >= output.scrollHeight - 40;
  const last = output.lastElementChild;
  if (last && last.className === kind && kind !== "note") last.textContent += text;
  else output.append(make("span", { className: kind, textContent: text }));
  shown += text.length;
  while (shown > MOST_SHOWN && output.childElementCount > 1) {
    shown -= output.firstElementChild.textContent.length;
    output.firstElementChild.remove();
  }
  if (follows) output.scrollTop = output.scrollHeight;
}

function showResult(result) {
  if (result.refused) {
    show("error", `${result.refused.text}\n`);
    return;
  }
  const error = result.error;
  if (error) show("error", `${(error.traceback || `${error.type}: ${error.text}`).trimEnd()}\n`);
  else if (result.value_repr !== undefined) show("value", `${result.value_repr}\n`);
  else if (result.value !== null) show("value", `${JSON.stringify(result.value)}\n`);
  if (result.truncated) show("note", "[more output was dropped]\n");
  show("note", `[${result.usage.seconds.toFixed(3)} s, ${result.usage.host_calls} host calls]\n`);
}

// ---- runs

async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const found = /^event: (\w+)\ndata: (.*)$/.exec(block);
      if (found) yield [found[1], JSON.parse(found[2])];
    }
  }
}

async function run() {
  if (running) return;
  if (!session) await open();
  running = true;
  at("start").disabled = true;
  say("starting");
  let ended = false;
  try {
    const answer = await ask("POST", of("/run"), { code: at("code").value, stream: true });
    at("interrupt").disabled = false; // the service knows of the run from here on
    say("running");
    for await (const [event, data] of events(answer)) {
      if (event === "output") show(data.stream === "stderr" ? "stderr" : "stdout", data.text);
      else if (event === "question") await refresh();
      else if (event === "result") {
        ended = true;
        showResult(data);
      }
    }
    say(ended ? "ready" : "the connection was lost");
  } finally {
    running = false;
    at("start").disabled = false;
    at("interrupt").disabled = true;
    await refresh();
    await listFiles();
  }
}

// ---- questions

function showQuestions(questions) {
  const place = at("questions");
  const known = new Set(questions.map((question) => question.id));
  for (const card of [...place.children]) if (!known.has(card.dataset.id)) card.remove();
  const there = new Set([...place.children].map((card) => card.dataset.id));
  for (const question of questions) {
    if (there.has(question.id)) continue;
    const details = make("dl");
    for (const [name, value] of Object.entries(question.details)) {
      details.append(make("dt", { textContent: name }), make("dd", { textContent: value }));
    }
    const card = make("article", {}, make("p", { textContent: question.text }), details);
    card.dataset.id = question.id;
    const buttons = make("div", { className: "bar" });
    for (const word of question.answers) {
      const button = make("button", { type: "button", textContent: ANSWERS[word] });
      button.dataset.answer = word;
      button.addEventListener("click", trying(() => reply(question.id, word)));
      buttons.append(button);
    }
    card.append(buttons);
    place.append(card);
  }
}

async function reply(id, answer) {
  const body = { answer };
  if (answer === "value") {
    const text = window.prompt("The answer, as JSON");
    if (text === null) return;
    body.value = JSON.parse(text);
  }
  try {
    await json("POST", of(`/questions/${encodeURIComponent(id)}`), body);
  } finally {
    await refresh();
  }
}

// ---- sessions

function sized(name, value) {
  if (value === null) return "none";
  return name.endsWith("_bytes") && value >= 1048576 ? `${(value / 1048576).toLocaleString()} MiB` : value.toLocaleString();
}

async function refresh() {
  if (!session) {
    showQuestions([]);
    return;
  }
  const about = await json("GET", of());
  showQuestions(about.questions);
  const rows = Object.entries(about.limits).map(([name, value]) =>
    make("tr", {}, make("td", { textContent: name }), make("td", { textContent: sized(name, value) })));
  at("limits").tBodies[0].replaceChildren(...rows);
}

async function listSessions() {
  const { sessions } = await json("GET", "/v1/sessions");
  if (!sessions.some((found) => found.id === session)) session = sessions.length ? sessions[0].id : "";
  at("session").replaceChildren(...sessions.map((found) =>
    make("option", { value: found.id, textContent: `${found.interpreter} ${found.id.slice(0, 6)}` })));
  at("session").value = session;
  at("close").disabled = !session;
}

async function open() {
  session = (await json("POST", "/v1/sessions", { interpreter: at("interpreter").value })).id;
  await choose();
}

async function choose() {
  await listSessions();
  await refresh();
  await listFiles();
}

async function listFiles() {
  const found = session ? await json("GET", of("/files")) : { files: [], more: 0 };
  const rows = found.files.map((path) => {
    const button = make("button", { type: "button", textContent: path, title: "Download" });
    button.addEventListener("click", trying(() => download(path)));
    return make("li", {}, button);
  });
  if (found.more) rows.push(make("li", { textContent: `and ${found.more} more` }));
  at("files").replaceChildren(...rows);
}

const located = (path) => of(`/files${path.split("/").map(encodeURIComponent).join("/")}`);

async function download(path) {
  const content = await (await ask("GET", located(path))).blob();
  const link = make("a", { href: URL.createObjectURL(content), download: path.split("/").pop() });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function upload() {
  const [file] = at("upload").files;
  if (!file) return;
  if (!session) await open();
  await ask("PUT", located(`/${file.name}`), file, "application/octet-stream");
  at("upload").value = "";
  await listFiles();
}

// ---- the beginning

async function connect() {
  const about = await json("GET", "/v1/about");
  at("interpreter").replaceChildren(...about.interpreters.map((name) =>
    make("option", { value: name, textContent: name })));
  at("interpreter").value = about.interpreter;
  at("sign-in").hidden = true;
  at("work").hidden = false;
  say("ready");
  await choose();
  at("code").focus();
  const look = async () => {
    try {
      if (session && !document.hidden) await refresh();
    } catch (error) {
      say(error.message);
    }
    setTimeout(look, 1000);
  };
  look();
}

at("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value;
  trying(connect)();
});
at("open").addEventListener("click", trying(open));
at("close").addEventListener("click", trying(async () => {
  if (session) await ask("DELETE", of());
  session = "";
  await choose();
}));
at("session").addEventListener("change", trying(async () => {
  session = at("session").value;
  await choose();
}));
at("start").addEventListener("click", trying(run));
at("interrupt").addEventListener("click", trying(() => json("POST", of("/interrupt"), {})));
at("upload").addEventListener("change", trying(upload));
at("code").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    trying(run)();
  }
});

// The command prints an address with the token behind the #, which no server is sent.
const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  token = given;
  history.replaceState(null, "", "/");
  trying(connect)();
}
