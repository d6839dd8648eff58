// Steps through each timeline of the page, by buttons and by keys.
(() => {
  const PACE = 1400; // milliseconds from step to step while it plays
  const SIZES = ["small", "medium", "large", "huge"]; // of letters on a full screen
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const keys = {
    ArrowRight: "forward", ArrowDown: "forward", ArrowLeft: "back", ArrowUp: "back",
    PageDown: "forward", PageUp: "back", // what a presenter's remote control sends
    Home: "first", End: "last", " ": "play", f: "whole", Escape: "leave", "+": "larger", "=": "larger", "-": "smaller",
  };

  function start(section) {
    const data = JSON.parse(section.querySelector("script[type='application/json']").textContent);
    const find = (what) => section.querySelector(what);
    const lines = [...section.querySelectorAll("tr[data-line]")];
    const stops = data.lines.flatMap(([, stops], at) => (stops ? [at] : []));
    const buttons = Object.fromEntries([...section.querySelectorAll("[data-does]")].map((b) => [b.dataset.does, b]));
    if (stops.length === 0) return null;
    let at = 0;
    let timer = null;
    let arrows = false;
    let size = 1;

    // For each side the last row that has happened at this line.
    const rowsAt = (line) => data.sides.map((_, side) => {
      for (let back = line; back >= 0; back -= 1) {
        if (data.lines[back][0][side] !== null) return data.lines[back][0][side];
      }
      return -1;
    });

    function show(moved) {
      const line = stops[at];
      lines.forEach((tr, nth) => {
        if (nth === line) tr.setAttribute("aria-current", "step");
        else tr.removeAttribute("aria-current");
        tr.classList.toggle("to-come", nth > line);
      });
      find(".at").textContent = `${at + 1} of ${stops.length}`;
      const happens = data.sides.map((side, nth) => {
        const row = data.lines[line][0][nth];
        return row === null || row === undefined ? "" : selvedgePanel.sentence(side, row);
      });
      find(".said").textContent = happens.filter((words) => words !== "").join(" ");
      find(".panel").replaceChildren(...data.sides.map((side, nth) => selvedgePanel.box(side, rowsAt(line)[nth], data.places)));
      buttons.first.disabled = buttons.back.disabled = at === 0;
      buttons.last.disabled = buttons.forward.disabled = at === stops.length - 1;
      if (arrows) selvedgeArrows.draw(section, data, line);
      if (moved) {
        const target = lines[line].querySelector("td.did") || lines[line].querySelector("td");
        target.scrollIntoView({ block: "nearest", inline: "nearest", behavior: still.matches ? "auto" : "smooth" });
      }
    }

    function go(to) {
      at = Math.max(0, Math.min(stops.length - 1, to));
      show(true);
    }

    function pause() {
      clearInterval(timer);
      timer = null;
      buttons.play.textContent = "play";
    }

    function play() {
      if (timer !== null) return pause();
      buttons.play.textContent = "pause";
      go(at === stops.length - 1 ? 0 : at + 1);
      timer = setInterval(() => {
        if (at === stops.length - 1) pause();
        else go(at + 1);
      }, PACE);
    }

    function side(button) {
      const shown = [...section.querySelectorAll("[data-does='side']")];
      const pressed = button.getAttribute("aria-pressed") === "true";
      // One of them stays.
      if (pressed && shown.every((b) => b === button || b.getAttribute("aria-pressed") === "false")) return;
      button.setAttribute("aria-pressed", String(!pressed));
      const hidden = shown.filter((b) => b.getAttribute("aria-pressed") === "false");
      section.dataset.hides = hidden.map((b) => b.dataset.side).join(" ");
      show(false);
    }

    function does(what, button) {
      if (what !== "play" && what !== "arrows" && timer !== null) pause();
      if (what === "forward") go(at + 1);
      else if (what === "back") go(at - 1);
      else if (what === "first") go(0);
      else if (what === "last") go(stops.length - 1);
      else if (what === "play") play();
      else if (what === "side") side(button);
      else if (what === "arrows") {
        arrows = !arrows;
        buttons.arrows.setAttribute("aria-pressed", String(arrows));
        if (!arrows) selvedgeArrows.clear(section);
        show(false);
      } else if (what === "whole" || what === "leave") {
        fill(what === "whole" && !section.classList.contains("whole"));
      } else if (what === "larger" || what === "smaller") {
        size = Math.max(0, Math.min(SIZES.length - 1, size + (what === "larger" ? 1 : -1)));
        section.dataset.size = SIZES[size];
        show(true);
      }
    }

    // Like a slide: over the whole page, and over the whole screen where that is allowed.
    function fill(whole) {
      if (whole === section.classList.contains("whole")) return;
      section.classList.toggle("whole", whole);
      buttons.whole.setAttribute("aria-pressed", String(whole));
      if (whole && section.requestFullscreen) {
        section.requestFullscreen().then(() => (section.classList.contains("whole") ? show(true) : document.exitFullscreen()), () => {});
      }
      if (!whole && document.fullscreenElement === section) document.exitFullscreen();
      if (whole) find(".scroll").focus({ preventScroll: true });
      show(true);
    }
    section.addEventListener("fullscreenchange", () => document.fullscreenElement === section || fill(false));

    section.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-does]");
      if (button) return does(button.dataset.does, button);
      const line = event.target.closest("tr[data-line]");
      if (!line || String(getSelection()) !== "") return undefined;
      const stop = stops.indexOf(Number(line.dataset.line));
      if (stop >= 0) {
        pause();
        go(stop);
      }
      return undefined;
    });

    function key(event) {
      const what = keys[event.key];
      if (!what || event.ctrlKey || event.altKey || event.metaKey) return;
      // A button in focus is pressed by the space bar.
      if (event.key === " " && event.target.closest("button")) return;
      // These mean something else where the page is seen.
      const whole = section.classList.contains("whole");
      if (!whole && ["leave", "larger", "smaller"].includes(what)) return;
      if (!whole && event.key.startsWith("Page")) return;
      event.preventDefault();
      does(what);
    }

    section.addEventListener("keydown", key);
    addEventListener("resize", () => arrows && show(false));
    for (const hidden of section.querySelectorAll(".controls, .said, .panel")) hidden.hidden = false;
    buttons.arrows.hidden = !selvedgeArrows.any(data);
    section.classList.add("live");
    if (data.sides.length > 1 && innerWidth < 900) side(find("[data-side='1']"));
    show(false);
    return key;
  }

  const sections = [...document.querySelectorAll("section.timeline")];
  const started = sections.map((section) => [section, start(section)]).filter(([, key]) => key !== null);
  // With one timeline that is not folded away, keys are meant for it wherever nothing else has the focus.
  const open = started.filter(([section]) => !section.closest("details"));
  // So they are for the one that fills the screen, and for the one that was used last: a button that is disabled loses the focus.
  let used = null;
  for (const kind of ["focusin", "pointerdown"]) {
    addEventListener(kind, (event) => { used = event.target.closest?.("section.timeline"); });
  }
  addEventListener("keydown", (event) => {
    if (event.target !== document.body) return;
    const whole = started.find(([section]) => section.classList.contains("whole"));
    const last = started.find(([section]) => section === used);
    const meant = whole || last || (open.length === 1 ? open[0] : null);
    if (meant) meant[1](event);
  });
})();
