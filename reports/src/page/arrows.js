// Arrows from a step to those that come after it because of what both touch.
const selvedgeArrows = (() => {
  const SVG = "http://www.w3.org/2000/svg";

  function make(name, attributes) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  function arrow(from, to, frame, here) {
    const a = from.getBoundingClientRect();
    const b = to.getBoundingClientRect();
    if (a.width === 0 || b.width === 0) return null;
    const right = b.left > a.left;
    // Going right, it begins behind the words.
    const words = document.createRange();
    words.selectNodeContents(from);
    const x1 = (right ? Math.min(a.right, words.getBoundingClientRect().right + 4) : a.left + 2) - frame.left;
    const y1 = a.top + a.height / 2 - frame.top;
    const x2 = (right ? b.left + 1 : Math.min(b.right - 4, a.left)) - frame.left;
    const y2 = b.top + Math.min(b.height / 2, 12) - frame.top;
    const bend = Math.min(120, Math.max(18, Math.abs(x2 - x1) / 2)) * (right ? 1 : -1);
    const group = make("g", here ? { class: "here" } : {});
    group.append(make("path", { d: `M ${x1} ${y1} C ${x1 + bend} ${y1}, ${x2 - bend} ${y2}, ${x2} ${y2}` }));
    const tip = right ? -7 : 7;
    group.append(make("path", { class: "head", d: `M ${x2} ${y2} L ${x2 + tip} ${y2 - 4} L ${x2 + tip} ${y2 + 4} Z` }));
    return group;
  }

  // Draws all arrows over the table, those into the current line in front.
  function draw(section, data, current) {
    clear(section);
    const scroll = section.querySelector(".scroll");
    const table = scroll.querySelector("table");
    const frame = table.getBoundingClientRect();
    const svg = make("svg", { class: "arrows", "aria-hidden": "true", width: frame.width, height: frame.height });
    const cell = (side, row) => {
      const line = data.lines.findIndex(([rows]) => rows[side] === row);
      // Cells say their side only where there are two.
      const its = data.sides.length > 1 ? `.side-${side}` : "";
      return section.querySelector(`tr[data-line="${line}"] td.did${its}`);
    };
    const front = [];
    data.sides.forEach((side, nth) => side.rows.forEach((row, at) => {
      for (const earlier of row.after || []) {
        const from = cell(nth, earlier);
        const to = cell(nth, at);
        const here = data.lines[current] !== undefined && data.lines[current][0][nth] === at;
        const drawn = from && to && arrow(from, to, frame, here);
        if (drawn) (here ? front.push(drawn) : svg.append(drawn));
      }
    }));
    svg.append(...front);
    scroll.append(svg);
  }

  function clear(section) {
    for (const old of section.querySelectorAll("svg.arrows")) old.remove();
  }

  const any = (data) => data.sides.some((side) => side.rows.some((row) => (row.after || []).length > 0));

  return { draw, clear, any };
})();
