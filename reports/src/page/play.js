"use strict";
// Lets a reader pick who goes next, state by state.
(() => {
  const { element, list, taskWords, objectWords } = selvedgePanel;
  const keys = { u: "undo", U: "undo", Backspace: "undo", r: "again", R: "again", h: "hint", H: "hint", g: "solve", G: "solve" };
  const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  // For each state the fewest picks to an end that fails, or Infinity.
  function distances(states) {
    const before = states.map(() => []);
    states.forEach((state, at) => state.p.forEach(([, , , to]) => before[to].push(at)));
    const far = states.map((state) => (state.e && state.e[0] === 1 ? 0 : Infinity));
    const next = states.flatMap((_, at) => (far[at] === 0 ? [at] : []));
    for (let nth = 0; nth < next.length; nth += 1) {
      for (const at of before[next[nth]]) {
        if (far[at] === Infinity) {
          far[at] = far[next[nth]] + 1;
          next.push(at);
        }
      }
    }
    return far;
  }

  function start(section) {
    const data = JSON.parse(section.querySelector("script[type='application/json']").textContent);
    const find = (what) => section.querySelector(what);
    const buttons = Object.fromEntries([...section.querySelectorAll("[data-does]")].map((b) => [b.dataset.does, b]));
    const text = (at) => data.texts[at];
    const far = distances(data.states);
    const canFail = far[0] !== Infinity;
    // Which pick was taken at which state.
    let taken = [];
    let runs = 0;
    const here = () => (taken.length === 0 ? 0 : data.states[taken.at(-1)[0]].p[taken.at(-1)[1]][3]);

    const acts = new Set();
    const note = (rows) => rows.forEach((row) => { if (data.rows[row][1] !== 2 && text(data.rows[row][2])) acts.add(data.rows[row][0]); });
    note(data.start);
    for (const state of data.states) {
      for (const [task, , rows] of state.p) {
        acts.add(task);
        note(rows);
      }
    }
    const lanes = [...acts].sort((a, b) => a - b);
    const lane = (task) => "lane t" + (task % 6);

    function head() {
      const tr = element("tr");
      const th = (words, classes) => {
        const made = element("th", words, classes);
        made.scope = "col";
        tr.append(made);
      };
      th("step", "step");
      for (const task of lanes) th(data.tasks[task], lane(task));
      data.objects.forEach((name, nth) => th(name, nth === 0 ? "value first" : "value"));
      find("thead").replaceChildren(tr);
    }

    const standing = (state) => {
      const [tasks, objects] = data.standings[data.states[state].s];
      return {
        tasks: tasks.map(([task, next, waits, ended]) =>
          ({ task, next: text(next), waits_for: waits === null ? null : text(waits), ended: ended === 1 })),
        objects: objects.map(([name, state, holders, waiters]) => ({ object: text(name), state: text(state), holders, waiters })),
      };
    };

    // What has happened, as rows: those of the picks, and who has to wait after them.
    function happened() {
      const rows = data.start.map((row) => data.rows[row]);
      let waits = new Map();
      const wait = (state) => {
        // As in the other timeline, who joins a task has no row for that.
        const waiting = standing(state).tasks.filter((task) => task.waits_for && !task.next.startsWith("joins "));
        const now = new Map(waiting.map((task) => [task.task, task.waits_for]));
        for (const [task, what] of now) if (waits.get(task) !== what) rows.push([task, 3, "waits for " + what, []]);
        waits = now;
      };
      for (const [state, pick] of taken) {
        const [, , does, to] = data.states[state].p[pick];
        rows.push(...does.map((row) => data.rows[row]));
        wait(to);
      }
      return rows;
    }

    function line(row, number, last) {
      const [task, kind, words, values] = row;
      const says = typeof words === "number" ? text(words) : words;
      const tr = element("tr");
      if (last) tr.setAttribute("aria-current", "step");
      const step = element(number ? "th" : "td", number ? String(number) : "", "step");
      if (number) step.scope = "row";
      tr.append(step);
      if (kind === 2) {
        const clock = element("td", "clock: " + says, "clock did");
        clock.colSpan = lanes.length;
        tr.append(clock);
      } else {
        for (const of of lanes) {
          const mine = of === task && says !== "";
          tr.append(element("td", mine ? says : "", lane(of) + (mine ? " did" : "") + (mine && kind === 3 ? " waits" : "")));
        }
      }
      data.objects.forEach((_, nth) => {
        const value = values.find(([object]) => object === nth);
        tr.append(element("td", value ? text(value[1]) : "", "value" + (nth === 0 ? " first" : "") + (value ? " changed" : "")));
      });
      return tr;
    }

    function table() {
      const rows = happened();
      let number = 0;
      const lines = rows.map((row, nth) => {
        const says = row[1] === 3 || row[1] === 0 || (row[1] === 1 && text(row[2]) !== "");
        if (says) number += 1;
        return line(row, says ? number : 0, taken.length > 0 && nth === rows.length - 1);
      });
      find("tbody").replaceChildren(...lines);
      const last = lines.at(-1);
      if (last && taken.length > 0) find(".scroll").scrollTop = last.offsetTop;
      return rows;
    }

    function panel(rows) {
      const { tasks, objects } = standing(here());
      const values = new Map(rows.flatMap((row) => row[3]).map(([object, value]) => [object, text(value)]));
      const box = element("div");
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "How things stand");
      box.append(element("p", taken.length === 0 ? "at the beginning" : "after " + plural(taken.length, "pick"), "title"));
      list(box, "tasks, and what each does next", tasks.map((task) =>
        [data.tasks[task.task], taskWords(task), "t" + (task.task % 6), (task.waits_for ? "blocked" : "") + (task.ended ? " gone" : "")]));
      list(box, "locks, queues, tokens", objects.map((object) => [object.object, objectWords(data, object), "", ""]));
      list(box, "values", [...values.keys()].sort((a, b) => a - b).map((object) => [data.objects[object], values.get(object), "", ""]));
      find(".panel").replaceChildren(box);
    }

    function picks() {
      const state = data.states[here()];
      const made = state.p.map(([task, does], nth) => {
        const button = element("button", "", "pick t" + (task % 6));
        button.type = "button";
        button.dataset.pick = String(nth);
        if (nth < 9) button.setAttribute("aria-keyshortcuts", String(nth + 1));
        const key = element("kbd", String(nth + 1));
        key.setAttribute("aria-hidden", "true");
        button.append(key, element("b", data.tasks[task] + ": "), element("code", text(does)));
        return button;
      });
      if (state.e) {
        const [fails, words, told] = state.e;
        const end = element("p", "", fails ? "end bad" : "end good");
        end.textContent = fails ? `It failed: ${text(words)}.` : `It passed. Outcome: ${text(told)}`;
        made.push(end);
        if (fails) made.push(element("p", text(told), "message"));
      }
      find(".picks").replaceChildren(...made);
    }

    // What is said once somebody has come to an end, or has given up.
    function verdict() {
      const all = plural(data.states.length, "state");
      return canFail
        ? "It can be made to fail."
        : `All ${all} were explored, and none fails: whatever is picked, it passes, as long as a load sees the latest store.`;
    }

    function ended() {
      const [fails, words, told] = data.states[here()].e;
      const picked = plural(taken.length, "pick");
      if (fails) return [`It failed: ${text(words)}. You made it fail in ${picked}.`, text(told)];
      return `It passed, with outcome ${text(told)}. ` + (canFail ? "Undo, or start again: it can be made to fail." : verdict());
    }

    // What is said may have a part that stands elsewhere for those who see it.
    function show(said, moved) {
      const state = data.states[here()];
      const focused = moved && find(".picks").contains(document.activeElement);
      picks();
      panel(table());
      buttons.undo.disabled = buttons.again.disabled = taken.length === 0;
      find(".at").textContent = `${plural(taken.length, "pick")}, ${plural(runs, "finished run")}`;
      const [seen, unseen] = [said].flat();
      find(".said").replaceChildren(seen, ...(unseen ? [element("span", " " + unseen, "unseen")] : []));
      section.classList.toggle("failed", Boolean(state.e && state.e[0]));
      if (focused) (find(".picks button") || buttons.undo).focus();
    }

    function pick(nth) {
      const at = here();
      const state = data.states[at];
      if (nth >= state.p.length) return;
      const [task, does, , to] = state.p[nth];
      taken.push([at, nth]);
      if (data.states[to].e) runs += 1;
      show(data.states[to].e ? ended() : `${data.tasks[task]}: ${text(does)}.`, true);
    }

    function hint() {
      if (far[here()] === 0) return "It has failed.";
      if (far[here()] !== Infinity) return `Yes: a failure is ${plural(far[here()], "pick")} away.`;
      if (data.states[here()].e) return "No: it has passed.";
      const met = new Set([here()]);
      for (const at of met) for (const [, , , to] of data.states[at].p) met.add(to);
      return `No: ${plural(met.size, "state")} can still come, and none of them fails.` + (canFail && taken.length > 0 ? " Undo, and try again." : "");
    }

    function solve() {
      if (!canFail) return show(verdict(), false);
      if (far[here()] === Infinity) taken = [];
      while (far[here()] > 0) {
        const at = here();
        taken.push([at, data.states[at].p.findIndex(([, , , to]) => far[to] < far[at])]);
      }
      const [, words, told] = data.states[here()].e;
      return show([`So it fails: ${text(words)}.`, text(told)], true);
    }

    function does(what) {
      if (what === "undo" && taken.length > 0) {
        taken.pop();
        show("The last pick is taken back.", true);
      } else if (what === "again" && taken.length > 0) {
        taken = [];
        show("At the beginning.", true);
      } else if (what === "hint") show(hint(), false);
      else if (what === "solve") solve();
    }

    section.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.pick) pick(Number(button.dataset.pick));
      else if (button.dataset.does) does(button.dataset.does);
    });

    function key(event) {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const what = keys[event.key];
      if (what) does(what);
      else if (/^[1-9]$/.test(event.key)) pick(Number(event.key) - 1);
      else return;
      event.preventDefault();
    }

    section.addEventListener("keydown", key);
    head();
    find(".scriptless").hidden = true;
    find(".timeline").hidden = false;
    show("", false);
    return key;
  }

  const games = [...document.querySelectorAll("section.game")].map((section) => [section, start(section)]);
  // Keys that nothing else has the focus for are meant for the game that was used last.
  let used = games[0];
  for (const game of games) for (const event of ["click", "focusin"]) game[0].addEventListener(event, () => { used = game; });
  addEventListener("keydown", (event) => {
    if (used && event.target === document.body) used[1](event);
  });
})();
