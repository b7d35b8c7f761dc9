"use strict";
// Colours, sorting and filtering of the leaderboard, and opening a system that is linked to. The page reads well without it.
(() => {
  const theme = document.getElementById("theme");
  const wear = (name) => {
    if (name) document.documentElement.dataset.theme = name;
    else delete document.documentElement.dataset.theme;
  };
  try { theme.value = localStorage.getItem("theme") ?? ""; } catch { /* a page from disk may not store anything */ }
  wear(theme.value);
  theme.addEventListener("input", () => {
    wear(theme.value);
    try { localStorage.setItem("theme", theme.value); } catch { /* as above */ }
  });
  document.getElementById("theme-control").hidden = false;

  const search = document.getElementById("search");
  const study = document.getElementById("study");
  const pretrained = document.getElementById("pretrained");
  const trust = document.getElementById("trust");
  const skipped = document.getElementById("skipped");
  const shown = document.getElementById("shown");
  const boards = [...document.querySelectorAll(".board")];
  const allRows = boards.flatMap((board) => [...board.tBodies[0].rows]);

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let visible = 0;
    for (const row of allRows) {
      const text = row.textContent.toLowerCase();
      const fits = words.every((word) => text.includes(word))
        && (!study.value || row.dataset.study === study.value)
        && (!pretrained.value || row.dataset.pretrained === pretrained.value)
        && (!trust.value || row.dataset.trust === trust.value)
        && (skipped.checked || !row.classList.contains("skipped"));
      row.hidden = !fits;
      visible += fits;
    }
    shown.textContent = `${visible} of ${allRows.length} systems`;
  };

  const makeSortable = (board) => {
    const body = board.tBodies[0];
    const rows = [...body.rows];
    const order = new Map(rows.map((row, index) => [row, index]));
    const headings = [...board.tHead.rows[0].cells];
    const sorter = board.parentElement.querySelector(".sorter select");

    const compare = (column, kind, descending) => (a, b) => {
      const [x, y] = [a, b].map((row) => row.cells[column].dataset.value ?? "");
      if ((x === "") !== (y === "")) return x === "" ? 1 : -1; // what is missing comes last, whichever way
      const difference = kind === "number" ? Number(x) - Number(y) : x.localeCompare(y, "en", { numeric: true });
      return (descending ? -difference : difference) || order.get(a) - order.get(b);
    };

    const sort = (column, descending) => {
      headings.forEach((heading, index) => {
        if (index === column) heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
        else heading.removeAttribute("aria-sort");
      });
      const by = column < 0 ? (a, b) => order.get(a) - order.get(b)
        : compare(column, headings[column].dataset.sort, descending);
      body.append(...rows.sort(by));
      sorter.value = column < 0 ? "" : `${column}:${descending ? 1 : 0}`;
    };

    sorter.add(new Option(board.dataset.order, ""));
    headings.forEach((heading, column) => {
      const kind = heading.dataset.sort;
      if (!kind) return;
      const name = heading.textContent;
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
      heading.replaceChildren(button);
      button.addEventListener("click", () => {
        const now = heading.getAttribute("aria-sort");
        sort(column, now ? now === "ascending" : kind === "number"); // numbers: the largest first
      });
      const directions = kind === "number" ? [["high to low", 1], ["low to high", 0]] : [["A to Z", 0], ["Z to A", 1]];
      for (const [words, descending] of directions) {
        sorter.add(new Option(`${name}: ${words}`, `${column}:${descending}`));
      }
    });
    sorter.addEventListener("change", () => {
      const [column, descending] = sorter.value ? sorter.value.split(":").map(Number) : [-1, 0];
      sort(column, Boolean(descending));
    });
  };

  boards.forEach(makeSortable);
  for (const control of [search, study, pretrained, trust, skipped]) control.addEventListener("input", filter);
  document.getElementById("controls").addEventListener("submit", (event) => event.preventDefault());
  if (!allRows.some((row) => row.classList.contains("skipped"))) skipped.closest("label").hidden = true;
  document.getElementById("controls").hidden = false;
  filter();

  const open = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", open);
  open();
})();
