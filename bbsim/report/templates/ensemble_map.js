"use strict";
// The map of an ensemble: a place's colour is the share of runs in which it is on fibre by the chosen time.
(function () {
  var data = bbsim.data.map, colours = bbsim.data.colours;
  var box = document.getElementById("map"), tip = document.getElementById("tip");
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
  var boundary = data.boundary.map(function (rings) { return rings.map(unfold); });
  var regions = data.regions.map(function (rings) { return rings.map(unfold); });
  var spans = data.spans.map(unfold), most = 1;
  var places = data.places.map(function (p) {
    var m = mercator(p[0] / 10000, p[1] / 10000);
    most = Math.max(most, p[6]);
    return {
      x: m[0], y: m[1], lon: p[0] / 10000, lat: p[1] / 10000, name: p[2], english: p[3], kind: p[4], region: p[5],
      people: p[6], chances: p[7], levels: p[8], never: p[9]
    };
  });

  function chance(place, position) {
    var value = 0;
    for (var i = 0; i < place.chances.length && place.chances[i] <= position; i += 2) { value = place.chances[i + 1]; }
    return value;
  }
  function colour(perMille) {
    for (var k = 0; k < data.classes.length; k++) {
      if (perMille >= 1000 * data.classes[k][0]) { return data.classes[k][1]; }
    }
    return "#ffffff";
  }
  function percent(perMille) {
    if (perMille > 0 && perMille < 10 || perMille > 990 && perMille < 1000) { return (perMille / 10).toFixed(1) + "\u202f%"; }
    return Math.round(perMille / 10) + "\u202f%";
  }

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
  var pen = canvas.getContext("2d"), pinned = null;

  function draw() {
    var size = map.getSize(), ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(size.x * ratio) || canvas.height !== Math.round(size.y * ratio)) {
      canvas.width = Math.round(size.x * ratio); canvas.height = Math.round(size.y * ratio);
      canvas.style.width = size.x + "px"; canvas.style.height = size.y + "px";
    }
    var corner = map.getPixelBounds().min, scale = 256 * Math.pow(2, map.getZoom());
    var view = { scale: scale, x: corner.x, y: corner.y, width: size.x, height: size.y };
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, size.x, size.y);
    drawBase(view);
    drawPlaces(view, bbsim.at());
    drawNames(view, bbsim.at());
  }
  function trace(line, view) {
    pen.moveTo(line[0] * view.scale - view.x, line[1] * view.scale - view.y);
    for (var i = 2; i < line.length; i += 2) { pen.lineTo(line[i] * view.scale - view.x, line[i + 1] * view.scale - view.y); }
  }
  function outline(shapes, view) {
    pen.beginPath();
    shapes.forEach(function (rings) { rings.forEach(function (ring) { trace(ring, view); pen.closePath(); }); });
  }
  function drawBase(view) {
    pen.lineJoin = "round";
    outline(boundary, view); pen.fillStyle = colours.land; pen.fill("evenodd");
    outline(regions, view); pen.strokeStyle = colours.region; pen.lineWidth = 1; pen.stroke();
    outline(boundary, view); pen.strokeStyle = colours.edge; pen.lineWidth = 1.2; pen.stroke();
    pen.beginPath();
    spans.forEach(function (line) { trace(line, view); });
    pen.strokeStyle = colours.span; pen.lineWidth = 0.9; pen.stroke();
  }
  function radius(place, view) {
    var zoom = Math.min(2.4, Math.max(0.75, Math.sqrt(view.scale / 256) / 11));
    return (place.kind === 0 ? 2.8 : 1.7) * zoom + 5 * Math.sqrt(place.people / most) * zoom;
  }
  function drawPlaces(view, at) {
    places.forEach(function (place) {
      var x = place.x * view.scale - view.x, y = place.y * view.scale - view.y;
      if (x < -20 || y < -20 || x > view.width + 20 || y > view.height + 20) { return; }
      var likely = chance(place, at);
      pen.beginPath();
      pen.arc(x, y, radius(place, view), 0, 2 * Math.PI);
      pen.fillStyle = colour(likely); pen.fill();
      pen.strokeStyle = likely >= 900 ? "#ffffff" : "#5a5f69";
      pen.lineWidth = place.kind === 0 ? 1 : 0.6;
      pen.stroke();
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
      pen.fillStyle = chance(place, at) >= 900 ? colours.ink : colours.muted;
      pen.fillText(place.name, left, y);
    });
  }

  // ---- what is under the pointer -----------------------------------------------------------------
  function levelText(day) {
    if (day < 0) { return "not within the run"; }
    return day === 0 ? "first day" : bbsim.dateOf(day);
  }
  function lines(place) {
    var rest = [KINDS[place.kind], data.region_names[place.region], bbsim.grouped(place.people) + " people"];
    var out = [rest.filter(Boolean).join(" · ")];
    out.push("on fibre in " + percent(chance(place, bbsim.at())) + " of runs by then");
    if (place.levels[0] === place.levels[2]) {
      out.push((place.levels[0] > 0 ? "on fibre on " : place.levels[0] === 0 ? "on fibre from the " : "") + levelText(place.levels[0]));
    } else {
      ["P10", "P50", "P90"].forEach(function (name, i) { out.push(name + ": " + levelText(place.levels[i])); });
    }
    if (place.never) { out.push("never within the run in " + percent(place.never) + " of runs"); }
    return out;
  }
  function show(place, x, y) {
    tip.textContent = "";
    tip.appendChild(bbsim.element("strong", "", place.english ? place.name + " (" + place.english + ")" : place.name));
    lines(place).forEach(function (text) { tip.appendChild(bbsim.element("span", "", text)); });
    tip.hidden = false;
    var frame = box.getBoundingClientRect(), own = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(x + 14, frame.width - own.width - 4)) + "px";
    tip.style.top = (y + own.height + 18 > frame.height ? Math.max(4, y - own.height - 12) : y + 14) + "px";
  }
  function tell(point) {
    var corner = map.getPixelBounds().min, scale = 256 * Math.pow(2, map.getZoom()), best = null, near = 12 * 12;
    places.forEach(function (place) {
      var dx = place.x * scale - corner.x - point.x, dy = place.y * scale - corner.y - point.y, d = dx * dx + dy * dy;
      if (d <= near) { near = d; best = place; }
    });
    box.style.cursor = best ? "pointer" : "";
    if (best) { show(best, point.x, point.y); } else { tip.hidden = true; }
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
    show(place, point.x, point.y);
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
  var counts = document.querySelectorAll("#classes td");
  function fill(cell, text) {
    // "61 % (48 % – 70 %)": the band stands smaller.
    var cut = text.indexOf(" (");
    cell.textContent = cut < 0 ? text : text.slice(0, cut);
    if (cut >= 0) { cell.appendChild(bbsim.element("small", "", text.slice(cut))); }
  }
  bbsim.listen(function (at) {
    date.textContent = "by " + bbsim.dateOf(at === 0 ? 0 : bbsim.until(at) - 1);
    data.now[at].forEach(function (text, i) { fill(figures[i], text); });
    data.places_by_class[at].forEach(function (people, i) { counts[i].textContent = bbsim.grouped(people); });
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
