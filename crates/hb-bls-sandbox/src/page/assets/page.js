// htmx does the live updates. This script does the rest: it moves the clock and countdowns on every second, copies
// text, says when the connection is lost, and focuses the search field when its key is pressed.
(() => {
  const two = (number) => String(number).padStart(2, "0");
  const london = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/London", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const clock = () => document.querySelector("[data-ticks]");
  let start = null;

  // Remembers the sandbox's time, as the page gives it, and the browser's time at that moment.
  const readClock = () => {
    const sandboxSeconds = clock()?.dataset.ticks;
    if (!sandboxSeconds) return (start = null);
    if (start?.sandboxSeconds !== sandboxSeconds) start = { sandboxSeconds, browserTime: Date.now() };
  };

  const tick = () => {
    readClock();
    if (!start) return;
    const now = Number(start.sandboxSeconds) * 1000 + (Date.now() - start.browserTime) * Number(clock().dataset.speed);
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

  // Browsers let pages of this machine and of https write to the clipboard. Others can only copy what is selected.
  const copy = async (source) => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      return "Copied";
    } catch {
      const { hidden } = source;
      source.hidden = false;
      getSelection().selectAllChildren(source);
      const copied = document.execCommand("copy");
      source.hidden = hidden && copied;
      return copied ? "Copied" : "Selected: copy it with the keyboard";
    }
  };

  // An update of the page removes what is set on an element, so a button's label is kept here.
  const labels = new WeakMap();
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const label = labels.get(button) ?? button.textContent;
    labels.set(button, label);
    button.textContent = await copy(document.getElementById(button.dataset.copy));
    setTimeout(() => (button.textContent = label), 2000);
  });

  // While the sandbox does not respond, the page keeps trying, and says that it is out of date.
  const lost = document.querySelector(".lost");
  document.addEventListener("htmx:sse:error", () => {
    lost.textContent = "The sandbox does not respond. What is shown here may be out of date.";
  });
  document.addEventListener("htmx:sse:after:connection", () => (lost.textContent = ""));

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (typing || event.metaKey || event.ctrlKey || event.altKey) return;
    const field = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (field) {
      event.preventDefault();
      field.focus();
    }
  });
  document.documentElement.classList.add("scripted");
})();
