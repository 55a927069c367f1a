"use strict";
// The map: Leaflet moves and zooms, one canvas above it draws everything, so that a step in time is one redraw.
(function () {
  var data = bbsim.data.map, colours = bbsim.data.colours;
  var box = document.getElementById("map"), tip = document.getElementById("tip");
  var FIBRE = 2, SATELLITE = 1, CLOSED = 3, PROPOSED = 0, PLANNED = 1;
  var KINDS = ["city", "town", "part of a city", "village or hamlets"];

  // Positions as fractions of the Mercator square, which Leaflet's pixels are multiples of.
  function mercator(lon, lat) {
    var s = Math.sin(lat * Math.PI / 180);
    return [(lon + 180) / 360, 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)];
  }
  function unfold(steps) {
    var x = 0, y = 0, out = new Float64Array(steps.length);
    for (var i = 0; i < steps.length; i += 2) {
      x += steps[i]; y += steps[i + 1];
      var m = mercator(x / 10000, y / 10000);
      out[i] = m[0]; out[i + 1] = m[1];
    }
    return out;
  }
  function rings(list) { return list.map(unfold); }

  var boundary = data.boundary.map(rings);
  var regions = data.regions.map(function (r) { return rings(r.rings); });
  var closed = data.closed.map(function (c) { return { name: c.name, opens: c.opens, rings: rings(c.rings) }; });
  var spans = data.spans.map(function (s) {
    return { line: unfold(s[0]), km: s[1], area: s[2], leased: s[3] === 1, changes: s[4] };
  });
  var most = 1;
  var places = data.places.map(function (p) {
    var m = mercator(p[0] / 10000, p[1] / 10000);
    most = Math.max(most, p[6]);
    return {
      x: m[0], y: m[1], lon: p[0] / 10000, lat: p[1] / 10000, name: p[2], english: p[3], kind: p[4], region: p[5],
      people: p[6], since: p[7], service: p[8], passed: p[9], connected: p[10], rate: p[11]
    };
  });

  function valueAt(changes, position) {
    var value = 0;
    for (var i = 0; i < changes.length && changes[i] <= position; i += 2) { value = changes[i + 1]; }
    return value;
  }
  function risenTo(rises, position) {
    if (!rises.length || position < rises[0]) { return 0; }
    var value = 0, end = Math.min(rises.length, position - rises[0] + 2);
    for (var i = 1; i < end; i++) { value += rises[i]; }
    return value;
  }
  function statusAt(span, day) {
    var status = PROPOSED;
    for (var i = 0; i < span.changes.length && span.changes[i] < day; i += 2) { status = span.changes[i + 1]; }
    return status;
  }
  function isShut(area, day) { return area >= 0 && (closed[area].opens === null || closed[area].opens >= day); }

  var map = L.map(box, {
    zoomSnap: 0.05, zoomDelta: 0.5, zoomAnimation: false, fadeAnimation: false, inertia: false, attributionControl: false,
    scrollWheelZoom: false, dragging: !L.Browser.mobile, maxZoom: 13
  });
  var extent = L.latLngBounds([data.extent[1], data.extent[0]], [data.extent[3], data.extent[2]]);
  L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
  map.fitBounds(extent, { padding: [6, 6] });
  map.setMinZoom(map.getZoom() - 0.5);
  map.setMaxBounds(extent.pad(0.6));
  // The wheel belongs to the page until somebody has chosen the map.
  map.on("focus", function () { map.scrollWheelZoom.enable(); });
  map.on("blur", function () { map.scrollWheelZoom.disable(); });

  var canvas = document.createElement("canvas");
  canvas.className = "layer";
  box.insertBefore(canvas, box.querySelector(".leaflet-control-container"));
  var pen = canvas.getContext("2d"), hatch = null, pinned = null;

  function hatching() {
    var tile = document.createElement("canvas"), side = 8;
    tile.width = tile.height = side;
    var t = tile.getContext("2d");
    t.fillStyle = "#e3e1dc"; t.fillRect(0, 0, side, side);
    t.strokeStyle = "#bdb9b0"; t.lineWidth = 1.2;
    t.beginPath();
    t.moveTo(0, side); t.lineTo(side, 0); t.moveTo(-2, 2); t.lineTo(2, -2); t.moveTo(side - 2, side + 2); t.lineTo(side + 2, side - 2);
    t.stroke();
    return pen.createPattern(tile, "repeat");
  }

  function draw() {
    var size = map.getSize(), ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(size.x * ratio) || canvas.height !== Math.round(size.y * ratio)) {
      canvas.width = Math.round(size.x * ratio); canvas.height = Math.round(size.y * ratio);
      canvas.style.width = size.x + "px"; canvas.style.height = size.y + "px";
      hatch = null;
    }
    hatch = hatch || hatching();
    var corner = map.getPixelBounds().min, scale = 256 * Math.pow(2, map.getZoom());
    var view = { scale: scale, x: corner.x, y: corner.y, width: size.x, height: size.y };
    var at = bbsim.at(), day = bbsim.until(at);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, size.x, size.y);
    drawBase(view, day);
    drawSpans(view, day);
    drawPlaces(view, at);
    drawNames(view, at);
  }

  function trace(line, view) {
    pen.moveTo(line[0] * view.scale - view.x, line[1] * view.scale - view.y);
    for (var i = 2; i < line.length; i += 2) { pen.lineTo(line[i] * view.scale - view.x, line[i + 1] * view.scale - view.y); }
  }
  function shape(shapeRings, view) {
    shapeRings.forEach(function (ring) { trace(ring, view); pen.closePath(); });
  }

  function drawBase(view, day) {
    pen.beginPath();
    boundary.forEach(function (b) { shape(b, view); });
    pen.fillStyle = colours.land; pen.fill("evenodd");
    pen.lineJoin = "round";
    pen.beginPath();
    regions.forEach(function (r) { shape(r, view); });
    pen.strokeStyle = colours.region; pen.lineWidth = 1; pen.stroke();
    closed.forEach(function (c) {
      if (c.opens !== null && c.opens < day) { return; }
      pen.beginPath(); shape(c.rings, view);
      // The grey below stays where a printer drops the pattern.
      pen.fillStyle = "#e3e1dc"; pen.fill();
      pen.fillStyle = hatch; pen.fill();
    });
    pen.beginPath();
    boundary.forEach(function (b) { shape(b, view); });
    pen.strokeStyle = colours.edge; pen.lineWidth = 1.2; pen.stroke();
  }

  var NAMES = ["proposed", "planned", "underConstruction", "inactive", "operational"];
  function drawSpans(view, day) {
    var by = [[], [], [], [], []];
    spans.forEach(function (span) {
      var status = statusAt(span, day);
      if (status === PROPOSED && (span.leased || isShut(span.area, day))) { return; }
      by[status].push(span);
    });
    var wide = Math.min(1.8, Math.max(0.8, view.width / 800));
    [[0, 0.8], [1, 1.5], [3, 2.1], [2, 3], [4, 2.1]].forEach(function (style) {
      pen.beginPath();
      by[style[0]].forEach(function (span) { trace(span.line, view); });
      pen.strokeStyle = colours.status[NAMES[style[0]]];
      pen.lineWidth = style[1] * wide;
      pen.lineCap = style[0] === PLANNED ? "butt" : "round";
      pen.setLineDash(style[0] === PLANNED ? [5, 4] : []);
      pen.stroke();
    });
    pen.setLineDash([]);
  }

  function radius(place, view) {
    var zoom = Math.min(2.4, Math.max(0.75, Math.sqrt(view.scale / 256) / 11));
    return (place.kind === 0 ? 2.6 : 1.5) * zoom + 5 * Math.sqrt(place.people / most) * zoom;
  }

  function drawPlaces(view, at) {
    // What still waits lies below what is served, small places below large ones.
    [false, true].forEach(function (served) {
      places.forEach(function (place) {
        var service = valueAt(place.service, at);
        if (service === CLOSED || (service === FIBRE) !== served) { return; }
        var x = place.x * view.scale - view.x, y = place.y * view.scale - view.y;
        if (x < -20 || y < -20 || x > view.width + 20 || y > view.height + 20) { return; }
        pen.beginPath();
        pen.arc(x, y, radius(place, view), 0, 2 * Math.PI);
        pen.fillStyle = service === FIBRE ? colours.served.fibre : service === SATELLITE ? colours.served.satellite : "#ffffff";
        pen.fill();
        pen.strokeStyle = service === FIBRE ? "#ffffff" : service === SATELLITE ? "#8d6b80" : "#4a4a4a";
        pen.lineWidth = place.kind === 0 ? 1 : 0.6;
        pen.stroke();
      });
    });
    if (pinned) {
      pen.beginPath();
      pen.arc(pinned.x * view.scale - view.x, pinned.y * view.scale - view.y, radius(pinned, view) + 4, 0, 2 * Math.PI);
      pen.strokeStyle = colours.ink; pen.lineWidth = 2; pen.stroke();
    }
  }

  var named = places.map(function (p, i) { return [p, i]; }).sort(function (a, b) {
    return (a[0].kind === 0 ? 0 : 1) - (b[0].kind === 0 ? 0 : 1) || b[1] - a[1];
  }).map(function (pair) { return pair[0]; });
  function drawNames(view, at) {
    var taken = [], zoomedIn = view.scale / 256 > 1100;
    pen.font = "600 12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    named.forEach(function (place) {
      if (place.kind !== 0 && !zoomedIn && place !== pinned) { return; }
      var x = place.x * view.scale - view.x, y = place.y * view.scale - view.y;
      if (x < 0 || y < 0 || x > view.width || y > view.height) { return; }
      var wide = pen.measureText(place.name).width, gap = radius(place, view) + 3;
      var left = x + gap + wide > view.width - 4 ? x - gap - wide : x + gap;
      var seat = [left - 3, y - 9, left + wide + 3, y + 9];
      if (taken.some(function (t) { return seat[0] < t[2] && seat[2] > t[0] && seat[1] < t[3] && seat[3] > t[1]; })) { return; }
      taken.push(seat);
      pen.lineWidth = 3.2; pen.strokeStyle = "rgba(255,255,255,.9)"; pen.strokeText(place.name, left, y);
      pen.fillStyle = valueAt(place.service, at) === FIBRE ? colours.ink : colours.muted;
      pen.fillText(place.name, left, y);
    });
  }

  // ---- what is under the pointer -----------------------------------------------------------------
  // The pool is small: what it serves, of everybody, in the period shown (the first one on the first day).
  function pool(at) {
    var share = data.satellite[Math.max(0, at - 1)];
    return share ? ", whose pool serves " + share + " of people" : "";
  }
  function lines(place, at) {
    var service = valueAt(place.service, at), out = [];
    var rest = [KINDS[place.kind], data.region_names[place.region], bbsim.grouped(place.people) + " people"];
    out.push(rest.filter(Boolean).join(" · "));
    if (service === FIBRE) {
      out.push(place.since > 0 ? "on fibre since " + bbsim.dateOf(place.since) : "on fibre from the first day");
      out.push(bbsim.grouped(valueAt(place.passed, at)) + " homes passed, " + bbsim.grouped(risenTo(place.connected, at)) + " connected");
      var rate = valueAt(place.rate, at);
      if (rate) { out.push("an active home can get " + rate + " Mbit/s at the busy hour"); }
    } else {
      out.push(service === CLOSED ? "in a closed area" : service === SATELLITE ? "no fibre yet; satellite at best" + pool(at) : "nothing yet");
      if (place.since > 0) { out.push("on fibre from " + bbsim.dateOf(place.since)); } else { out.push("not reached in this run"); }
    }
    return out;
  }

  function spanLines(span, at) {
    var status = statusAt(span, bbsim.until(at));
    var words = ["possible corridor", "awarded, not begun", "being built", "laid, not lit", "lit"];
    var out = [words[status] + (span.leased ? ", leased" : "")];
    for (var i = 0; i < span.changes.length; i += 2) {
      out.push(words[span.changes[i + 1]] + " from " + (span.changes[i] === 0 ? "the first day" : bbsim.dateOf(span.changes[i])));
    }
    return out;
  }

  function show(title, texts, x, y) {
    tip.textContent = "";
    tip.appendChild(bbsim.element("strong", "", title));
    texts.forEach(function (text) { tip.appendChild(bbsim.element("span", "", text)); });
    tip.hidden = false;
    var frame = box.getBoundingClientRect(), own = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(x + 14, frame.width - own.width - 4)) + "px";
    tip.style.top = (y + own.height + 18 > frame.height ? Math.max(4, y - own.height - 12) : y + 14) + "px";
  }

  function under(point) {
    var corner = map.getPixelBounds().min, scale = 256 * Math.pow(2, map.getZoom());
    var best = null, near = 12 * 12;
    places.forEach(function (place) {
      var dx = place.x * scale - corner.x - point.x, dy = place.y * scale - corner.y - point.y, d = dx * dx + dy * dy;
      if (d <= near) { near = d; best = place; }
    });
    if (best) { return { place: best }; }
    near = 6 * 6;
    spans.forEach(function (span) {
      for (var i = 2; i < span.line.length; i += 2) {
        var ax = span.line[i - 2] * scale - corner.x, ay = span.line[i - 1] * scale - corner.y;
        var bx = span.line[i] * scale - corner.x, by = span.line[i + 1] * scale - corner.y;
        var t = ((point.x - ax) * (bx - ax) + (point.y - ay) * (by - ay)) / ((bx - ax) * (bx - ax) + (by - ay) * (by - ay) || 1);
        t = Math.max(0, Math.min(1, t));
        var dx = ax + t * (bx - ax) - point.x, dy = ay + t * (by - ay) - point.y, d = dx * dx + dy * dy;
        if (d < near) { near = d; best = span; }
      }
    });
    return best ? { span: best } : null;
  }

  function tell(point) {
    var found = under(point);
    box.style.cursor = found ? "pointer" : "";
    if (!found) { tip.hidden = true; return; }
    if (found.place) {
      var place = found.place;
      show(place.english ? place.name + " (" + place.english + ")" : place.name, lines(place, bbsim.at()), point.x, point.y);
    } else if (!(found.span.changes.length === 0)) {
      show(found.span.km + " km of corridor", spanLines(found.span, bbsim.at()), point.x, point.y);
    } else { tip.hidden = true; }
  }

  map.on("mousemove", function (event) { tell(event.containerPoint); });
  map.on("click", function (event) { pinned = null; tell(event.containerPoint); draw(); });
  map.on("mouseout", function () { tip.hidden = true; });
  map.on("move zoom resize", function () { tip.hidden = true; draw(); });

  function visit(place) {
    pinned = place;
    map.setView([place.lat, place.lon], Math.max(map.getZoom(), 9.5));
    draw();
    var point = map.latLngToContainerPoint([place.lat, place.lon]);
    show(place.english ? place.name + " (" + place.english + ")" : place.name, lines(place, bbsim.at()), point.x, point.y);
  }

  // ---- find a place ------------------------------------------------------------------------------
  var index = named.map(function (p) { return [bbsim.searchable(p.name + " " + p.english), p]; });
  var input = document.getElementById("find"), found = document.getElementById("found");
  input.addEventListener("input", function () {
    var wanted = bbsim.plain(input.value.trim());
    found.textContent = "";
    if (!wanted) { return; }
    var hits = index.filter(function (entry) { return entry[0].indexOf(wanted) >= 0; });
    hits.slice(0, 6).forEach(function (entry) {
      var button = bbsim.element("button", "", entry[1].name);
      button.type = "button";
      button.addEventListener("click", function () { visit(entry[1]); found.textContent = ""; });
      var item = document.createElement("li");
      item.appendChild(button);
      found.appendChild(item);
    });
    if (!hits.length) { found.appendChild(bbsim.element("li", "none", "no such place")); }
  });
  input.addEventListener("keydown", function (event) {
    var first = found.querySelector("button");
    if (event.key === "Enter" && first) { event.preventDefault(); first.click(); }
  });

  // ---- time --------------------------------------------------------------------------------------
  var date = document.getElementById("map-date"), figures = document.querySelectorAll("#now dd");
  bbsim.listen(function (at) {
    date.textContent = bbsim.dateOf(at === 0 ? 0 : bbsim.until(at) - 1);
    data.now[at].forEach(function (text, i) { figures[i].textContent = text; });
    if (pinned && !tip.hidden) { visit(pinned); } else { tip.hidden = true; draw(); }
  });
  // On paper the whole country is shown, as it is at the chosen time.
  var before = null;
  window.addEventListener("beforeprint", function () {
    before = [map.getCenter(), map.getZoom(), pinned];
    pinned = null;
    map.fitBounds(extent, { padding: [6, 6] });
    draw();
  });
  window.addEventListener("afterprint", function () {
    if (before) { pinned = before[2]; map.setView(before[0], before[1]); draw(); before = null; }
  });
})();
