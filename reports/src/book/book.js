"use strict";
// Questions and search. Without this script every answer opens by hand.

for (const guess of document.querySelectorAll("fieldset.guess")) {
  const said = guess.querySelector(".said");
  const answer = guess.closest(".program").querySelector("details.answer");
  guess.addEventListener("change", (event) => {
    const right = guess.dataset.answer;
    const chosen = event.target.value;
    guess.classList.toggle("right", chosen === right);
    guess.classList.toggle("wrong", chosen !== right);
    if (chosen === right) {
      said.textContent = "Right.";
    } else if (right === "holds") {
      said.textContent = "No: it holds, under every schedule. The answer says why.";
    } else if (chosen === "holds") {
      said.textContent = "No: there is a schedule under which it fails. Look at its timeline.";
    } else {
      said.textContent = "It does fail, and in another way.";
    }
    answer.open = true;
  });
}

// A link to something inside a closed answer opens it.
function reveal() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let at = target || null; at; at = at.parentElement) {
    if (at.tagName === "DETAILS") at.open = true;
  }
}
addEventListener("hashchange", reveal);
reveal();

const box = document.querySelector(".search");
const input = document.getElementById("search");
const results = document.getElementById("results");
if (box && typeof INDEX !== "undefined") {
  box.hidden = false;
  const score = (entry, words) => {
    const [title, , about, text] = entry;
    const [head, body] = [title.toLowerCase(), about.toLowerCase()];
    let sum = 0;
    for (const word of words) {
      let best = 0;
      if (head.startsWith(word)) best = 8;
      else if (head.includes(word)) best = 5;
      else if (body.includes(word)) best = 3;
      else if ((" " + text).includes(" " + word)) best = 1;
      if (best === 0) return 0;
      sum += best;
    }
    // A chapter before its programs.
    return about === "program" ? sum / 4 : sum;
  };
  const search = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter((word) => word.length > 1);
    results.replaceChildren();
    if (words.length === 0) return;
    const found = INDEX.map((entry) => [score(entry, words), entry]).filter(([points]) => points > 0);
    found.sort((a, b) => b[0] - a[0]);
    for (const [, [title, href, about]] of found.slice(0, 12)) {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = href;
      link.textContent = title;
      const more = document.createElement("span");
      more.className = "about-it";
      more.textContent = about;
      item.append(link, more);
      results.append(item);
    }
    if (found.length === 0) {
      const item = document.createElement("li");
      item.textContent = "Nothing found.";
      results.append(item);
    }
  };
  input.addEventListener("input", search);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      input.value = "";
      search();
    }
  });
  results.addEventListener("click", () => {
    input.value = "";
    search();
  });
  document.addEventListener("keydown", (event) => {
    const writes = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName) && document.activeElement.type !== "radio";
    if (event.key === "/" && !writes && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
    }
  });
}
