/// The page at `/dashboard`: everything in it comes from this server, so it works without a network.
enum DashboardPage {
  static let html = #"""
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Anomalyze</title>
    <style>
    :root { color-scheme: light dark; --line: #8884; --accent: #2468b0; }
    body { font: 15px/1.4 system-ui, sans-serif; margin: 0; }
    header { display: flex; gap: 1.5rem; flex-wrap: wrap; padding: .6rem 1rem; border-bottom: 1px solid var(--line); }
    header b { margin-right: auto; }
    main { display: grid; grid-template-columns: 16rem 1fr; gap: 1rem; padding: 1rem; }
    nav ul { list-style: none; margin: .5rem 0; padding: 0; max-height: 70vh; overflow: auto; }
    nav button { width: 100%; text-align: left; padding: .35rem .5rem; border: 0; background: none; font: inherit; color: inherit; }
    nav button[aria-current] { background: var(--accent); color: #fff; }
    section { border: 1px solid var(--line); border-radius: .4rem; padding: .8rem; margin-bottom: 1rem; overflow-x: auto; }
    h2 { font-size: 1rem; margin: 0 0 .5rem; }
    #plot { width: 100%; min-height: 10rem; background: #fff; color: #222; }
    #plot svg { width: 100%; height: auto; }
    table { border-collapse: collapse; } td, th { padding: .2rem .7rem .2rem 0; text-align: left; }
    input, select, textarea { font: inherit; max-width: 100%; } textarea { width: 100%; height: 6rem; box-sizing: border-box; }
    #plot { position: relative; }
    .dygraph-legend { position: absolute; left: auto !important; right: 10px; width: auto !important; font-size: 12px; background: #fffc; }
    @media (max-width: 48rem) { main { grid-template-columns: 1fr; } nav ul { max-height: 12rem; } }
    </style>
    <script src="/dashboard/dygraph.js"></script>
    </head>
    <body>
    <header><b>Anomalyze</b><span id="rate">0 requests/s</span><span id="latency"></span><span id="count"></span></header>
    <main>
    <nav aria-label="Series">
    <input id="search" type="search" placeholder="Search series" aria-label="Search series">
    <ul id="list"></ul><button id="more" hidden>More</button>
    </nav>
    <div>
    <section><h2 id="title">Choose a series</h2>
    <label>Version <select id="version"></select></label>
    <div id="plot" tabindex="0" aria-label="Points, band and anomalies"></div><p id="summary"></p></section>
    <section><h2>Fit a series</h2>
    <form id="fit">
    <p><label>Name <input name="id" required pattern="[A-Za-z0-9._\-]{1,128}"></label>
    <label>Threshold <input name="threshold" type="number" step="any" min="0.1" value="3"></label>
    <label>Method <select name="method"><option>sigma<option>robust<option>seasonal<option>ewma<option>auto</select></label></p>
    <p><label>Points, a line each: time, value<textarea name="points" required></textarea></label></p>
    <button>Fit</button> <output id="fitted"></output>
    </form></section>
    <section><h2>Models</h2><table id="models"></table></section>
    </div>
    </main>
    <script>
    const $ = id => document.getElementById(id);
    let shown = new URLSearchParams(location.search).get("series"), after = null;
    const token = sessionStorage.getItem("token");
    async function get(path, options = {}) {
      options.headers = Object.assign({Accept: "application/json"}, options.headers, token ? {Authorization: "Bearer " + token} : {});
      const answer = await fetch(path, options);
      const body = await answer.json();
      if (!answer.ok && body.error) throw new Error(body.error.message);
      return body;
    }
    function cell(row, text) { const td = row.insertCell(); td.textContent = text; return td; }
    async function list(reset) {
      if (reset) { $("list").replaceChildren(); after = null; }
      const query = new URLSearchParams({limit: 100, contains: $("search").value});
      if (after) query.set("after", after);
      const page = await get("/series?" + query);
      for (const item of page.series) {
        const button = document.createElement("button");
        button.textContent = item.series_id + "  " + item.version;
        button.onclick = () => show(item.series_id);
        if (item.series_id === shown) button.setAttribute("aria-current", "true");
        const entry = document.createElement("li"); entry.append(button); $("list").append(entry);
      }
      after = page.next_after; $("more").hidden = !after; $("count").textContent = page.total + " series";
    }
    async function show(id, version) {
      shown = id; history.replaceState(null, "", "?series=" + encodeURIComponent(id));
      for (const b of $("list").querySelectorAll("button"))
        b.toggleAttribute("aria-current", b.textContent.split("  ")[0] === id);
      const series = await get("/series/" + id);
      if (!version) {
        $("version").replaceChildren(...Array.from({length: Math.min(series.versions, 50)}, (_, i) => new Option("v" + (series.versions - i))));
        version = series.version;
      }
      const query = new URLSearchParams({series_id: id, version});
      const data = await get("/plot?" + query);
      $("title").textContent = id + " " + version;
      $("summary").textContent = data.values.length + " points; points outside the band: " + data.anomalies.length + ", episodes: " + data.episodes.length;
      if (window.Dygraph) {
        const flags = new Set(data.anomalies);
        const rows = data.values.map((v, i) => [new Date(data.timestamps[i]), [v, v, v],
          [data.lower[i], data.expected_value[i], data.upper[i]], flags.has(i) ? [v, v, v] : null]);
        $("plot").style.height = "20rem";
        new Dygraph($("plot"), rows, {labels: ["time", "value", "expected", "anomaly"], customBars: true, legend: "always",
          series: {value: {color: "#333"}, expected: {color: "#2468b0"},
                   anomaly: {color: "#d62728", drawPoints: true, pointSize: 4, strokeWidth: 0}}, showRangeSelector: true});
      } else {
        const svg = await fetch("/plot?" + query, {headers: {Accept: "image/svg+xml", ...(token ? {Authorization: "Bearer " + token} : {})}});
        $("plot").innerHTML = await svg.text();
      }
    }
    async function models() {
      const table = $("models"); table.replaceChildren();
      const found = (await get("/v1/models")).models;
      if (!found.length) cell(table.insertRow(), "No model is served yet.");
      for (const model of found) {
        const row = table.insertRow();
        cell(row, model.name + "@" + model.alias); cell(row, model.version ? "version " + model.version : "not loaded");
        cell(row, model.kind || ""); cell(row, model.problem || "");
        if (model.version) {
          const link = document.createElement("a");
          link.href = `/v1/models/${model.name}/versions/${model.version}/report`; link.textContent = "report";
          cell(row, "").append(link);
        }
      }
    }
    let before = null;
    async function pulse() {
      const health = await get("/healthcheck"), now = performance.now();
      const count = health.inference_latency_ms.count + health.training_latency_ms.count;
      if (before) $("rate").textContent = Math.round((count - before.count) / (now - before.now) * 1000) + " requests/s";
      before = {count, now};
      $("latency").textContent = "predict p95 " + health.inference_latency_ms.p95.toFixed(3) + " ms";
    }
    $("search").oninput = () => list(true);
    $("more").onclick = () => list(false);
    $("version").onchange = event => show(shown, event.target.value);
    $("fit").onsubmit = async event => {
      event.preventDefault();
      const form = new FormData(event.target), timestamps = [], values = [];
      for (const line of form.get("points").split("\n").filter(line => line.trim())) {
        const [time, value] = line.split(/[,;\t]/); timestamps.push(time.trim()); values.push(Number(value));
      }
      try {
        const answer = await get("/fit/" + form.get("id"), {method: "POST", headers: {"Content-Type": "application/json"},
          body: JSON.stringify({timestamps, values, threshold: Number(form.get("threshold")), method: form.get("method")})});
        $("fitted").textContent = answer.version + " from " + answer.points_used + " points";
        await list(true); await show(form.get("id"));
      } catch (error) { $("fitted").textContent = error.message; }
    };
    list(true).then(() => shown && show(shown)); models(); pulse();
    setInterval(pulse, 2000); setInterval(models, 10000);
    </script>
    </body>
    </html>
    """#
}
