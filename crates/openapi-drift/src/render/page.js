const form = document.getElementById("filters");
const articles = [...document.querySelectorAll("main > details.section:not(.other) article")];
const sections = [...document.querySelectorAll("main > details.section:not(.other)")];
function narrow() {
  const levels = new Set([...form.elements.level].filter((box) => box.checked).map((box) => box.value));
  const direction = form.elements.direction.value;
  const operation = form.elements.operation.value;
  const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
  let left = 0;
  for (const article of articles) {
    const data = article.dataset;
    const text = () => article.textContent.toLowerCase();
    const fits = levels.has(data.level) && (!direction || data.direction === direction)
      && (!operation || data.operations.split(" ").includes(operation))
      && (!words.length || words.every((word) => text().includes(word)));
    article.hidden = !fits;
    left += fits;
  }
  for (const section of sections) {
    const shown = section.querySelectorAll("article:not([hidden])").length;
    section.hidden = !shown;
    section.querySelector(".count").textContent = shown;
  }
  document.getElementById("nothing").hidden = left > 0 || !articles.length;
}
form.addEventListener("input", narrow);
form.addEventListener("submit", (event) => event.preventDefault());
narrow();
