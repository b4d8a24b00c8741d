// The packed rows (rows.py), inflated when somebody looks.

const packed = { chunks: [], index: null, read: new Map(), texts: null };

async function openIndex() {
  packed.chunks = [...document.querySelectorAll("script.chunk")];
  packed.index = await inflate(document.getElementById("index").textContent);
  return packed.index;
}

/** The rows of one chunk; kept, since who opens a row opens its neighbours. */
function chunk(place) {
  if (!packed.read.has(place)) packed.read.set(place, inflate(packed.chunks[place].textContent));
  return packed.read.get(place);
}

async function wholeRow(place) {
  const { perChunk, specs } = packed.index;
  const row = (await chunk(Math.floor(place / perChunk)))[place % perChunk];
  if (!row.toolPlaces) return row;
  const { toolPlaces, ...others } = row;
  return { ...others, tools: toolPlaces.map((each) => specs[each]) };
}

/** Of every row, all that a person would read in it, ready to be searched. Made at the first search. */
function searchTexts() {
  packed.texts ??= Promise.all(packed.chunks.map((_, place) => chunk(place).then((rows) => rows.map(readable)))).then(
    (texts) => texts.flat(),
  );
  return packed.texts;
}

function readable(row) {
  const turns = row.messages || row.prompt || [];
  const said = (Array.isArray(turns) ? turns : [{ content: turns }]).flatMap((turn) => [
    turn.content || "",
    ...(turn.tool_calls || []).map((call) => `${call.function?.name} ${call.function?.arguments}`),
  ]);
  const told = (row.constraints || []).map((constraint) => constraint.instruction);
  const found = (row.verdicts || []).map((verdict) => verdict.reason);
  return folded([row.id, row.detail, row.reason, row.judge?.reason, ...said, ...told, ...found].filter(Boolean).join("\n"));
}
