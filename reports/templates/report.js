/* Filters, sorting and links of the page. All text of the record goes through textContent: none of it is markup.

   The fragment of the address holds where the reader is and what the filters are: #checks?backend=torch&sort=-ulps.
   So a link reproduces it, and the browser's back button works. */
"use strict";
(() => {
  const PAGE = 100;
  const FILTERS = ["backend", "function", "dtype", "mode", "severity", "q", "finding", "sort"];
  // The columns of a check, in the order in which the page was given them.
  const [ID, BACKEND, FUNCTION, DTYPE, MODE, ENTRY, QUANTITY, CLASS, KEYWORDS, DEVICE, STATUS, REASON, TIER, ULPS,
    RATIO, SEVERITIES, TIERS, CASES, ELEMENTS, COVERAGE, ANCHORS, WORST] = Array(22).keys();
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const word = (number) => data.words[number];
  const checks = data.checks;
  const places = new Map(checks.map((check, index) => [check[ID], index]));
  const texts = new Map();
  const form = byId("filter");
  let state = {};
  let chosen = [];
  let page = 0;
  let typing = false;

  /* The fragment */

  function decode(query) {
    const wanted = new URLSearchParams(query);
    return Object.fromEntries(FILTERS.filter((name) => wanted.get(name)).map((name) => [name, wanted.get(name)]));
  }

  function encode(filters) {
    return FILTERS.filter((name) => filters[name]).map((name) => `${name}=${encodeURIComponent(filters[name])}`).join("&");
  }

  function fragment() {
    const [anchor, query] = location.hash.slice(1).split(/\?(.*)/s);
    return { anchor: safely(anchor), query };
  }

  function safely(text) {
    try { return decodeURIComponent(text); } catch { return text; }
  }

  /* A change of the filters: typing replaces the entry in the history that it began with. */
  function go(filters, { replace = false } = {}) {
    state = filters;
    const address = encode(filters) ? `#?${encode(filters)}` : "#";
    history[replace ? "replaceState" : "pushState"](null, "", address);
    page = 0;
    apply();
  }

  /* The reader followed a link, came back, or opened the page. A plain link keeps the filters if it can. */
  function arrive() {
    const { anchor, query } = fragment();
    const isPlain = query === undefined && anchor !== "";
    if (!isPlain) state = decode(query ?? "");
    else if (encode(state) && isHidden(anchor)) state = {};
    page = 0;
    apply();
    if (isPlain && encode(state)) history.replaceState(null, "", `#${anchor}?${encode(state)}`);
    // While the page is loading the browser itself goes to the fragment, and takes the focus along.
    if (document.readyState === "complete") land(anchor);
    else addEventListener("load", () => setTimeout(() => land(anchor)), { once: true });
  }

  function land(anchor) {
    if (anchor.startsWith("check-")) openCheck(anchor.slice(6));
    else if (anchor) reveal(byId(anchor));
  }

  function isHidden(anchor) {
    if (anchor.startsWith("check-")) return !chosen.includes(places.get(anchor.slice(6)));
    return Boolean(byId(anchor)?.closest("[hidden]"));
  }

  function reveal(target) {
    if (!target) return;
    for (let above = target.parentElement; above; above = above.parentElement) if (above.tagName === "DETAILS") above.open = true;
    scrollTo(target, "start");
    if (target.tabIndex < 0) target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }

  /* What comes into sight on the way is only then laid out, and moves the target: go there until it stays. */
  function scrollTo(target, block, frames = 12) {
    target.scrollIntoView({ block });
    if (frames > 0) requestAnimationFrame(() => scrollTo(target, block, frames - 1));
  }

  /* What fits the filters */

  function isFound(severities, status) {
    const wanted = state.severity;
    if (!wanted) return true;
    if (wanted === "not run") return status !== "examined";
    if (wanted === "none") return status === "examined" && !severities.some(Boolean);
    return Boolean(severities[data.severities.indexOf(wanted)]);
  }

  function textOf(index) {
    if (!texts.has(index)) {
      const check = checks[index];
      const parts = [BACKEND, FUNCTION, DTYPE, MODE, ENTRY, QUANTITY, CLASS, KEYWORDS, DEVICE, STATUS, REASON].map((column) => word(check[column]));
      texts.set(index, [check[ID], ...parts].join("\n").toLowerCase());
    }
    return texts.get(index);
  }

  const isAny = (wanted, numbers) => !wanted || numbers.some((number) => word(number) === wanted);

  function fits(check, index) {
    return isAny(state.backend, [check[BACKEND]]) && isAny(state.function, [check[FUNCTION]]) &&
      isAny(state.dtype, [check[DTYPE]]) && isAny(state.mode, [check[MODE]]) &&
      isFound(check[SEVERITIES], word(check[STATUS])) &&
      (!state.finding || check[ANCHORS].includes(state.finding)) &&
      (!state.q || textOf(index).includes(state.q.toLowerCase()));
  }

  function findingFits([anchor, severity, backend, functions, dtypes, modes, entries]) {
    const said = () => [byId(anchor).firstElementChild.textContent, ...entries.map(word), anchor].join("\n").toLowerCase();
    return isAny(state.backend, [backend]) && isAny(state.function, functions) && isAny(state.dtype, dtypes) &&
      isAny(state.mode, modes) && (!state.severity || state.severity === data.severities[severity]) &&
      (!state.finding || state.finding === anchor) && (!state.q || said().includes(state.q.toLowerCase()));
  }

  function apply() {
    chosen = [];
    checks.forEach((check, index) => { if (fits(check, index)) chosen.push(index); });
    sort();
    const findings = narrowFindings();
    narrowMaps();
    narrowPictures();
    for (const section of all("#properties > [data-backend]")) section.hidden = Boolean(state.backend) && section.dataset.backend !== state.backend;
    showControls();
    drawRows();
    tell(`${count(chosen.length, "check")}, ${count(findings, "finding")}`);
  }

  const count = (number, name) => `${number.toLocaleString("en")} ${name}${number === 1 ? "" : "s"}`;

  function tell(text) {
    if (byId("count").textContent === text) return;
    byId("count").textContent = text;
    byId("announcement").textContent = text;
  }

  function narrowFindings() {
    let shown = 0;
    for (const finding of data.findings) {
      const isShown = findingFits(finding);
      byId(finding[0]).hidden = !isShown;
      shown += isShown;
    }
    for (const chapter of all("#findings .chapter")) chapter.hidden = !chapter.querySelector("article:not([hidden]), li:not([hidden])");
    const nothing = document.querySelector("#findings > .nothing");
    nothing.hidden = shown > 0 || data.findings.length === 0;
    return shown;
  }

  function narrowMaps() {
    const differs = (element, name) => Boolean(state[name]) && element.dataset[name] !== undefined && element.dataset[name] !== state[name];
    for (const row of all(".map tbody tr")) row.hidden = differs(row, "function");
    for (const cell of all(".map [data-backend]")) cell.hidden = differs(cell, "backend") || differs(cell, "dtype");
    for (const head of all(".map .group")) {
      const own = all(".dtype:not([hidden])", head.closest("thead")).filter((cell) => cell.dataset.backend === head.dataset.backend);
      head.hidden = own.length === 0;
      head.colSpan = Math.max(own.length, 1);
    }
    const severity = data.severities.includes(state.severity) ? state.severity : "";
    for (const cell of all(".map .cell")) cell.classList.toggle("faded", severity !== "" && !(cell.dataset.severities ?? "").split(" ").includes(severity));
    const radios = all("[name='map-mode']");
    const radio = radios.find(({ value }) => value === (state.mode ?? "")) ?? radios[0]; // very many modes have no map each
    if (radio) radio.checked = true;
  }

  function narrowPictures() {
    const own = byId("picture-function")?.value;
    for (const figure of all("#pictures figure")) {
      const name = figure.dataset.function;
      figure.hidden = Boolean((own && own !== name) || (state.function && state.function !== name));
    }
  }

  function showControls() {
    for (const name of FILTERS) {
      const control = form.elements.namedItem(name);
      if (control && control !== document.activeElement) control.value = state[name] ?? "";
    }
    byId("only").hidden = !state.finding;
  }

  /* The table of checks */

  const COLUMNS = [
    ["function", "function", (check) => word(check[FUNCTION])],
    ["backend", "backend", (check) => word(check[BACKEND])],
    ["entry", "entry point", (check) => word(check[ENTRY])],
    ["dtype", "dtype", (check) => word(check[DTYPE])],
    ["mode", "mode", (check) => word(check[MODE])],
    ["quantity", "quantity", (check) => word(check[QUANTITY])],
    ["class", "inputs", (check) => word(check[CLASS])],
    ["tier", "tier", (check) => check[TIER]],
    ["ulps", "ulps", (check) => check[ULPS][0] ?? -1],
    ["ratio", "× bound", (check) => check[RATIO][0] ?? -1],
    ...["defect", "weakness", "convention"].map((name, index) => [name, ["defects", "weak", "conv."][index], (check) => check[SEVERITIES][index]]),
  ];
  const SHOWN = COLUMNS.filter(([key, , value]) => key !== "mode" || new Set(checks.map(value)).size > 1);
  const NUMBERS = new Set(["tier", "ulps", "ratio", "defect", "weakness", "convention"]);

  function sort() {
    const name = (state.sort ?? "").replace(/^-/, "");
    const column = COLUMNS.find(([key]) => key === name);
    if (!column) { // the gravest first
      const gravity = (check) => [check[SEVERITIES][0] > 0, check[RATIO][0] ?? -1, check[ULPS][0] ?? -1];
      chosen.sort((a, b) => compare(gravity(checks[b]), gravity(checks[a])) || a - b);
      return;
    }
    const sign = state.sort.startsWith("-") ? -1 : 1;
    chosen.sort((a, b) => sign * compare([column[2](checks[a])], [column[2](checks[b])]) || a - b);
  }

  function compare(left, right) {
    for (let i = 0; i < left.length; i += 1) if (left[i] !== right[i]) return left[i] < right[i] ? -1 : 1;
    return 0;
  }

  function make(tag, properties = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  function drawColumns() {
    byId("check-columns").replaceChildren(...SHOWN.map(([key, name]) => {
      const head = make("th", { scope: "col", className: NUMBERS.has(key) && key !== "tier" ? "n" : "" });
      const button = make("button", { type: "button", textContent: name });
      button.addEventListener("click", () => {
        const first = NUMBERS.has(key) ? `-${key}` : key;
        const other = NUMBERS.has(key) ? key : `-${key}`;
        go({ ...state, sort: state.sort === first ? other : first });
      });
      head.dataset.key = key;
      head.append(button);
      return head;
    }));
  }

  function drawRows() {
    for (const head of byId("check-columns").children) {
      const isSorted = (state.sort ?? "").replace(/^-/, "") === head.dataset.key;
      const order = state.sort?.startsWith("-") ? "descending" : "ascending";
      if (isSorted) head.setAttribute("aria-sort", order);
      else head.removeAttribute("aria-sort");
      head.firstChild.textContent = COLUMNS.find(([key]) => key === head.dataset.key)[1] + (isSorted ? { ascending: " ↑", descending: " ↓" }[order] : "");
    }
    const pages = Math.max(Math.ceil(chosen.length / PAGE), 1);
    page = Math.min(page, pages - 1);
    const rows = chosen.slice(page * PAGE, (page + 1) * PAGE);
    byId("check-rows").replaceChildren(...rows.map((index) => row(checks[index])));
    const first = chosen.length ? page * PAGE + 1 : 0;
    byId("page-place").textContent = `${first.toLocaleString("en")} to ${(page * PAGE + rows.length).toLocaleString("en")} of ${chosen.length.toLocaleString("en")}`;
    byId("page-before").disabled = page === 0;
    byId("page-after").disabled = page === pages - 1;
    byId("no-checks").hidden = chosen.length > 0;
  }

  function row(check) {
    const opener = make("button", { type: "button", ariaExpanded: "false" }, "▸ ", word(check[FUNCTION]));
    const line = make("tr", { id: `check-${check[ID]}` }, make("td", {}, opener));
    for (const [key] of SHOWN.slice(1)) line.append(cell(key, check));
    opener.addEventListener("click", () => toggle(line, check));
    return line;
  }

  function cell(key, check) {
    if (key === "tier") {
      const status = word(check[STATUS]);
      if (status !== "examined" || check[TIER] < 0) return make("td", {}, status === "examined" ? "–" : status);
      const letter = data.tiers[check[TIER]];
      return make("td", {}, make("span", { className: `tier tier-${{ X: "outside", L: "limit" }[letter] ?? letter}` }, make("b", {}, letter)));
    }
    if (key === "ulps" || key === "ratio") return make("td", { className: "n" }, check[key === "ulps" ? ULPS : RATIO][1] ?? "");
    if (NUMBERS.has(key)) {
      const number = COLUMNS.find(([name]) => name === key)[2](check);
      return make("td", { className: number && key === "defect" ? "n some" : "n" }, number ? number.toLocaleString("en") : "");
    }
    const text = COLUMNS.find(([name]) => name === key)[2](check);
    return make("td", { title: text }, text);
  }

  function toggle(line, check, isOpen = !line.nextElementSibling?.classList.contains("more")) {
    const more = line.nextElementSibling?.classList.contains("more") ? line.nextElementSibling : null;
    const opener = line.querySelector("button");
    opener.ariaExpanded = String(isOpen);
    opener.firstChild.textContent = isOpen ? "▾ " : "▸ ";
    if (isOpen && !more) line.after(make("tr", { className: "more" }, make("td", { colSpan: SHOWN.length }, details(check))));
    if (!isOpen) more?.remove();
  }

  function details(check) {
    const list = make("dl", { className: "facts" });
    const fact = (name, ...content) => list.append(make("div", {}, make("dt", {}, name), make("dd", {}, ...content)));
    const numbers = check[TIERS].map((number, index) => number && `${data.tiers[index]} ${number.toLocaleString("en")}`).filter(Boolean);
    fact("check", make("a", { href: `#check-${check[ID]}` }, check[ID]), `, on ${word(check[DEVICE])}`);
    if (word(check[KEYWORDS])) fact("keywords", make("code", {}, word(check[KEYWORDS])));
    fact("examined", `${count(check[CASES], "case")}, ${count(check[ELEMENTS], "result")}${word(check[COVERAGE]) && `, ${word(check[COVERAGE])}`}`);
    if (numbers.length) fact("tiers", numbers.join(" · "));
    if (word(check[REASON])) fact(word(check[STATUS]), word(check[REASON]));
    if (check[WORST].length) {
      const [inputs, observed, hex, exact] = check[WORST];
      fact("largest error", `${check[ULPS][1]} ulps at `, make("code", {}, inputs));
      fact("returned", make("code", {}, observed), " ", make("code", { className: "hex" }, hex));
      fact("exact", make("code", {}, exact));
    }
    if (check[SEVERITIES][3]) fact("undecided", String(check[SEVERITIES][3]));
    check[ANCHORS].forEach((anchor) => {
      const title = byId(anchor)?.querySelector("h4, a")?.textContent.replace("¶", "").trim();
      fact("finding", make("a", { href: `#${anchor}` }, title ?? anchor));
    });
    return list;
  }

  function openCheck(id) {
    const index = places.get(id);
    if (index === undefined) { reveal(byId("checks")); return; }
    page = Math.floor(chosen.indexOf(index) / PAGE);
    drawRows();
    const line = byId(`check-${id}`);
    toggle(line, checks[index], true);
    line.classList.add("here");
    scrollTo(line, "center");
    line.querySelector("button").focus({ preventScroll: true });
  }

  /* Controls */

  function turn(step) {
    page += step;
    drawRows();
    scrollTo(byId("checks"), "start");
    byId("announcement").textContent = `Checks ${byId("page-place").textContent}`;
  }

  async function copy(button) {
    const source = byId(button.dataset.copies);
    const label = button.firstChild;
    try {
      await navigator.clipboard.writeText(source.textContent);
      label.textContent = "Copied";
    } catch { // no permission, or an old browser: leave the text selected, ready to be copied by hand
      getSelection().selectAllChildren(source);
      label.textContent = document.execCommand("copy") ? "Copied" : "Selected";
    }
    byId("announcement").textContent = label.textContent;
    setTimeout(() => { label.textContent = "Copy"; }, 2000);
  }

  function listen() {
    addEventListener("hashchange", arrive);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", (event) => { if (event.target.name !== "q") go({ ...state, [event.target.name]: event.target.value }); });
    form.addEventListener("reset", (event) => { event.preventDefault(); form.elements.q.value = ""; go({}); });
    form.elements.q.addEventListener("input", (event) => {
      go({ ...state, q: event.target.value.trim() }, { replace: typing });
      typing = true;
    });
    form.elements.q.addEventListener("blur", () => { typing = false; });
    byId("only").addEventListener("click", () => go({ ...state, finding: "" }));
    byId("page-before").addEventListener("click", () => turn(-1));
    byId("page-after").addEventListener("click", () => turn(1));
    byId("picture-function")?.addEventListener("change", narrowPictures);
    for (const radio of all("[name='map-mode']")) radio.addEventListener("change", () => go({ ...state, mode: radio.value }));
    for (const button of all("button.copy")) button.addEventListener("click", () => copy(button));
    for (const button of all(".theme button")) {
      button.addEventListener("click", () => {
        document.documentElement.dataset.theme = button.dataset.theme;
        for (const other of all(".theme button")) other.ariaPressed = String(other === button);
      });
    }
    const opened = [];
    addEventListener("beforeprint", () => {
      for (const element of all("details:not([open], .repeats)")) { element.open = true; opened.push(element); }
    });
    addEventListener("afterprint", () => { for (const element of opened.splice(0)) element.open = false; });
  }

  document.documentElement.classList.add("scripted");
  drawColumns();
  listen();
  arrive();
})();
