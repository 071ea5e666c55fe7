// The picture of a market: customers, firms and ties at the left, three charts at the right. Draws what the kernel
// sends; asks for the next round while playing; reports clicks. Loads nothing from anywhere.
const INK = "#222222", QUIET = "#5f6368", FAINT = "#e4e6e8", RED = "#b00020";
const SCALE = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]]; // viridis
const FLASH = 900; // milliseconds

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

function dotSize(size, scene) {
  return Math.max(1.8, Math.min(7, (0.19 * size) / Math.sqrt(scene.customers.length)));
}

// Rings around those who have just switched, wide at first; the rest of the picture need not be drawn again for them.
function drawRings(pen, size, scene, frame, age) {
  const dot = dotSize(size, scene);
  pen.strokeStyle = RED;
  pen.lineWidth = 2;
  pen.globalAlpha = 1 - 0.6 * age;
  for (const i of frame.switched) {
    const [x, y] = scene.customers[i];
    pen.beginPath();
    pen.arc(x * size, y * size, dot + 2 + 8 * (1 - age), 0, 7);
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

function drawNetwork(pen, size, scene, frame) {
  pen.clearRect(0, 0, size, size);
  const at = scene.customers.map(([x, y]) => [x * size, y * size]);
  const home = scene.firms.map((firm) => [firm.x * size, firm.y * size]);
  const dot = dotSize(size, scene);
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
  pen.font = "bold 13px sans-serif";
  scene.firms.forEach((firm, j) => {
    pen.beginPath();
    pen.arc(...home[j], 13, 0, 7);
    pen.fillStyle = firm.colour;
    pen.fill();
    pen.lineWidth = 2;
    pen.strokeStyle = "white";
    pen.stroke();
    pen.fillStyle = firm.ink;
    const x = Math.max(pen.measureText(firm.name).width / 2 + 4, Math.min(home[j][0], size - pen.measureText(firm.name).width / 2 - 4));
    pen.textAlign = "center";
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeText(firm.name, x, home[j][1] + (firm.y > 0.499 ? 29 : -19));
    pen.fillText(firm.name, x, home[j][1] + (firm.y > 0.499 ? 29 : -19));
  });
  pen.textAlign = "left";
  pen.fillStyle = INK;
  pen.font = "bold 15px sans-serif";
  pen.fillText(`${scene.length} ${frame.round}`, 8, 20);
  pen.font = "11px sans-serif";
  pen.fillStyle = QUIET;
  const bar = 80, left = 8, foot = size - 10;
  for (let k = 0; k < bar; k++) {
    pen.fillStyle = shade((100 * k) / bar);
    pen.fillRect(left + k, foot - 8, 1.5, 8);
  }
  pen.fillStyle = QUIET;
  pen.fillText(frame.colour, left, foot - 13);
  pen.fillText("high", left + bar + 5, foot);
  pen.textAlign = "right";
  pen.fillText("click a customer to see its life", size - 6, foot);
  pen.textAlign = "left";
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
    old.forEach((values, firm) => path(values, firm, [2, 3], 0.65, 1.5));
    now.forEach((values, firm) => path(values, firm, [], 1, 2.2));
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

function render({ model, el }) {
  const size = 440, wide = 380;
  const network = sheet(size, size, "customers, firms and their ties"), charts = sheet(wide, size, "charts over the rounds");
  const still = sheet(size, size, ""); // never shown itself: the network without its rings, drawn once a round
  el.classList.add("sim-canvas");
  el.append(network, charts);
  network.style.cursor = "pointer";
  let started = 0, waiting = false, timer = null, asked = 0, alive = true, frames = 0;

  function paint() {
    if (!alive) return;
    const scene = model.get("scene"), frame = model.get("frame");
    if (!scene.customers || !frame.supplier) return;
    const age = Math.min(1, (performance.now() - started) / FLASH);
    const pen = network.getContext("2d");
    pen.clearRect(0, 0, size, size);
    pen.drawImage(still, 0, 0, size, size);
    drawRings(pen, size, scene, frame, age);
    if (age < 1 && frame.switched.length) requestAnimationFrame(paint);
  }
  function show() {
    const scene = model.get("scene"), frame = model.get("frame");
    if (!scene.customers || !frame.supplier) return;
    started = performance.now();
    waiting = false;
    drawNetwork(still.getContext("2d"), size, scene, frame);
    drawCharts(charts.getContext("2d"), wide, size, scene, model.get("series"), model.get("ghost"), frame.round);
    paint();
    Object.assign(el.dataset, { round: frame.round, switched: frame.switched.length, frames: ++frames,
      ghost: Object.keys(model.get("ghost")).length });
    if (model.get("playing")) next();
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
    const x = (event.clientX - box.left) / box.width, y = (event.clientY - box.top) / box.height;
    let best = -1, least = 0.03 ** 2;
    scene.customers.forEach(([a, b], i) => {
      const far = (a - x) ** 2 + (b - y) ** 2;
      if (far < least) [best, least] = [i, far];
    });
    if (best >= 0) model.send({ kind: "customer", index: best });
  });
  model.on("change:frame", show);
  model.on("change:playing", playing);
  show();
  return () => {
    alive = false;
    clearTimeout(timer);
    model.off("change:frame", show);
    model.off("change:playing", playing);
  };
}

export default { render };
