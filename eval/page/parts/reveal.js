// What an eye does not see, or takes for something else, made visible on demand: spaces, ends of lines, letters that are
// typed in two ways (เเ for แ, ํา for ำ), vowels and tone marks in an order that no keyboard gives, letters of a script
// that is neither Thai nor Latin. The text itself stays: what is copied is what was said.

const SEEN_ONLY_NOW = /(?<space> )|(?<end>\n)|(?<tab>\t)|(?<odd>[\u00a0\u2000-\u200a\u202f\u3000])|(?<alike>เเ|\u0e4d[\u0e48-\u0e4b]?า|\u0e33[\u0e48-\u0e4b]|[\u0e48-\u0e4b][\u0e31\u0e34-\u0e3a\u0e47])|(?<foreign>(?:(?![\p{Script=Thai}\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}\p{Script=Greek}])\p{L}\p{M}*)+)/gu;

function reveal(root) {
  for (const said of root.querySelectorAll(".said, .values dd")) {
    const walker = document.createTreeWalker(said, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(".hidden-character")) texts.push(walker.currentNode);
    for (const text of texts) text.replaceWith(...revealed(text.data));
  }
}

function revealed(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(SEEN_ONLY_NOW)) {
    const [kind] = Object.entries(found.groups).find(([, value]) => value !== undefined);
    parts.push(text.slice(end, found.index), shownAs(kind, found[0]));
    end = found.index + found[0].length;
  }
  return [...parts, text.slice(end)].filter((part) => part !== "");
}

function shownAs(kind, text) {
  const names = { space: "space", end: "line-end", tab: "tabulator", odd: "hidden-character", alike: "look-alike", foreign: "foreign" };
  const made = document.createElement("span");
  made.className = names[kind];
  made.textContent = kind === "odd" ? codeOf(text) : text;
  if (kind === "alike") made.dataset.codes = [...text].map((letter) => codeOf(letter).slice(2)).join("+");
  return made;
}
