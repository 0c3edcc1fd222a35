// Keeps a ticket page up to date. The page works without it: the link "Perbarui" does the same by hand.
"use strict";

(() => {
  const EVERY_MS = 10000;
  const ticket = document.querySelector("[data-tiket]");
  if (!ticket) return;
  const pill = ticket.querySelector(".pill");
  const words = JSON.parse(pill.dataset.words);

  // Writing only what changed keeps screen readers quiet until there is news.
  const write = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };

  const refresh = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(`/api/antrean/${ticket.dataset.tiket}`, { cache: "no-store" });
      if (!answer.ok) return;
      const state = await answer.json();
      ticket.dataset.status = state.status;
      write(pill, words[state.status]);
      write(ticket.querySelector("[data-di-depan]"), state.status === "menunggu" ? String(state.di_depan) : "–");
      write(ticket.querySelector("[data-sedang-dilayani]"), state.sedang_dilayani || "–");
    } catch {
      // No network for a moment: what is shown stays, and the next round asks again.
    }
  };

  setInterval(refresh, EVERY_MS);
  document.addEventListener("visibilitychange", refresh);
})();
