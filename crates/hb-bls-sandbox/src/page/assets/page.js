// Live updates are htmx's. Here is what they do not do: clocks that tick, copying, and the key for the search.
(() => {
  const two = (number) => String(number).padStart(2, "0");
  const london = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/London", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const clock = () => document.querySelector("[data-ticks]");
  let from = null;

  // The sandbox's time when the page was made, and the browser's.
  const begin = () => {
    const ticks = clock()?.dataset.ticks;
    if (!ticks) return (from = null);
    if (from?.ticks !== ticks) from = { ticks, told: Number(ticks) * 1000, here: Date.now() };
  };

  const tick = () => {
    begin();
    if (!from) return;
    const now = from.told + (Date.now() - from.here) * Number(clock().dataset.speed);
    clock().textContent = london.format(now);
    for (const hold of document.querySelectorAll("[data-until]")) {
      const left = Math.max(0, Math.floor(Number(hold.dataset.until) - now / 1000));
      hold.textContent = `${Math.floor(left / 60)}:${two(left % 60)}`;
    }
  };
  // On a phone, the navigation is longer than the window is wide.
  document.querySelector(".side nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

  tick();
  setInterval(tick, 1000);

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    const label = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = label), 1200);
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (typing || event.metaKey || event.ctrlKey || event.altKey) return;
    const field = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (field) {
      event.preventDefault();
      field.focus();
    }
  });

  // A choice in a filter needs no button.
  document.addEventListener("change", (event) => {
    if (event.target.matches(".filters select")) event.target.form.requestSubmit();
  });
  document.documentElement.classList.add("scripted");
})();
