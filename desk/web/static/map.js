// The map: points of each tour in their order with a line, above the own ground, and above tiles where a setting has some.

import { filled, told } from "./page.js";

const { tours, tiles, words } = told();
const CELL = 34;
const [NEAREST, AT_FIRST] = [18, 14];
const COLOURS = 6;

const box = document.getElementById("map");
const points = tours.flatMap((stops, tour) => stops.map((one) => ({ ...one, tour: tour % COLOURS })));

/** What the list says of a visit, for a popup. */
function said(point) {
  const shown = document.createElement("div");
  shown.append(...[...document.getElementById(point.anchor).cloneNode(true).childNodes]);
  return shown;
}

function popup(members) {
  const shown = document.createElement("div");
  shown.append(...members.map(said));
  return shown;
}

/** A point of one visit with its number, or of several that lie too near to each other. */
function marker(members) {
  const [first] = members;
  const is_one = members.length === 1;
  const label = document.createElement("span");
  // Two of one tour still tell their order.
  const is_pair = members.length === 2 && first.tour === members[1].tour;
  label.textContent = is_one || is_pair ? members.map((one) => one.stop).join("·") : `${members.length}×`;
  const className = is_one ? `point ${first.code} tour-${first.tour}` : "point many";
  const icon = L.divIcon({ className, html: label, iconSize: [CELL, CELL] });
  const title = is_one ? first.title : filled(words.visits, { n: members.length });
  const made = L.marker(first.at, { icon, title, alt: title, riseOnHover: true });
  const bounds = L.latLngBounds(members.map((one) => one.at));
  if (is_one || bounds.getNorthEast().equals(bounds.getSouthWest())) return made.bindPopup(() => popup(members));
  return made.on("click", () => map.fitBounds(bounds.pad(0.2)));
}

/** Points that share a cell of the screen are one marker: at the scale that is shown none covers another. */
function clustered() {
  const cells = new Map();
  for (const one of points) {
    const { x, y } = map.project(one.at).divideBy(CELL).floor();
    const key = `${x} ${y}`;
    cells.set(key, [...(cells.get(key) ?? []), one]);
  }
  markers.clearLayers();
  for (const members of cells.values()) markers.addLayer(marker(members));
}

async function ground() {
  const answer = await fetch("/map/ground.json", { credentials: "same-origin" });
  if (!answer.ok) return;
  const drawn = L.geoJSON(await answer.json(), {
    style: { className: "ground", weight: 1.5 },
    pointToLayer: (_, at) => L.circleMarker(at, { radius: 5, className: "ground" }),
    onEachFeature: ({ properties: { name } }, layer) => {
      if (name) layer.bindTooltip(Object.assign(document.createElement("span"), { textContent: name }));
    },
  });
  drawn.addTo(map).bringToBack();
  if (!points.length && drawn.getLayers().length) map.fitBounds(drawn.getBounds());
}

box.hidden = !points.length;
// Pictures are sharp at whole scales alone.
const how = { zoomControl: false, attributionControl: Boolean(tiles), fadeAnimation: false };
const map = L.map(box, { ...how, zoomSnap: tiles ? 1 : 0.25 });
const markers = L.layerGroup();
map.on("popupopen", ({ popup: shown }) => {
  shown.getElement().querySelector(".leaflet-popup-close-button")?.setAttribute("aria-label", words.close);
});
// Leaflet hears it only where the map itself has the focus, and then none of its points.
document.addEventListener("keydown", ({ key }) => key === "Escape" && map.closePopup());
L.control.zoom({ zoomInTitle: words.closer, zoomOutTitle: words.farther }).addTo(map);
L.control.scale({ imperial: false }).addTo(map);
if (tiles) {
  map.attributionControl.setPrefix(false);
  L.tileLayer(tiles.url, { maxZoom: NEAREST, attribution: tiles.host }).addTo(map);
}
const all = points.length ? L.latLngBounds(points.map((one) => one.at)).pad(0.1) : null;

/** Show all points in the room there is now; paper is narrower than most screens. */
function whole() {
  map.invalidateSize({ animate: false });
  if (all) map.fitBounds(all, { maxZoom: AT_FIRST, animate: false });
}

for (const [event, is_on] of Object.entries({ beforeprint: true, afterprint: false })) {
  addEventListener(event, () => {
    box.classList.toggle("on-paper", is_on);
    whole();
  });
}
if (all) {
  whole();
  tours.forEach((stops, tour) => {
    const line = stops.map((one) => one.at);
    L.polyline(line, { className: `way-of tour-${tour % COLOURS}`, interactive: false, smoothFactor: 0 }).addTo(map);
  });
  markers.addTo(map);
  map.on("zoomend", clustered);
  clustered();
}
await ground().catch((error) => console.error(error));
box.dataset.ready = "1";
