"use strict";
// What is true after a row of an execution, and how it is written down.
const selvedgePanel = (() => {
  // Rows say what has changed; this is the sum of them.
  function standing(side, row) {
    const sum = { values: new Map(), tasks: new Map(), objects: new Map(), fresh: new Set() };
    for (let at = 0; at <= row; at += 1) {
      if (side.rows[at].kind !== "preempted") sum.fresh.clear();
      for (const [object, value] of side.rows[at].values) {
        sum.values.set(object, value);
        sum.fresh.add("v" + object);
      }
      const state = side.rows[at].standing || { tasks: [], objects: [] };
      for (const task of state.tasks) {
        sum.tasks.set(task.task, task);
        sum.fresh.add("t" + task.task);
      }
      for (const object of state.objects) {
        sum.objects.set(object.object, object);
        sum.fresh.add("o" + object.object);
      }
    }
    return sum;
  }

  function element(name, text, classes) {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (classes) made.className = classes;
    return made;
  }

  function list(box, title, pairs) {
    if (pairs.length === 0) return;
    box.append(element("p", title));
    const dl = element("dl");
    for (const [name, text, nameClass, textClass] of pairs) {
      dl.append(element("dt", name, nameClass), element("dd", text, textClass));
    }
    box.append(dl);
  }

  const names = (side, tasks) => tasks.map((task) => side.tasks[task]).join(", ");

  function taskWords(task) {
    if (task.ended) return "has ended";
    if (task.waits_for) return "waits for " + task.waits_for;
    return task.next || "runs";
  }

  function objectWords(side, object) {
    const parts = [];
    if (object.state) parts.push(object.state + (object.holders.length > 0 ? " by " + names(side, object.holders) : ""));
    if (object.waiters.length > 0) parts.push("waiting: " + names(side, object.waiters));
    return parts.join("; ") || "nobody waits";
  }

  function when(side, row) {
    const is = side.rows[row];
    if (is && is.kind === "clock") return "when the clock has moved to " + is.text;
    for (let at = row; at >= 0; at -= 1) if (side.rows[at].number) return "after step " + side.rows[at].number;
    return "at the beginning";
  }

  // What is true after a row, as a box.
  function box(side, row, places) {
    const sum = standing(side, row);
    const made = element("div");
    made.setAttribute("role", "group");
    const is = side.rows[row];
    const title = (side.heading ? side.heading + ": " : "") + when(side, row);
    made.setAttribute("aria-label", title);
    made.append(element("p", title, "title"));
    if (is && is.place !== undefined) {
      const [place, source] = places[is.place];
      const line = element("p", "", "line");
      line.append(element("span", place + " "), element("code", source ? source.trim() : ""));
      made.append(line);
    }
    const fresh = (key) => (sum.fresh.has(key) ? "new" : "");
    list(made, "tasks, and what each does next", [...sum.tasks.values()].sort((a, b) => a.task - b.task).map((task) =>
      [side.tasks[task.task], taskWords(task), "t" + (task.task % 6),
        fresh("t" + task.task) + (task.waits_for ? " blocked" : "") + (task.ended ? " gone" : "")]));
    list(made, "locks, queues, tokens", [...sum.objects.values()].map((object) =>
      [object.object, objectWords(side, object), "", fresh("o" + object.object)]));
    list(made, "values", [...sum.values.keys()].sort((a, b) => a - b).map((object) =>
      [side.objects[object], sum.values.get(object), "", fresh("v" + object)]));
    return made;
  }

  // One row as a sentence.
  function sentence(side, row) {
    const is = side.rows[row];
    if (!is) return "";
    const who = is.kind === "clock" ? "clock" : side.tasks[is.task];
    const parts = [];
    parts.push((is.number ? "step " + is.number + ", " : "") + who + ": " + (is.text || "begins"));
    for (const [object, value] of is.values) parts.push(side.objects[object] + " is " + value);
    if (is.marked) parts.push("this decides");
    return (side.heading ? side.heading + ": " : "") + parts.join("; ") + ".";
  }

  return { box, sentence, element, list, taskWords, objectWords };
})();
