// Packed values (packing.py): base64 of deflated JSON in code page 874. And text as it is searched.

async function inflate(base64) {
  const bytes = Uint8Array.from(atob(base64.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(new TextDecoder("windows-874").decode(await new Response(stream).arrayBuffer()));
}

/** Any case, and ำ however it is typed: as one letter or two, before or after its tone mark. */
function folded(text) {
  return text
    .toLowerCase()
    .replace(/([\u0e48-\u0e4b]?)\u0e4d([\u0e48-\u0e4b]?)\u0e32/g, "$1$2\u0e33")
    .replace(/\u0e33([\u0e48-\u0e4b])/g, "$1\u0e33");
}
