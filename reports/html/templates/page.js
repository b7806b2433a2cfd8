/* What every page does: filters, a table of checks, links, copying. All text of others goes through textContent: none
   of it is markup. What one page has of its own, its columns say, stands in a script after this one.

   The fragment of the address holds where the reader is and what the filters are: #checks?backend=torch&sort=-ulps.
   So a link reproduces it, and the browser's back button works. */
"use strict";
const openPage = (define) => {
  const PAGE = 100;
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const word = (number) => data.words[number];
  const count = (number, name) => `${number.toLocaleString("en")} ${name}${number === 1 ? "" : "s"}`;
  const isAny = (wanted, numbers) => !wanted || numbers.some((number) => word(number) === wanted);
  const checks = data.checks; // the columns of a check begin with its id, backend, function, dtype and mode
  const places = new Map(checks.map((check, index) => [check[0], index]));
  const texts = new Map();
  const form = byId("filter");
  let state = {};
  let chosen = [];
  let page = 0;
  let typing = false;

  function make(tag, properties = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  /* What the page has of its own: the names of its filters, the sections that they narrow, and the table. */
  const own = define({ data, word, count, make });

  /* The fragment */

  function decode(query) {
    const wanted = new URLSearchParams(query);
    return Object.fromEntries(own.filters.filter((name) => wanted.get(name)).map((name) => [name, wanted.get(name)]));
  }

  function encode(filters) {
    return own.filters.filter((name) => filters[name]).map((name) => `${name}=${encodeURIComponent(filters[name])}`).join("&");
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

  function textOf(index) {
    if (!texts.has(index)) {
      const check = checks[index];
      texts.set(index, [check[0], ...own.searched.map((column) => word(check[column]))].join("\n").toLowerCase());
    }
    return texts.get(index);
  }

  const holds = (text) => !state.q || text().includes(state.q.toLowerCase());

  const isIn = (backend, functions, dtypes, modes) => isAny(state.backend, [backend]) && isAny(state.function, functions) &&
    isAny(state.dtype, dtypes) && isAny(state.mode, modes);

  function sectionFits(section) {
    const [anchor, backend, functions, dtypes, modes, entries] = section;
    const said = () => [byId(anchor).firstElementChild.textContent, ...entries.map(word), anchor].join("\n").toLowerCase();
    return isIn(backend, functions, dtypes, modes) && own.sectionFits(section, state) &&
      (!state[own.only] || state[own.only] === anchor) && holds(said);
  }

  function checkFits(check, index) {
    const [, backend, name, dtype, mode] = check;
    return isIn(backend, [name], [dtype], [mode]) && own.fits(check, state) &&
      (!state[own.only] || own.anchorsOf(check).includes(state[own.only])) && holds(() => textOf(index));
  }

  function apply() {
    chosen = [...checks.keys()].filter((index) => checkFits(checks[index], index));
    sort();
    const shown = narrowSections();
    narrowMaps();
    narrowPictures();
    for (const part of all("#properties [data-backend]")) part.hidden = Boolean(state.backend) && part.dataset.backend !== state.backend;
    showControls();
    drawRows();
    tell(`${count(chosen.length, "check")}, ${count(shown, own.section)}`);
  }

  function tell(text) {
    if (byId("count").textContent === text) return;
    byId("count").textContent = text;
    byId("announcement").textContent = text;
  }

  /* Sections are what stands above the table: findings, say, each with the id that it begins with. */
  function narrowSections() {
    let shown = 0;
    for (const section of own.sections) {
      const isShown = sectionFits(section);
      byId(section[0]).hidden = !isShown;
      shown += isShown;
    }
    const around = `#${own.section}s`;
    for (const chapter of all(`${around} .chapter`)) chapter.hidden = !chapter.querySelector("article:not([hidden]), li:not([hidden])");
    document.querySelector(`${around} > .nothing`).hidden = shown > 0 || own.sections.length === 0;
    return shown;
  }

  function narrowMaps() {
    const differs = (element, name) => Boolean(state[name]) && element.dataset[name] !== undefined && element.dataset[name] !== state[name];
    for (const row of all(".map tbody tr")) row.hidden = differs(row, "function");
    for (const cell of all(".map [data-backend]")) cell.hidden = differs(cell, "backend") || differs(cell, "dtype");
    for (const head of all(".map .group")) {
      const columns = all(".dtype:not([hidden])", head.closest("thead")).filter((cell) => cell.dataset.backend === head.dataset.backend);
      head.hidden = columns.length === 0;
      head.colSpan = Math.max(columns.length, 1);
    }
    const found = own.found(state);
    for (const cell of all(".map .cell")) cell.classList.toggle("faded", found !== "" && !(cell.dataset.found ?? "").split(", ").includes(found));
    const radios = all("[name='map-mode']");
    const radio = radios.find(({ value }) => value === (state.mode ?? "")) ?? radios[0]; // very many modes have no map each
    if (radio) radio.checked = true;
  }

  function narrowPictures() {
    const wanted = byId("picture-function")?.value;
    for (const figure of all("#pictures figure")) {
      const name = figure.dataset.function;
      figure.hidden = Boolean((wanted && wanted !== name) || (state.function && state.function !== name));
    }
  }

  function showControls() {
    for (const name of own.filters) {
      const control = form.elements.namedItem(name);
      if (control && control !== document.activeElement) control.value = state[name] ?? "";
    }
    byId("only").hidden = !state[own.only];
  }

  /* The table of checks: columns are key, name, the value to sort by, and whether that is a number. */

  const SHOWN = own.columns.filter(([key, , value]) => key !== "mode" || new Set(checks.map(value)).size > 1);

  function sort() {
    const name = (state.sort ?? "").replace(/^-/, "");
    const column = own.columns.find(([key]) => key === name);
    if (!column) { // the gravest first
      chosen.sort((a, b) => compare(own.gravity(checks[b]), own.gravity(checks[a])) || a - b);
      return;
    }
    const sign = state.sort.startsWith("-") ? -1 : 1;
    chosen.sort((a, b) => sign * compare([column[2](checks[a])], [column[2](checks[b])]) || a - b);
  }

  function compare(left, right) {
    for (let i = 0; i < left.length; i += 1) if (left[i] !== right[i]) return left[i] < right[i] ? -1 : 1;
    return 0;
  }

  function drawColumns() {
    byId("check-columns").replaceChildren(...SHOWN.map(([key, name, , isNumber]) => {
      const head = make("th", { scope: "col", className: isNumber && key !== "tier" ? "n" : "" });
      const button = make("button", { type: "button", textContent: name });
      button.addEventListener("click", () => {
        const first = isNumber ? `-${key}` : key;
        const other = isNumber ? key : `-${key}`;
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
      head.firstChild.textContent = own.columns.find(([key]) => key === head.dataset.key)[1] + (isSorted ? { ascending: " ↑", descending: " ↓" }[order] : "");
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
    const [[, , name], ...others] = SHOWN;
    const opener = make("button", { type: "button", ariaExpanded: "false" }, "▸ ", name(check));
    const line = make("tr", { id: `check-${check[0]}` }, make("td", {}, opener));
    for (const column of others) line.append(own.cell(column[0], check) ?? plainCell(column, check));
    opener.addEventListener("click", () => toggle(line, check));
    return line;
  }

  function plainCell([, , value, isNumber], check) {
    const text = value(check);
    if (isNumber) return make("td", { className: "n" }, text ? text.toLocaleString("en") : "");
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
    own.details(check, (name, ...content) => list.append(make("div", {}, make("dt", {}, name), make("dd", {}, ...content))));
    for (const anchor of own.anchorsOf(check)) {
      const title = byId(anchor)?.querySelector("h4, a")?.textContent.replace("¶", "").trim();
      list.append(make("div", {}, make("dt", {}, own.section), make("dd", {}, make("a", { href: `#${anchor}` }, title ?? anchor))));
    }
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
    byId("only").addEventListener("click", () => go({ ...state, [own.only]: "" }));
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
};
