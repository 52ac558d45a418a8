// What the console does in the browser beyond plain pages: forms are sent once, boards move, lost streams say so.
"use strict";

// A second click while the first is on its way does nothing (the server would not do it twice either).
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

// Copying works on plain addresses of an office network too, where the browser's newer way is not to be had.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  if (document.execCommand("copy")) button.querySelector("span").textContent = button.dataset.copied;
});

// Only rows whose rank changes move; everything else is simply replaced.
const places = new Map();
const rows = (board) => board.querySelectorAll("tr[data-unit]");

document.addEventListener("htmx:sseBeforeMessage", (event) => {
  places.clear();
  rows(event.target).forEach((row) => {
    places.set(row.dataset.unit, { rank: row.dataset.rank, top: row.getBoundingClientRect().top });
  });
});

document.addEventListener("htmx:sseMessage", (event) => {
  lost(event.target, false);
  if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  rows(event.target).forEach((row) => {
    const before = places.get(row.dataset.unit);
    if (!before || before.rank === row.dataset.rank) return;
    const distance = before.top - row.getBoundingClientRect().top;
    row.animate([{ transform: `translateY(${distance}px)` }, { transform: "none" }], { duration: 600, easing: "ease-in-out" });
  });
});

function lost(inside, yes) {
  const notice = inside.closest("[data-board-card]")?.querySelector("[data-lost]");
  if (notice) notice.hidden = !yes;
}

document.addEventListener("htmx:sseError", (event) => lost(event.target, true));
document.addEventListener("htmx:sseOpen", (event) => lost(event.target, false));
document.addEventListener("htmx:sseClose", (event) => {
  if (event.detail.type !== "message") return;
  const notice = event.target.closest("[data-board-card]")?.querySelector("[data-signed-out]");
  if (notice) notice.hidden = false;
});
