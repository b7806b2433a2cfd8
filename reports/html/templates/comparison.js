/* What the page of a comparison has of its own. */
openPage(({ data, word, count, make }) => {
  // The columns of a check, in the order in which the page was given them.
  const [ID, BACKEND, FUNCTION, DTYPE, MODE, ENTRY, QUANTITY, CLASS, KEYWORDS, DEVICE, STATUSES, REASON, KIND, WEIGHT,
    BEFORE, AFTER, ULPS, CHANGED, ELEMENTS, CHANGES, ANCHORS, OLD, EXAMPLE] = Array(23).keys();

  /* A filter names a class of change, what changes amount to, or what was not compared. */
  function hasChange(check, wanted) {
    if (!wanted) return true;
    const weight = data.weights.indexOf(wanted);
    if (weight >= 0) return check[WEIGHT] === weight || check[CHANGES].some(([, own]) => weight < 3 && own === weight);
    const kind = data.kinds.indexOf(wanted);
    return kind < 0 ? word(check[KIND]) === wanted : check[CHANGES].some(([own]) => own === kind);
  }

  function cell(key, check) {
    if (key === "change") {
      const weight = check[WEIGHT];
      const sign = make("span", { className: `tier tier-${weight < 0 ? "none" : data.classes[weight]}` }, make("b", {}, weight < 0 ? "–" : data.signs[weight]));
      return make("td", {}, make("span", { className: "kind" }, sign, word(check[KIND])));
    }
    const column = { before: BEFORE, after: AFTER, ulps: ULPS }[key];
    return column === undefined ? null : make("td", { className: "n" }, check[column][1] ?? "");
  }

  function details(check, fact) {
    fact("check", make("a", { href: `#check-${check[ID]}` }, check[ID]), `, on ${word(check[DEVICE])}`);
    if (word(check[OLD])) fact("renamed", make("code", {}, word(check[OLD])), " before");
    if (word(check[KEYWORDS])) fact("keywords", make("code", {}, word(check[KEYWORDS])));
    fact("run", word(check[STATUSES]) + (word(check[REASON]) && `: ${word(check[REASON])}`));
    fact("compared", check[ELEMENTS] < 0 ? "largest errors only" : count(check[ELEMENTS], "result"));
    const changes = check[CHANGES].map(([kind, , number]) => data.kinds[kind] + (check[ELEMENTS] < 0 ? "" : ` ${number.toLocaleString("en")}`));
    if (changes.length) fact("changes", changes.join(" · "));
    if (check[BEFORE].length || check[AFTER].length) fact("largest error", `${check[BEFORE][1] ?? "none measured"} ulps before, ${check[AFTER][1] ?? "none measured"} ulps now`);
    if (!check[EXAMPLE].length) return;
    const [inputs, before, beforeHex, after, afterHex, exact, beforeUlps, afterUlps, severities] = check[EXAMPLE];
    const result = (text, hex, ulps) => [make("code", {}, text), " ", make("code", { className: "hex" }, hex), ulps && ` ${ulps} off`];
    fact("gravest", `${word(check[KIND])}, ${severities}, at `, make("code", {}, inputs));
    fact("before", ...result(before, beforeHex, beforeUlps));
    fact("now", ...result(after, afterHex, afterUlps));
    fact("exact", make("code", {}, exact));
  }

  return {
    filters: ["backend", "function", "dtype", "mode", "change", "q", "group", "sort"],
    only: "group",
    section: "change",
    sections: data.changes,
    searched: [BACKEND, FUNCTION, DTYPE, MODE, ENTRY, QUANTITY, CLASS, KEYWORDS, DEVICE, STATUSES, REASON, KIND, OLD],
    columns: [
      ["function", "function", (check) => word(check[FUNCTION])],
      ["change", "gravest change", (check) => (check[WEIGHT] < 0 ? data.kinds.length : data.kinds.indexOf(word(check[KIND])))],
      ["before", "ulps before", (check) => check[BEFORE][0] ?? -1, true],
      ["after", "now", (check) => check[AFTER][0] ?? -1, true],
      ["ulps", "change", (check) => check[ULPS][0] ?? -1, true],
      ["changed", "results", (check) => check[CHANGED], true],
      ["entry", "entry point", (check) => word(check[ENTRY])],
      ["dtype", "dtype", (check) => word(check[DTYPE])],
      ["mode", "mode", (check) => word(check[MODE])],
      ["quantity", "quantity", (check) => word(check[QUANTITY])],
      ["class", "inputs", (check) => word(check[CLASS])],
      ["backend", "backend", (check) => word(check[BACKEND])],
    ],
    gravity: (check) => [-(check[WEIGHT] < 0 ? data.weights.length : check[WEIGHT]), -data.kinds.indexOf(word(check[KIND])), check[ULPS][0] ?? -1],
    found: ({ change }) => change ?? "",
    anchorsOf: (check) => check[ANCHORS],
    fits: (check, { change }) => hasChange(check, change),
    sectionFits: ([, , , , , , kind, weight], { change }) => !change || [data.kinds[kind], data.weights[weight]].includes(change),
    cell,
    details,
  };
});
