"use strict";
const $ = (id) => document.getElementById(id);
const shown = ["format", "quality", "maxWidth", "maxHeight", "width", "height", "crop", "lossless", "effort", "metadata"];
let file = null, urls = [], asked = 0, timer = 0;

// The key comes behind the #, which no server sees, and stays in this tab alone.
const given = new URLSearchParams(location.hash.slice(1)).get("key");
if (given) {
  sessionStorage.setItem("key", given);
  history.replaceState(null, "", location.pathname);
}
$("key").value = sessionStorage.getItem("key") || "";
$("key").addEventListener("change", () => { sessionStorage.setItem("key", $("key").value.trim()); later(); });

function say(text, wrong) {
  $("message").textContent = text;
  $("message").className = wrong ? "wrong" : "";
}

function bytes(n) {
  return n < 1000 ? n + " B" : n < 1e6 ? (n / 1000).toFixed(1) + " kB" : (n / 1e6).toFixed(2) + " MB";
}

// choices are the values of an option that has few of them.
function choices(schema) {
  const one = schema.enum ? schema : (schema.oneOf || []).find((s) => s.enum);
  return one ? one.enum : schema.type === "boolean" ? ["true", "false"] : null;
}

async function build() {
  const api = await (await fetch("openapi.json")).json();
  const options = api.components.schemas.Options.properties;
  for (const name of shown) {
    const schema = options[name];
    if (!schema) continue;
    const label = document.createElement("label");
    label.textContent = name + " ";
    label.title = schema.description;
    const values = choices(schema);
    const field = document.createElement(values ? "select" : "input");
    if (values) {
      for (const value of ["", ...values]) {
        const option = document.createElement("option");
        option.value = value;
        option.textContent = value || "default" + (schema.default === undefined ? "" : " (" + schema.default + ")");
        field.append(option);
      }
    } else {
      const number = schema.oneOf ? schema.oneOf[0] : schema;
      field.type = "number";
      field.min = number.minimum;
      field.max = number.maximum;
      field.placeholder = schema.default === undefined ? "" : schema.default;
    }
    field.name = name;
    label.append(field);
    $("options").append(label);
  }
  $("options").addEventListener("input", () => { command(); later(); });
  $("options").addEventListener("submit", (e) => e.preventDefault());
  command();
}

function chosen() {
  return [...new FormData($("options"))].filter(([, value]) => value !== "");
}

// quote makes one word of a shell's command.
function quote(text) {
  return /^[A-Za-z0-9_.,:=@/-]+$/.test(text) ? text : "'" + text.replaceAll("'", "'\\''") + "'";
}

function command() {
  const name = file ? file.name : "photo.jpg";
  const fields = [["file", "@" + name], ...chosen()].map(([k, v]) => " -F " + quote(k + "=" + v)).join("");
  $("curl").textContent = 'curl -H "Authorization: Bearer $KEY"' + fields + " " + location.origin + "/api/v1/convert";
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(convert, 300);
}

function url(blob) {
  const u = URL.createObjectURL(blob);
  urls.push(u);
  return u;
}

async function convert() {
  if (!file) return;
  const mine = ++asked;
  const key = $("key").value.trim();
  if (!key) return say("Type your key first.", true);
  say("Converting…");
  const body = new FormData();
  for (const [name, value] of chosen()) body.append(name, value);
  body.append("file", file);
  try {
    const headers = { Authorization: "Bearer " + key };
    let response = await fetch("api/v1/convert", { method: "POST", headers, body });
    let job = await response.json();
    while (response.ok && (job.status === "queued" || job.status === "processing")) {
      response = await fetch("api/v1/status/" + job.jobId + "?wait=20", { headers });
      job = await response.json();
    }
    if (mine !== asked) return;
    if (!response.ok) return say(job.detail || job.title, true);
    if (job.status !== "completed") return say(job.error || job.status, true);
    const out = job.outputs.find((o) => o.status === "completed");
    const image = await (await fetch("api/v1/download/" + job.jobId + "/" + out.id, { headers })).blob();
    if (mine !== asked) return;
    urls.forEach((u) => URL.revokeObjectURL(u));
    urls = [];
    show(out, image);
  } catch (e) {
    if (mine === asked) say("The server cannot be reached: " + e.message, true);
  }
}

function show(out, image) {
  const before = $("before"), after = $("after");
  before.onload = () => { $("sizeIn").textContent = before.naturalWidth + " × " + before.naturalHeight; };
  // A browser that cannot show the original shows the result in both halves.
  before.onerror = () => { before.onerror = null; before.src = after.src; $("sizeIn").textContent = "not shown by this browser"; };
  after.src = url(image);
  before.src = url(file);
  $("images").hidden = false;
  $("formatIn").textContent = file.type || file.name.split(".").pop();
  $("bytesIn").textContent = bytes(out.bytesIn);
  $("formatOut").textContent = out.type + (out.lossless ? ", lossless" : "");
  $("sizeOut").textContent = out.width + " × " + out.height;
  $("bytesOut").textContent = bytes(out.bytes) + " (" + (out.savedPercent >= 0 ? "−" : "+") + Math.abs(out.savedPercent) + " %)";
  $("save").href = after.src;
  $("save").download = out.name;
  say((out.notes || []).join("; ") || "Done.");
  split();
}

function split() {
  $("over").style.clipPath = "inset(0 " + (100 - $("split").value) + "% 0 0)";
}

function take(files) {
  if (!files.length) return;
  file = files[0];
  command();
  convert();
}

$("split").addEventListener("input", split);
$("file").addEventListener("change", () => take($("file").files));
for (const type of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(type, (e) => {
    e.preventDefault();
    $("drop").classList.toggle("over", type === "dragover");
    if (type === "drop") take(e.dataTransfer.files);
  });
}
$("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText($("curl").textContent);
  $("copy").textContent = "Copied";
  setTimeout(() => { $("copy").textContent = "Copy"; }, 1500);
});
build();
