/* What the page of a run has of its own. */
openPage(({ data, word, count, make }) => {
  // The columns of a check, in the order in which the page was given them.
  const [ID, BACKEND, FUNCTION, DTYPE, MODE, ENTRY, QUANTITY, CLASS, KEYWORDS, DEVICE, STATUS, REASON, TIER, ULPS,
    RATIO, SEVERITIES, TIERS, CASES, ELEMENTS, COVERAGE, ANCHORS, WORST] = Array(22).keys();

  function isFound(severities, status, wanted) {
    if (!wanted) return true;
    if (wanted === "not run") return status !== "examined";
    if (wanted === "none") return status === "examined" && !severities.some(Boolean);
    return Boolean(severities[data.severities.indexOf(wanted)]);
  }

  function cell(key, check) {
    if (key === "tier") {
      const status = word(check[STATUS]);
      if (status !== "examined" || check[TIER] < 0) return make("td", {}, status === "examined" ? "–" : status);
      const letter = data.tiers[check[TIER]];
      return make("td", {}, make("span", { className: `tier tier-${{ X: "outside", L: "limit" }[letter] ?? letter}` }, make("b", {}, letter)));
    }
    if (key === "ulps" || key === "ratio") return make("td", { className: "n" }, check[key === "ulps" ? ULPS : RATIO][1] ?? "");
    const defects = check[SEVERITIES][0];
    if (key === "defect" && defects) return make("td", { className: "n some" }, defects.toLocaleString("en"));
    return null;
  }

  function details(check, fact) {
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
  }

  return {
    filters: ["backend", "function", "dtype", "mode", "severity", "q", "finding", "sort"],
    only: "finding",
    section: "finding",
    sections: data.findings,
    searched: [BACKEND, FUNCTION, DTYPE, MODE, ENTRY, QUANTITY, CLASS, KEYWORDS, DEVICE, STATUS, REASON],
    columns: [
      ["function", "function", (check) => word(check[FUNCTION])],
      ["backend", "backend", (check) => word(check[BACKEND])],
      ["entry", "entry point", (check) => word(check[ENTRY])],
      ["dtype", "dtype", (check) => word(check[DTYPE])],
      ["mode", "mode", (check) => word(check[MODE])],
      ["quantity", "quantity", (check) => word(check[QUANTITY])],
      ["class", "inputs", (check) => word(check[CLASS])],
      ["tier", "tier", (check) => check[TIER], true],
      ["ulps", "ulps", (check) => check[ULPS][0] ?? -1, true],
      ["ratio", "× bound", (check) => check[RATIO][0] ?? -1, true],
      ...["defect", "weakness", "convention"].map((name, index) => [name, ["defects", "weak", "conv."][index], (check) => check[SEVERITIES][index], true]),
    ],
    gravity: (check) => [check[SEVERITIES][0] > 0, check[RATIO][0] ?? -1, check[ULPS][0] ?? -1],
    found: ({ severity }) => (data.severities.includes(severity) ? severity : ""),
    anchorsOf: (check) => check[ANCHORS],
    fits: (check, { severity }) => isFound(check[SEVERITIES], word(check[STATUS]), severity),
    sectionFits: ([, , , , , , severity], state) => !state.severity || state.severity === data.severities[severity],
    cell,
    details,
  };
});
