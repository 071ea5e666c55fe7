// The picture of a market: customers, firms and ties at the left, three charts at the right, a legend below. Draws what
// the kernel sends; asks for the next round while playing; reports clicks. Loads nothing from anywhere.
const INK = "#222222", QUIET = "#5f6368", FAINT = "#e4e6e8", RED = "#b00020";
const SCALE = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]]; // viridis
const FLASH = 900; // milliseconds
const SIDE = 460, FIELD = 430, EDGE = 15, WIDE = 380; // the network's canvas, the square that places refer to, the charts
const GHOST = [2, 3]; // dashes of the run before

function shade(hundredths) {
  const place = Math.max(0, Math.min(1, hundredths / 100)) * (SCALE.length - 1);
  const low = Math.min(SCALE.length - 2, Math.floor(place)), part = place - low;
  return `rgb(${SCALE[low].map((c, k) => Math.round(c + part * (SCALE[low + 1][k] - c))).join(",")})`;
}

function sheet(width, height, label) {
  const canvas = document.createElement("canvas"), ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  canvas.getContext("2d").scale(ratio, ratio);
  return canvas;
}

function short(number) {
  const size = Math.abs(number);
  if (size >= 1e6) return `${+(number / 1e6).toFixed(1)}M`;
  if (size >= 1e4) return `${Math.round(number / 1e3)}k`;
  return `${+number.toFixed(size < 10 ? 1 : 0)}`.replace("-", "−");
}

function roundUp(number) {
  if (number <= 0) return 0;
  const power = 10 ** Math.floor(Math.log10(number));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((n) => n * power).find((n) => n >= number * 0.9999);
}

function spot([x, y]) {
  return [EDGE + x * FIELD, EDGE + y * FIELD];
}

function dotSize(scene) {
  return Math.max(1.8, Math.min(7, (0.18 * FIELD) / Math.sqrt(scene.customers.length)));
}

// A name in one line or two, cut where it is longer still.
function wrapped(name, width = 12) {
  if (name.length <= width) return [name];
  const at = name.lastIndexOf(" ", width);
  const lines = at > 0 ? [name.slice(0, at), name.slice(at + 1)] : [name];
  return lines.map((line) => (line.length > width + 1 ? `${line.slice(0, width)}…` : line));
}

// Rings around those who have just switched, wide at first, and around the customer whose life is open; the rest of the
// picture need not be drawn again for them.
function drawRings(pen, scene, frame, age, chosen) {
  const dot = dotSize(scene);
  const ring = (i, radius) => {
    const [x, y] = spot(scene.customers[i]);
    pen.beginPath();
    pen.arc(x, y, radius, 0, 7);
    pen.stroke();
    return [x, y];
  };
  pen.strokeStyle = RED;
  pen.lineWidth = 2;
  pen.globalAlpha = 1 - 0.6 * age;
  for (const i of frame.switched) ring(i, dot + 2 + 8 * (1 - age));
  pen.globalAlpha = 1;
  const place = scene.numbers.indexOf(chosen);
  if (place < 0) return;
  pen.strokeStyle = INK;
  pen.lineWidth = 2.5;
  const [x, y] = ring(place, dot + 5);
  pen.font = "bold 12px sans-serif";
  pen.textAlign = x < SIDE / 2 ? "left" : "right";
  const beside = x + (x < SIDE / 2 ? 1 : -1) * (dot + 9);
  pen.strokeStyle = "white";
  pen.lineWidth = 4;
  pen.lineJoin = "round";
  pen.strokeText(`customer ${chosen}`, beside, y + 4);
  pen.fillStyle = INK;
  pen.fillText(`customer ${chosen}`, beside, y + 4);
}

function drawNames(pen, scene) {
  pen.font = "bold 13px sans-serif";
  for (const firm of scene.firms) {
    const [x, y] = spot([firm.x, firm.y]), lines = wrapped(firm.name);
    pen.beginPath();
    pen.arc(x, y, 13, 0, 7);
    pen.fillStyle = firm.colour;
    pen.fill();
    pen.lineWidth = 2;
    pen.strokeStyle = "white";
    pen.stroke();
    pen.fillStyle = firm.ink;
    pen.textAlign = "left";
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    lines.forEach((line, k) => {
      const wide = pen.measureText(line).width;
      // at the sides a name begins, or ends, where its firm does: customers stand beside it
      const wished = firm.x < 0.2 ? x + 13 - wide : firm.x > 0.8 ? x - 13 : x - wide / 2;
      const left = Math.max(3, Math.min(SIDE - wide - 3, wished));
      const top = firm.y > 0.499 ? y + 28 + 14 * k : y - 19 - 14 * (lines.length - 1 - k);
      pen.strokeText(line, left, top);
      pen.fillText(line, left, top);
    });
  }
}

function drawNetwork(pen, scene, frame) {
  pen.clearRect(0, 0, SIDE, SIDE);
  const at = scene.customers.map(spot), home = scene.firms.map((firm) => spot([firm.x, firm.y]));
  const dot = dotSize(scene);
  pen.lineCap = "round";
  pen.strokeStyle = "#eceef0";
  pen.lineWidth = 0.6;
  pen.beginPath();
  for (const [a, b] of scene.ties) {
    pen.moveTo(...at[a]);
    pen.lineTo(...at[b]);
  }
  pen.stroke();
  pen.globalAlpha = 0.28;
  frame.supplier.forEach((firm, i) => {
    if (firm < 0 || !frame.active[i]) return;
    pen.strokeStyle = scene.firms[firm].colour;
    pen.lineWidth = 0.25 + (3 * frame.context[i]) / 100;
    pen.beginPath();
    pen.moveTo(...at[i]);
    pen.lineTo(...home[firm]);
    pen.stroke();
  });
  pen.globalAlpha = 1;
  at.forEach(([x, y], i) => {
    if (!frame.active[i]) return;
    pen.beginPath();
    pen.arc(x, y, dot, 0, 7);
    pen.fillStyle = frame.shade[i] < 0 ? "white" : shade(frame.shade[i]);
    pen.fill();
    pen.strokeStyle = frame.shade[i] < 0 ? "#9aa0a6" : "white";
    pen.lineWidth = 0.8;
    pen.stroke();
  });
  drawNames(pen, scene);
  pen.textAlign = "left";
  pen.fillStyle = INK;
  pen.font = "bold 15px sans-serif";
  pen.fillText(`${scene.length} ${frame.round}`, 6, 18);
  if (scene.numbers.length < scene.all) {
    pen.font = "11px sans-serif";
    pen.fillStyle = QUIET;
    pen.textAlign = "right";
    const [some, all] = [scene.numbers.length, scene.all].map((n) => n.toLocaleString("en"));
    pen.fillText(`${some} of ${all} customers shown`, SIDE - 4, 14);
    pen.textAlign = "left";
  }
}

function drawCharts(pen, width, height, scene, series, ghost, round) {
  pen.clearRect(0, 0, width, height);
  const tall = height / scene.charts.length, left = 44, right = 14;
  scene.charts.forEach((chart, k) => {
    const top = k * tall + 22, foot = (k + 1) * tall - (k === scene.charts.length - 1 ? 20 : 12);
    const now = series[chart.name] || [], old = ghost[chart.name] || [];
    const all = [...now, ...old].flat().filter((value) => value !== null);
    let low = Math.min(0, ...all), high = chart.unit === "share" ? 1 : Math.max(...all, low + 1);
    if (chart.unit !== "share") [low, high] = [-roundUp(-low), roundUp(high)];
    const x = (r) => left + ((width - left - right) * r) / Math.max(1, scene.rounds);
    const y = (v) => foot - ((foot - top) * (v - low)) / (high - low);
    pen.textAlign = "left";
    pen.font = "bold 12px sans-serif";
    pen.fillStyle = INK;
    pen.fillText(`${chart.title} (${chart.unit})`, left, top - 8);
    pen.font = "11px sans-serif";
    pen.fillStyle = QUIET;
    pen.textAlign = "right";
    for (const value of [low, (low + high) / 2, high]) {
      pen.strokeStyle = FAINT;
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(left, y(value));
      pen.lineTo(width - right, y(value));
      pen.stroke();
      pen.fillText(short(value), left - 5, y(value) + 4);
    }
    const path = (values, firm, dash, alpha, wide) => {
      pen.strokeStyle = scene.firms[firm].colour;
      pen.globalAlpha = alpha;
      pen.lineWidth = wide;
      pen.setLineDash(dash);
      pen.beginPath();
      let open = false;
      values.forEach((value, r) => {
        if (value === null) { open = false; return; }
        if (open) pen.lineTo(x(r + 1), y(value)); else pen.moveTo(x(r + 1), y(value));
        open = true;
      });
      pen.stroke();
      pen.setLineDash([]);
      pen.globalAlpha = 1;
    };
    old.forEach((values, firm) => path(values, firm, GHOST, 0.6, 1.2));
    now.forEach((values, firm) => path(values, firm, dashes(scene.firms[firm]), 1, 2.2));
    pen.strokeStyle = QUIET;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x(round), top);
    pen.lineTo(x(round), foot);
    pen.stroke();
    if (k === scene.charts.length - 1) {
      pen.fillStyle = QUIET;
      pen.textAlign = "center";
      for (let r = 0; r <= 4; r++) pen.fillText(Math.round((scene.rounds * r) / 4), x((scene.rounds * r) / 4), foot + 14);
    }
  });
}

// The dashes of a firm in dots: they are declared in widths of the line.
function dashes(firm) {
  return firm.dash.map((part) => 2.2 * part);
}

// What the legend shows: [words, how to draw its sign in a field of so many dots].
function signs(scene, frame, ghost) {
  const stroke = (pen, colour, width, dash = []) => {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(2, 7);
    pen.lineTo(34, 7);
    pen.stroke();
  };
  const circle = (pen, colour, width) => {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    pen.arc(18, 7, 4.5, 0, 7);
    pen.stroke();
  };
  const [low, high, measure] = frame.scale;
  const bar = (pen) => {
    for (let k = 0; k < 90; k++) {
      pen.fillStyle = shade((100 * k) / 90);
      pen.fillRect(k, 2, 1.5, 10);
    }
  };
  const found = [
    [`${measure}: ${low}`, bar, 90, high],
    ["has no supplier yet", (pen) => circle(pen, "#9aa0a6", 1.2), 36],
    ["has just switched", (pen) => circle(pen, RED, 2), 36],
    ["buys there, little shared context", (pen) => stroke(pen, QUIET, 0.6), 36],
    ["much shared context", (pen) => stroke(pen, QUIET, 3), 36],
    ...scene.firms.map((firm) => [firm.name, (pen) => stroke(pen, firm.colour, 2.2, dashes(firm)), 36]),
  ];
  if (Object.keys(ghost).length) found.push(["the run before", (pen) => stroke(pen, INK, 1.2, GHOST), 36]);
  return found;
}

function showLegend(area, scene, frame, ghost) {
  area.replaceChildren();
  for (const [words, draw, wide, after] of signs(scene, frame, ghost)) {
    const item = document.createElement("span"), sign = sheet(wide, 14, "");
    sign.setAttribute("aria-hidden", "true");
    draw(sign.getContext("2d"));
    // a scale has a number at either end; everything else is a sign and what it means
    item.append(...(after === undefined ? [sign, words] : [words, sign, after]));
    area.append(item);
  }
}

function render({ model, el }) {
  const network = sheet(SIDE, SIDE, "customers, firms and their ties"), charts = sheet(WIDE, SIDE, "charts over the rounds");
  const still = sheet(SIDE, SIDE, ""); // never shown itself: the network without its rings, drawn once a round
  const pictures = document.createElement("div"), told = document.createElement("div"), legend = document.createElement("div");
  el.classList.add("sim-canvas");
  pictures.className = "sim-pictures";
  told.className = "sim-told";
  told.setAttribute("role", "status");
  legend.className = "sim-legend";
  pictures.append(network, charts);
  el.append(pictures, told, legend);
  network.style.cursor = "pointer";
  let started = 0, waiting = false, timer = null, asked = 0, alive = true, frames = 0, explained = "", clicked = -1;

  function paint() {
    if (!alive) return;
    const scene = model.get("scene"), frame = model.get("frame");
    if (!scene.customers || !frame.supplier) return;
    const age = Math.min(1, (performance.now() - started) / FLASH);
    const pen = network.getContext("2d");
    pen.clearRect(0, 0, SIDE, SIDE);
    pen.drawImage(still, 0, 0, SIDE, SIDE);
    drawRings(pen, scene, frame, age, clicked >= 0 ? clicked : model.get("chosen"));
    if (age < 1 && frame.switched.length) requestAnimationFrame(paint);
  }
  function show() {
    const scene = model.get("scene"), frame = model.get("frame"), ghost = model.get("ghost");
    if (!scene.customers || !frame.supplier) return;
    started = performance.now();
    waiting = false;
    drawNetwork(still.getContext("2d"), scene, frame);
    drawCharts(charts.getContext("2d"), WIDE, SIDE, scene, model.get("series"), ghost, frame.round);
    const now = JSON.stringify([scene.firms, frame.colour, frame.scale, Object.keys(ghost).length]);
    if (now !== explained) showLegend(legend, scene, frame, ghost);
    explained = now;
    paint();
    tell();
    Object.assign(el.dataset, { round: frame.round, switched: frame.switched.length, frames: ++frames,
      ghost: Object.keys(ghost).length });
    if (model.get("playing")) next();
  }
  function tell() {
    told.textContent = clicked >= 0 ? `customer ${clicked}: working…` : "Click a customer to see its life.";
    el.dataset.chosen = model.get("chosen");
  }
  function next() {
    clearTimeout(timer);
    const pause = 1000 / model.get("speed");
    timer = setTimeout(() => {
      if (!alive || !model.get("playing") || waiting) return;
      waiting = true;
      asked = performance.now();
      model.send({ kind: "tick" });
    }, Math.max(0, pause - (performance.now() - asked)));
  }
  function playing() {
    waiting = false;
    if (model.get("playing")) next(); else clearTimeout(timer);
  }
  network.addEventListener("click", (event) => {
    const scene = model.get("scene"), box = network.getBoundingClientRect();
    const x = ((event.clientX - box.left) * SIDE) / box.width, y = ((event.clientY - box.top) * SIDE) / box.height;
    let best = -1, least = 14 ** 2;
    scene.customers.forEach((place, i) => {
      const [a, b] = spot(place), far = (a - x) ** 2 + (b - y) ** 2;
      if (far < least) [best, least] = [i, far];
    });
    if (best < 0) return;
    clicked = scene.numbers[best];
    tell();
    paint();
    model.send({ kind: "customer", index: clicked });
  });
  function answered(message) {
    if (message.kind !== "answered") return;
    clicked = -1;
    tell();
    paint();
    if (message.opened) bringIntoView(el);
  }
  function chose() {
    tell();
    paint();
  }
  model.on("change:frame", show);
  model.on("change:playing", playing);
  model.on("change:chosen", chose);
  model.on("msg:custom", answered);
  show();
  return () => {
    alive = false;
    clearTimeout(timer);
    model.off("change:frame", show);
    model.off("change:playing", playing);
    model.off("change:chosen", chose);
    model.off("msg:custom", answered);
  };
}

// Scroll to the life that has just been opened, once its picture is there; where the page lets us see that far.
function bringIntoView(el, tries = 40) {
  const life = el.closest(".sim-stepper")?.querySelector(".sim-life");
  if (life?.querySelector("img")?.complete) life.scrollIntoView({ behavior: "smooth", block: "start" });
  else if (tries) setTimeout(() => bringIntoView(el, tries - 1), 50);
}

export default { render };
